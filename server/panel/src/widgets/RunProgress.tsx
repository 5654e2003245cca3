/** How far a run has come: a bar that is full only when it came through or cannot tell, what it is doing now, and what it has done. */
import { Group, Progress, Stack, Text } from "@mantine/core";
import type { Run } from "../api/types";
import { count, tally } from "./words";

export function RunProgress({ run, compact = false }: { run: Run; compact?: boolean }) {
  const running = run.state === "running";
  const share = run.total ? Math.min(100, (100 * run.done) / run.total) : running || run.state === "succeeded" ? 100 : 0;
  const way = run.total === null ? count(run.done, "item") : `${run.done.toLocaleString("en")} of ${count(run.total, "item")}`;
  return (
    <Stack gap={4} miw={compact ? 140 : 200}>
      <Progress
        value={share}
        animated={running}
        striped={running && run.total === null}
        color={run.state === "failed" ? "red" : run.state === "partial" ? "orange" : run.state === "cancelled" ? "gray" : "step"}
        size={compact ? 6 : 10}
        aria-label={`Progress: ${way}`}
      />
      <Group justify="space-between" gap="xs">
        <Text size="xs" className="number">{way}{running && run.phase !== "" && ` · ${run.phase}`}{running && run.uncounted !== "" && `; ${run.uncounted} is not counted yet`}</Text>
        {!compact && <Text size="xs" c="dimmed">{tally(run.counts)}</Text>}
      </Group>
    </Stack>
  );
}
