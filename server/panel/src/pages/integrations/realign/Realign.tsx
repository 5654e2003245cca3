/** Bringing all pairs in step under the mapping: whose value counts, what that would change, and doing it; never without a look. */
import { Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useRealign } from "../../../api/changes";
import { useMayChange } from "../../../api/may";
import type { Document, Integration, Precedence, Run } from "../../../api/types";
import { Note, Problem } from "../../../widgets/Note";
import { Panel } from "../../../widgets/Panel";
import { RunProgress } from "../../../widgets/RunProgress";
import { isPreview, isWhole } from "../../runs/preview";
import { RunPreview } from "../../runs/RunPreview";
import { RunTable } from "../../runs/RunTable";
import type { Names } from "../names";
import { useAsked } from "../useAsked";
import { WinsPick } from "../WinsPick";

interface Props {
  integration: Integration;
  /** One that is not saved yet: then there is only the look. */
  unsaved?: Document;
  runs: readonly Run[];
  names: Names;
  wins: Precedence;
  title: string;
  children: ReactNode;
  onWins: (wins: Precedence) => void;
}

const isRealign = (run: Run) => run.trigger === "reconcile";

export function Realign({ integration, unsaved, runs, names, wins, title, children, onWins }: Props) {
  const may = useMayChange();
  const look = useRealign();
  const asked = useAsked(runs, (run) => isRealign(run) && isPreview(run));
  const shown = asked.mine?.argument.wins === wins ? asked.mine : undefined;
  const ask = () => look.mutate({ id: integration.id, wins, dry: true, ...(unsaved ? { document: unsaved } : {}) }, { onSuccess: asked.ask });
  return (
    <>
      <Panel title={title}>
        <Stack gap="md">
          <Text component="div">{children}</Text>
          <WinsPick label="Where two were never in step, this counts" value={wins} names={names} onChange={(chosen) => { onWins(chosen); look.reset(); }} />
          <Problem error={look.error} />
          {may && (
            <Group>
              <Button variant={unsaved ? "default" : "filled"} disabled={asked.mine?.state === "running"} loading={look.isPending || asked.waiting} onClick={ask}>
                {unsaved ? "Show what saving this would change" : "Show what would change"}
              </Button>
            </Group>
          )}
          <div aria-live="polite">{asked.waiting && <Note tone="advice">It was asked for, and begins in a moment.</Note>}</div>
        </Stack>
      </Panel>
      {shown && !asked.waiting && (
        <Panel title="What would change" hint="nothing was written" flush>
          <Stack gap="sm" p="md">
            {(shown.state === "running" || shown.total !== null) && <RunProgress run={shown} />}
            {shown.message !== "" && <Note tone={shown.state === "failed" ? "problem" : "advice"}>{shown.message}</Note>}
          </Stack>
          <RunPreview run={shown} />
        </Panel>
      )}
      {!unsaved && may && shown && !asked.waiting && isWhole(shown) && <Doing key={shown.id} integration={integration} runs={runs} wins={wins} />}
    </>
  );
}

function Doing({ integration, runs, wins }: { integration: Integration; runs: readonly Run[]; wins: Precedence }) {
  const change = useRealign();
  const asked = useAsked(runs, (run) => isRealign(run) && !isPreview(run));
  if (asked.mine) return <Panel title="Brought in step" flush><RunTable runs={[asked.mine]} single /></Panel>;
  const resting = integration.state !== "running";
  return (
    <Panel title="Bring them in step">
      <Stack gap="md">
        <Text>What was shown is carried out for every pair, while the integration goes on. What gives way is in the history, and the run can be undone.</Text>
        {resting && <Note tone="advice">Start the integration first; it writes nothing while it rests.</Note>}
        <Problem error={change.error} />
        <Group>
          <Button disabled={resting} loading={change.isPending || asked.waiting} onClick={() => { change.mutate({ id: integration.id, wins, dry: false }, { onSuccess: asked.ask }); }}>
            Bring all pairs in step
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
