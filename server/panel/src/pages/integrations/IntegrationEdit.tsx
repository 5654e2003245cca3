/** Changing an integration: its name, fields and rules on one page. The two ends stay. */
import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useSaveIntegration } from "../../api/changes";
import { useConnections, useIntegration } from "../../api/queries";
import type { Integration } from "../../api/types";
import { Loaded } from "../../widgets/Loaded";
import { Note } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { lacks } from "./mapping/check";
import { MappingEditor } from "./mapping/MappingEditor";
import { namesOf } from "./names";
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
  const save = useSaveIntegration(integration.id);
  const go = useNavigate();
  const names = namesOf(document, useConnections().data);
  const missing = lacks(document);
  const back = `/integrations/${integration.id}`;
  return (
    <Stack gap="lg">
      <MappingEditor document={document} names={names} onChange={setDocument} />
      <RulesStep document={document} names={names} name={name} error={save.error} onName={setName} onChange={setDocument} />
      {missing !== "" && <Note tone="warning">{missing}</Note>}
      <Group justify="space-between">
        <Button variant="default" component={Link} to={back}>Cancel</Button>
        <Button disabled={missing !== "" || name.trim() === ""} loading={save.isPending} onClick={() => save.mutate({ name: name.trim(), document }, { onSuccess: () => void go(back) })}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}
