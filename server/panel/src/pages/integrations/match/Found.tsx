/** What a match found, and joining it: who wins where two differ is asked before. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useJoin } from "../../../api/changes";
import { useMayChange } from "../../../api/may";
import type { Integration, Precedence, Run } from "../../../api/types";
import { Note, Problem } from "../../../widgets/Note";
import { Panel } from "../../../widgets/Panel";
import { RunProgress } from "../../../widgets/RunProgress";
import { When } from "../../../widgets/When";
import { count } from "../../../widgets/words";
import { isJoin, isWhole } from "../../runs/preview";
import { RunPreview } from "../../runs/RunPreview";
import { RunTable } from "../../runs/RunTable";
import type { Names } from "../names";
import { useAsked } from "../useAsked";
import { WinsPick } from "../WinsPick";

interface Props {
  run: Run;
  runs: readonly Run[];
  names: Names;
  integration: Integration;
}

export function Found({ run, runs, names, integration }: Props) {
  const may = useMayChange();
  const joins = run.counts.joins ?? 0;
  const several = run.counts.ambiguous ?? 0;
  return (
    <>
      <Panel title="What would be joined" hint={<>looked at <When time={run.started_at} />, nothing was written</>} flush>
        <Stack gap="sm" p="md">
          {run.state === "running" ? <RunProgress run={run} /> : (
            <Text aria-live="polite">
              {joins === 0 ? "No two items would be joined." : `${count(joins, "pair")} would be joined.`}
              {several > 0 && ` ${count(several, "item")} could be one with several and would not be joined. Make the rules stricter first: once the integration runs, what is not joined counts as new and may get a twin.`}
            </Text>
          )}
          {run.message !== "" && <Note tone={run.state === "failed" ? "problem" : "advice"}>{run.message}</Note>}
        </Stack>
        <RunPreview run={run} />
      </Panel>
      {may && isWhole(run) && joins > 0 && <Join run={run} runs={runs} names={names} integration={integration} />}
    </>
  );
}

function Join({ run, runs, names, integration }: Props) {
  const [wins, setWins] = useState<Precedence>("fill");
  const join = useJoin();
  const asked = useAsked(runs, (one) => isJoin(one) && one.argument.preview === run.id);
  if (asked.last) return <Panel title="Joined" hint="nothing was written to an app by it" flush><RunTable runs={[asked.last]} single /></Panel>;
  return (
    <Panel title="Join them">
      <Stack gap="md">
        <WinsPick label="Where the two differ, this counts" value={wins} names={names} onChange={setWins} />
        <Text>
          Joining writes nothing to an app. {integration.state === "running"
            ? "The next runs carry over what differs, as chosen here and as far as the fields’ directions let it."
            : "What differs is carried over once the integration runs, as chosen here and as far as the fields’ directions let it."}
        </Text>
        <Problem error={join.error} />
        <Group>
          <Button loading={join.isPending || asked.waiting} onClick={() => { join.mutate({ id: integration.id, preview: run.id, wins }, { onSuccess: asked.ask }); }}>
            Join {count(run.counts.joins ?? 0, "pair")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
