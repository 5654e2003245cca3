/** One integration in one band: state, pairs, what is held back, and its last run. */
import { Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import type { IntegrationSummary } from "../../api/types";
import { Note } from "../../widgets/Note";
import { RunProgress } from "../../widgets/RunProgress";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { count, tally } from "../../widgets/words";
import { stateOf } from "../integrations/stateOf";

export function IntegrationGlance({ integration }: { integration: IntegrationSummary }) {
  const run = integration.last_run;
  const working = run?.state === "running" && (run.total === null ? run.uncounted !== "" : run.total > 0);
  return (
    <Stack gap="xs" className="glance">
      <Group justify="space-between" gap="sm">
        <Group gap="sm" flex="1 1 260px" miw={0}>
          <Link to={`/integrations/${integration.id}`} className="row-link wrap">{integration.name}</Link>
          <State of={stateOf(integration)} />
        </Group>
        <Group gap="lg" style={{ rowGap: 2 }}>
          <Text className="number">{count(integration.pairs, "pair")}</Text>
          <Text className="number" c={integration.holds > 0 ? "orange" : "dimmed"}>
            {integration.holds === 0 ? "nothing held back" : `${integration.holds} held back`}
          </Text>
          {run && !working && (
            <Text component="div" c="dimmed">
              <Link to={`/runs/${run.id}`} className="row-link">{run.state === "running" ? "Looking now" : "Last run"}</Link>{" "}
              {run.finished_at !== null && <><When time={run.finished_at} />: {run.state === "failed" ? run.message || "failed" : tally(run.counts)}</>}
            </Text>
          )}
        </Group>
      </Group>
      {working && <RunProgress run={run} />}
      {integration.problem !== "" && <Note tone="problem">{integration.problem}</Note>}
      {integration.outcome !== "" && <Note tone="good">{integration.outcome}</Note>}
    </Stack>
  );
}
