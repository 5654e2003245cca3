/** Runs, the newest first: what each did and how long it took. */
import { Table, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Run } from "../../api/types";
import { RunProgress } from "../../widgets/RunProgress";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { span, tally } from "../../widgets/words";
import { isJoin, isPreview } from "./preview";

const TRIGGERS: Record<string, string> = { poll: "by the clock", webhook: "told by an app", retry: "tried again", now: "asked for", start: "started", resume: "taken up again" };

function why(run: Run): string {
  if (isJoin(run)) return "join";
  const said = TRIGGERS[run.trigger] ?? run.trigger;
  return isPreview(run) && run.trigger !== "dry run" ? `preview: ${said}` : said;
}

/** ``single``: all are of one integration, which need not be named. */
export function RunTable({ runs, single = false }: { runs: readonly Run[]; single?: boolean }) {
  return (
    <Table highlightOnHover className="stacks">
      <Table.Thead className="narrow-gone">
        <Table.Tr><Table.Th>Started</Table.Th>{!single && <Table.Th>Integration</Table.Th>}<Table.Th>State</Table.Th><Table.Th>What it did</Table.Th><Table.Th>Took</Table.Th><Table.Th>Why</Table.Th></Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {runs.map((run) => (
          <Table.Tr key={run.id}>
            <Table.Td><Link to={`/runs/${run.id}`} className="row-link"><When time={run.started_at} /></Link></Table.Td>
            {!single && <Table.Td miw={140}>{run.integration_name}</Table.Td>}
            <Table.Td className="nowrap"><State of={run.state} /></Table.Td>
            <Table.Td miw={220} className="whole">
              {run.state === "running" ? <RunProgress run={run} compact /> : <Text className="wrap">{run.message || tally(run.counts)}</Text>}
            </Table.Td>
            <Table.Td className="number nowrap">{run.finished_at === null ? "–" : span((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)}</Table.Td>
            <Table.Td className="nowrap"><Text c="dimmed">{why(run)}</Text></Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
