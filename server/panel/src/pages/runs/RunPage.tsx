/** One run: how far it has come, and a line per item. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { Link, useParams } from "react-router";
import { useCancelRun } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useRun } from "../../api/queries";
import type { Run } from "../../api/types";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { RunProgress } from "../../widgets/RunProgress";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { exact, span } from "../../widgets/words";
import { isJoin, isLive, isPreview } from "./preview";
import { Rests } from "./Rests";
import { RunLines } from "./RunLines";
import { RunPreview } from "./RunPreview";
import { Undone, UndoRun } from "./UndoRun";

export function RunPage() {
  const { id = "" } = useParams();
  const run = useRun(id);
  const cancel = useCancelRun();
  const may = useMayChange();
  const running = run.data?.state === "running" ? run.data : undefined;
  return (
    <Page
      title={run.data ? `Run of ${exact(run.data.started_at)}` : "Run"}
      above={{ to: "/runs", label: "Runs" }}
      actions={may && (running
        ? (
          <Button variant="default" disabled={running.cancel_requested} loading={cancel.isPending} onClick={() => cancel.mutate(id)}>
            {running.cancel_requested ? "Ending at the next page" : isLive(running) ? "End this run and pause" : "End this run"}
          </Button>
        )
        : run.data && !isPreview(run.data) && !isJoin(run.data) && <UndoRun run={run.data} />)}
    >
      <Problem error={cancel.error} />
      <Loaded read={run}>{(value) => <Parts run={value} />}</Loaded>
    </Page>
  );
}

function Parts({ run }: { run: Run }) {
  return (
    <Stack gap="lg">
      <Panel>
        <Stack gap="sm">
          <Group gap="lg" style={{ rowGap: 4 }}>
            <State of={run.state} />
            <Link to={`/integrations/${run.integration}`} className="row-link">{run.integration_name}</Link>
            <Text c="dimmed" component="div">
              {run.finished_at === null
                ? <>started <When time={run.started_at} /></>
                : <>took {span((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)}, ended <When time={run.finished_at} /></>}
            </Text>
          </Group>
          <RunProgress run={run} />
          {run.message !== "" && <Note tone={run.state === "failed" ? "problem" : "advice"}>{run.message}</Note>}
        </Stack>
      </Panel>
      {isLive(run) && (run.cancel_requested || run.state === "cancelled") && <Rests run={run} />}
      <Undone run={run} />
      {!isPreview(run)
        ? <Panel title="What it did" hint="a line per item" flush><RunLines run={run} /></Panel>
        : <Panel title="What it would do" hint="nothing was written" flush><RunPreview run={run} /></Panel>}
    </Stack>
  );
}
