/** Who did what, the newest first. */
import { Button, Center, Table, Text } from "@mantine/core";
import { useAudit } from "../../api/queries";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

export function AuditPage() {
  const audit = useAudit();
  return (
    <Page title="Audit" lead="Who changed what in this tenant. What runs did to items is in the runs.">
      <Panel flush>
        <Loaded read={audit} lines={8}>
          {({ pages }) => {
            const entries = pages.flatMap((page) => page.entries);
            if (entries.length === 0) return <Empty icon="audit" title="Nothing yet">Sign-ins and changes are written down here.</Empty>;
            return (
              <>
                <Table>
                  <Table.Thead><Table.Tr><Table.Th>When</Table.Th><Table.Th>Who</Table.Th><Table.Th>What</Table.Th><Table.Th>About</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {entries.map((entry) => (
                      <Table.Tr key={entry.id}>
                        <Table.Td><When time={entry.at} /></Table.Td>
                        <Table.Td><Text fw={550}>{entry.actor}</Text></Table.Td>
                        <Table.Td>{entry.action}</Table.Td>
                        <Table.Td className="wrap">{entry.subject}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
                {audit.hasNextPage && <Center p="sm"><Button variant="default" size="xs" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>Show more</Button></Center>}
              </>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}
