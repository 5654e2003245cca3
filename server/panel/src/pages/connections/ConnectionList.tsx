/** Every connection, with how it stands. */
import { Button, Table, Text } from "@mantine/core";
import { Link } from "react-router";
import { useConnections, useConnectors } from "../../api/queries";
import type { Connection } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { Resting } from "../../widgets/Resting";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";

const add = <Button component={Link} to="/connections/new" leftSection={<Icon name="plus" />}>Add a connection</Button>;

export function ConnectionList() {
  const connections = useConnections();
  return (
    <Page title="Connections" lead="Each is one app with one account. What Lockstep writes there appears under that account." actions={add}>
      <Panel flush>
        <Loaded read={connections}>
          {(list) => list.length === 0 ? (
            <Empty icon="connection" title="No connection yet" action={add}>
              Add the two apps whose items shall be kept in step. You need the address and an account of each.
            </Empty>
          ) : <Rows list={list} />}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Rows({ list }: { list: Connection[] }) {
  const connectors = useConnectors();
  const title = (kind: string) => connectors.data?.find((connector) => connector.kind === kind)?.title ?? kind;
  return (
    <Table highlightOnHover>
      <Table.Thead><Table.Tr><Table.Th>Name</Table.Th><Table.Th>App</Table.Th><Table.Th>Account</Table.Th><Table.Th>State</Table.Th><Table.Th>Checked</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {list.map((connection) => (
          <Table.Tr key={connection.id}>
            <Table.Td miw={180}>
              <Link to={`/connections/${connection.id}`} className="row-link">{connection.name}</Link>
              <Text size="xs" c="dimmed" className="wrap">{Object.values(connection.settings).find((value) => /^https?:/.test(value)) ?? ""}</Text>
            </Table.Td>
            <Table.Td className="nowrap">{connection.app || title(connection.kind)}</Table.Td>
            <Table.Td>{connection.account || "–"}</Table.Td>
            <Table.Td>
              <State of={connection.problem === "" ? connection.state : "problem"} />
              {connection.problem !== "" && <Text size="xs" c="red" className="wrap" miw={200} mt={2}>{connection.problem}</Text>}
              <Resting connection={connection} />
            </Table.Td>
            <Table.Td><When time={connection.checked_at} /></Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
