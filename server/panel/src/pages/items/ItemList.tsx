/** Every pair of items; found by key or title. */
import { Button, Center, Group, Select, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "react-router";
import { useItems } from "../../api/queries";
import type { ItemRow } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Icon } from "../../widgets/Icon";
import { IntegrationPick } from "../../widgets/IntegrationPick";
import { AppLink } from "../../widgets/Linked";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { State } from "../../widgets/State";
import { useFilter } from "../../widgets/useFilter";
import { When } from "../../widgets/When";

const STATES = [
  { value: "", label: "Any state" },
  { value: "linked", label: "In step" },
  { value: "held", label: "Held back" },
  { value: "reserved", label: "Being created" },
  { value: "outside", label: "Out of scope" },
  { value: "ended", label: "Ended" },
];

export function ItemList() {
  const [integration, setIntegration] = useFilter("integration");
  const [state, setState] = useFilter("state");
  const [words, setWords] = useState("");
  const [q] = useDebouncedValue(words.trim(), 250);
  const items = useItems(integration, q, state);
  const narrowed = q !== "" || state !== "" || integration !== "";
  return (
    <Page title="Items" lead="Each row is one item and its twin.">
      <Group gap="xs">
        <TextInput
          flex="1 1 220px" maw={420} type="search" aria-label="Search by key or title" placeholder="Search by key or title"
          leftSection={<Icon name="search" />} value={words} onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Select aria-label="State" w={150} data={STATES} value={state} onChange={(chosen) => setState(chosen ?? "")} />
        <IntegrationPick value={integration} onChange={setIntegration} />
      </Group>
      <Panel flush>
        <Loaded read={items} lines={8}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.items);
            if (rows.length === 0) return <Nothing narrowed={narrowed} q={q} />;
            return (
              <>
                <Rows rows={rows} />
                {items.hasNextPage && <Center p="sm"><Button variant="default" size="xs" loading={items.isFetchingNextPage} onClick={() => void items.fetchNextPage()}>Show more</Button></Center>}
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Nothing({ narrowed, q }: { narrowed: boolean; q: string }) {
  if (!narrowed) return <Empty icon="item" title="No items yet">They appear with the first run of an integration.</Empty>;
  return (
    <Empty icon="search" title="Nothing matches">
      {q === "" ? "Choose another state or integration." : `No pair has “${q}” in a key or title. An item that never travelled has no row here; look under Held back for the reason.`}
    </Empty>
  );
}

function Rows({ rows }: { rows: readonly ItemRow[] }) {
  return (
    <Table highlightOnHover>
      <Table.Thead><Table.Tr><Table.Th>Title</Table.Th><Table.Th><span className="side-dot side-left inline-dot" /> Left</Table.Th><Table.Th><span className="side-dot side-right inline-dot" /> Right</Table.Th><Table.Th>State</Table.Th><Table.Th>Synced</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.id}>
            <Table.Td miw={220}>
              <Link to={`/items/${row.id}`} className="row-link wrap">{row.title || "No title"}</Link>
              <Text size="xs" c="dimmed">{row.integration_name}</Text>
            </Table.Td>
            <Table.Td>{row.left ? <AppLink url={row.left.url}>{row.left.key}</AppLink> : "–"}</Table.Td>
            <Table.Td>{row.right ? <AppLink url={row.right.url}>{row.right.key}</AppLink> : "–"}</Table.Td>
            <Table.Td><State of={row.held ? "held" : row.state} /></Table.Td>
            <Table.Td><When time={row.synced_at} /></Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
