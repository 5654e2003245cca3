/** One pair, or one item without a twin: what holds it, what both apps hold now, the last runs and lines that touched it. */
import { Button, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { Link } from "react-router";
import { useIntegration } from "../../api/queries";
import type { Explained, Hold } from "../../api/types";
import { EventLine } from "../../widgets/EventLine";
import { Icon } from "../../widgets/Icon";
import { Note } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { count } from "../../widgets/words";
import { SidesTable } from "../items/SidesTable";
import { RunTable } from "../runs/RunTable";
import { NowTable } from "./NowTable";

export function Subject({ subject, alone }: { subject: Explained; alone: boolean }) {
  const { pair, now, runs, history } = subject;
  const integration = useIntegration(subject.integration);
  return (
    <Stack gap="lg" component="article" aria-label={subject.key}>
      <Panel
        title={subject.key}
        hint={<Link to={`/integrations/${subject.integration}`} className="row-link">{subject.integration_name}</Link>}
        actions={pair !== null && <Button size="compact-sm" variant="default" component={Link} to={`/items/${pair.id}`} leftSection={<Icon name="item" />}>Open the pair</Button>}
      >
        <Stack gap="sm">
          {!alone && <Text fw={550}>{subject.sentence}</Text>}
          <Facts subject={subject} />
          {subject.holds.map((hold) => <Held key={`${hold.side}${hold.item_id}`} hold={hold} ahead={subject.ahead} />)}
          {subject.unresolved.map((step) => (
            <Note key={`${step.kind}${step.side}`} tone="warning" title={`The answer to a write on the ${step.side} was lost`}>
              Whether “{step.kind.replaceAll("_", " ")}” of <When time={step.planned_at} /> arrived is found out with the next look.
            </Note>
          ))}
        </Stack>
      </Panel>
      {now.length > 0 && <Panel title="What the apps hold now" hint="fields that travel" flush><NowTable now={now} /></Panel>}
      {pair !== null && <Panel title="What was last seen of both" flush><SidesTable item={pair} document={integration.data?.document} /></Panel>}
      {(runs.length > 0 || history.length > 0) && (
        <SimpleGrid cols={1} spacing="lg">
          {runs.length > 0 && <Panel title="Runs that touched it" flush><RunTable runs={runs} single /></Panel>}
          {history.length > 0 && <Panel title="History" flush>{history.map((event) => <EventLine key={event.id} event={event} by="run" />)}</Panel>}
        </SimpleGrid>
      )}
    </Stack>
  );
}

function Facts({ subject }: { subject: Explained }) {
  const { pair, next_attempt: next } = subject;
  return (
    <Group gap="lg" style={{ rowGap: 4 }}>
      <State of={subject.holds.length > 0 ? "held" : (pair?.state ?? "unpaired")} />
      {pair !== null && <Text c="dimmed" component="div">synced <When time={pair.synced_at} /></Text>}
      {next !== null && <Text c="dimmed" component="div">next attempt <When time={next} /></Text>}
      {subject.now.map((side) => side.updated_at !== null && (
        <Text key={side.side} c="dimmed" component="div">changed on {side.name} <When time={side.updated_at} />{side.reached === false && ", not looked at since"}</Text>
      ))}
    </Group>
  );
}

function Held({ hold, ahead }: { hold: Hold; ahead: number }) {
  return (
    <Note tone="warning" title={hold.kind === "skipped" ? `Left out on the ${hold.side}` : `Held back on the ${hold.side}`}>
      {hold.reason}
      {hold.words !== "" && <blockquote className="words">{hold.words}</blockquote>}
      <Table variant="vertical" layout="fixed" mt="xs" className="facts">
        <Table.Tbody>
          <Table.Tr><Table.Th w={140}>Tries</Table.Th><Table.Td>{hold.attempts}, the last one <When time={hold.last_at} /></Table.Td></Table.Tr>
          <Table.Tr><Table.Th>Next</Table.Th><Table.Td>{hold.due_at === null ? "when it or the mapping changes, or somebody tries it again" : <When time={hold.due_at} />}</Table.Td></Table.Tr>
          {hold.due_at !== null && <Table.Tr><Table.Th>Before it</Table.Th><Table.Td>{count(ahead, "held item")}</Table.Td></Table.Tr>}
        </Table.Tbody>
      </Table>
    </Note>
  );
}
