/** Items that are on both sides already: how they are recognised, which would be joined, and joining them; never without a look. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useParams } from "react-router";
import { useMatch } from "../../../api/changes";
import { useMayChange } from "../../../api/may";
import { useConnections, useIntegration, useRuns } from "../../../api/queries";
import type { Integration, Run } from "../../../api/types";
import { Loaded } from "../../../widgets/Loaded";
import { Note, Problem } from "../../../widgets/Note";
import { Page } from "../../../widgets/Page";
import { Panel } from "../../../widgets/Panel";
import { isMatch } from "../../runs/preview";
import { namesOf } from "../names";
import { useAsked } from "../useAsked";
import { Found } from "./Found";
import { RuleRows } from "./RuleRows";
import { isComplete, proposed } from "./rules";

export function MatchPage() {
  const { id = "" } = useParams();
  const integration = useIntegration(id);
  const runs = useRuns(id, 100);
  return (
    <Page title="Items that are on both sides already" above={{ to: `/integrations/${id}`, label: integration.data?.name ?? "Integration" }}>
      <Loaded read={integration}>
        {(value) => <Loaded read={runs}>{(list) => <Parts integration={value} runs={list} />}</Loaded>}
      </Loaded>
    </Page>
  );
}

function Parts({ integration, runs }: { integration: Integration; runs: readonly Run[] }) {
  const { id, document } = integration;
  const names = namesOf(document, useConnections().data);
  const may = useMayChange();
  const asked = useAsked(runs, isMatch);
  const [rules, setRules] = useState(() => proposed(document, asked.last));
  const match = useMatch();
  const shown = asked.waiting ? undefined : asked.last;
  return (
    <Stack gap="lg">
      <Panel title="How they are recognised">
        <Stack gap="md">
          <Text>
            Items that {names.left} and {names.right} both have are joined here, so that none gets a second twin. You see first which
            would be joined. Neither the look nor the joining writes anything to an app; the integration then keeps in step what is joined.
          </Text>
          <RuleRows document={document} names={names} rules={rules} onChange={(changed) => { setRules(changed); match.reset(); }} />
          <Text size="xs" c="dimmed">Case and blanks do not count where two say the same, nor does a # before a key; people are known by their e-mail. What is empty is never alike, and what could be several is never joined.</Text>
          <Problem error={match.error} />
          {may && (
            <Group>
              <Button disabled={!isComplete(rules) || shown?.state === "running"} loading={match.isPending || asked.waiting} onClick={() => { match.mutate({ id, rules }, { onSuccess: asked.ask }); }}>
                Show what would be joined
              </Button>
            </Group>
          )}
          <div aria-live="polite">{asked.waiting && <Note tone="advice">It was asked for, and begins in a moment.</Note>}</div>
        </Stack>
      </Panel>
      {shown && <Found key={shown.id} run={shown} runs={runs} names={names} integration={integration} />}
    </Stack>
  );
}
