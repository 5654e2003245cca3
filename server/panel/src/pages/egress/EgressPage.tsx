/** What was contacted: every host that this tenant's connections ever spoke to, and what was refused. */
import { Table, Text } from "@mantine/core";
import { Link } from "react-router";
import { useEgress } from "../../api/queries";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

export function EgressPage() {
  const egress = useEgress();
  return (
    <Page title="What was contacted" lead="Lockstep speaks only to the addresses of its connections. This is the proof: each host and the address that its name came to, how often, and what was refused: because no connection names it, or because it is inside of this machine and not listed.">
      <Panel flush>
        <Loaded read={egress}>
          {(list) => list.length === 0 ? <Empty icon="globe" title="Nothing was contacted yet">Hosts appear here with the first test of a connection.</Empty> : (
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Host</Table.Th><Table.Th>Connection</Table.Th><Table.Th ta="right">Requests</Table.Th><Table.Th ta="right">Refused</Table.Th><Table.Th>First</Table.Th><Table.Th>Last</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {list.map((row) => (
                  <Table.Tr key={`${row.host}:${row.port}:${row.connection}:${row.address}:${row.via}`}>
                    <Table.Td>
                      <Text ff="monospace" className="nowrap">{row.host}:{row.port}</Text>
                      {row.address !== "" && row.address !== row.host && <Text ff="monospace" size="xs" c="dimmed" className="nowrap">{row.address}</Text>}
                      {row.via !== "" && <Text size="xs" c="dimmed">through the proxy {row.via}</Text>}
                    </Table.Td>
                    <Table.Td miw={130}>{row.connection_name === "" ? <Text c="dimmed">only tested, or deleted</Text> : <Link to={`/connections/${row.connection}`} className="row-link">{row.connection_name}</Link>}</Table.Td>
                    <Table.Td ta="right" className="number">{row.requests.toLocaleString("en")}</Table.Td>
                    <Table.Td ta="right" className="number"><Text c={row.refused > 0 ? "red" : "dimmed"}>{row.refused.toLocaleString("en")}</Text></Table.Td>
                    <Table.Td><When time={row.first_at} /></Table.Td>
                    <Table.Td><When time={row.last_at} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
