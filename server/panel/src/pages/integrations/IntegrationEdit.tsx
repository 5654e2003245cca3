/** Changing an integration: its name, fields and rules on one page. The two ends stay. */
import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useSaveIntegration } from "../../api/changes";
import { useConnections, useIntegration, useRuns } from "../../api/queries";
import type { Integration, Precedence } from "../../api/types";
import { Loaded } from "../../widgets/Loaded";
import { Note } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { lacks } from "./mapping/check";
import { MappingEditor } from "./mapping/MappingEditor";
import { namesOf } from "./names";
import { Realign } from "./realign/Realign";
import { mapsAnew } from "./realign/wins";
import { RulesStep } from "./wizard/RulesStep";

export function IntegrationEdit() {
  const { id = "" } = useParams();
  const integration = useIntegration(id);
  return (
    <Page title={`Edit ${integration.data?.name ?? "the integration"}`} above={{ to: `/integrations/${id}`, label: integration.data?.name ?? "Integration" }}>
      <Loaded read={integration}>{(value) => <Form integration={value} />}</Loaded>
    </Page>
  );
}

function Form({ integration }: { integration: Integration }) {
  const [name, setName] = useState(integration.name);
  const [document, setDocument] = useState(integration.document);
  const [wins, setWins] = useState<Precedence>("fill");
  const runs = useRuns(integration.id, 100);
  const save = useSaveIntegration(integration.id);
  const go = useNavigate();
  const names = namesOf(document, useConnections().data);
  const missing = lacks(document);
  const back = `/integrations/${integration.id}`;
  const anew = integration.state !== "draft" && mapsAnew(integration.document, document);
  const after = anew ? `${back}/reconcile?wins=${wins}` : back;
  return (
    <Stack gap="lg">
      <MappingEditor document={document} names={names} onChange={setDocument} />
      <RulesStep document={document} names={names} name={name} error={save.error} onName={setName} onChange={setDocument} />
      {anew && runs.data && (
        <Realign key={JSON.stringify(document)} integration={integration} unsaved={document} runs={runs.data} names={names} wins={wins} title="Pairs that exist already" onWins={setWins}>
          The mapping is not the one that they were kept in step by. Saving it changes none of them. Afterwards you are asked
          whether to bring them in step; what that would change can be looked at now.
        </Realign>
      )}
      {missing !== "" && <Note tone="warning">{missing}</Note>}
      <Group justify="space-between">
        <Button variant="default" component={Link} to={back}>Cancel</Button>
        <Button disabled={missing !== "" || name.trim() === ""} loading={save.isPending} onClick={() => save.mutate({ name: name.trim(), document }, { onSuccess: () => void go(after) })}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}
