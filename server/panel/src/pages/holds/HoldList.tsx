/** What is held back, why, and a way to try it again. Everything else goes on meanwhile. */
import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { Link } from "react-router";
import { useRetry } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useHolds } from "../../api/queries";
import type { Hold } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Icon } from "../../widgets/Icon";
import { IntegrationPick } from "../../widgets/IntegrationPick";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { State } from "../../widgets/State";
import { useFilter } from "../../widgets/useFilter";
import { When } from "../../widgets/When";
import { count } from "../../widgets/words";

export function HoldList() {
  const [integration, setIntegration] = useFilter("integration");
  const holds = useHolds(integration);
  const retry = useRetry();
  const may = useMayChange();
  const all = () => {
    for (const id of new Set(holds.data?.map((hold) => hold.integration))) retry.mutate({ integration: id });
  };
  return (
    <Page
      title="Held back"
      lead="Items that could not be carried over, each with the reason. The others go on."
      actions={(
        <>
          <IntegrationPick value={integration} onChange={setIntegration} />
          {may && (holds.data?.length ?? 0) > 0 && <Button leftSection={<Icon name="bolt" />} loading={retry.isPending} onClick={all}>Try all again</Button>}
        </>
      )}
    >
      <Stack gap="sm">
        {retry.data && <Note tone="good">{count(retry.data.count, "item")} will be tried again now.</Note>}
        <Problem error={retry.error} />
      </Stack>
      <Panel flush>
        <Loaded read={holds}>
          {(list) => list.length === 0
            ? <Empty icon="check" title="Nothing is held back">When an app refuses an item, it waits here with the app’s own words.</Empty>
            : <Rows list={list} may={may} onRetry={(hold) => retry.mutate({ integration: hold.integration, items: [{ side: hold.side, item_id: hold.item_id }] })} />}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Rows({ list, may, onRetry }: { list: readonly Hold[]; may: boolean; onRetry: (hold: Hold) => void }) {
  return (
    <Table>
      <Table.Thead><Table.Tr><Table.Th>Item</Table.Th><Table.Th>Why</Table.Th><Table.Th>State</Table.Th><Table.Th>Next</Table.Th><Table.Th><span className="visually-hidden">Actions</span></Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {list.map((hold) => (
          <Table.Tr key={`${hold.integration}${hold.side}${hold.item_id}`}>
            <Table.Td className="top">
              <Group gap={7} wrap="nowrap">
                <span className={`side-dot side-${hold.side}`} role="img" aria-label={`${hold.side} side`} />
                {hold.pair === null ? <Text fw={550}>{hold.item_key || hold.item_id}</Text> : <Link to={`/items/${hold.pair}`} className="row-link nowrap">{hold.item_key || hold.item_id}</Link>}
              </Group>
              <Text size="xs" c="dimmed">{hold.integration_name}</Text>
            </Table.Td>
            <Table.Td className="top" miw={260}>
              <Text className="wrap">{hold.reason}</Text>
              {hold.words !== "" && <blockquote className="words">{hold.words}</blockquote>}
            </Table.Td>
            <Table.Td className="top"><State of={hold.kind} /><Text size="xs" c="dimmed" mt={2} className="nowrap">{count(hold.attempts, "try", "tries")}</Text></Table.Td>
            <Table.Td className="top">{hold.due_at === null ? <Text size="xs" c="dimmed">when it changes</Text> : <When time={hold.due_at} />}</Table.Td>
            <Table.Td className="top">{may && <Button size="compact-sm" variant="default" onClick={() => onRetry(hold)}>Try again</Button>}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
