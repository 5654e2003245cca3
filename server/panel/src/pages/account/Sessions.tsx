/** Where one is signed in, and the way to end it there. */
import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useEndSession, useEndSessions } from "../../api/changes";
import { useSessions } from "../../api/queries";
import { Confirm } from "../../widgets/Confirm";
import { Loaded } from "../../widgets/Loaded";
import { Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

export function Sessions() {
  const sessions = useSessions();
  const end = useEndSession();
  const endAll = useEndSessions();
  const [asking, setAsking] = useState(false);
  const others = sessions.data?.some((one) => !one.this) ?? false;
  const actions = (
    <Group gap="xs">
      <Button size="xs" variant="default" disabled={!others} loading={endAll.isPending && !asking} onClick={() => endAll.mutate(true)}>End the others</Button>
      <Button size="xs" variant="default" onClick={() => setAsking(true)}>Sign out everywhere</Button>
    </Group>
  );
  return (
    <Panel title="Signed in" hint="ends after 12 hours without use, and in any case after 7 days" flush actions={actions}>
      {(end.error ?? endAll.error) !== null && !asking && <div className="panel-body"><Problem error={end.error ?? endAll.error} /></div>}
      <Loaded read={sessions} lines={2}>
        {(list) => (
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>With</Table.Th><Table.Th>From</Table.Th><Table.Th>Since</Table.Th><Table.Th>Last used</Table.Th><Table.Th><span className="visually-hidden">Actions</span></Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {list.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td className="wrap">
                      <Text fw={550} span>{one.browser === "" ? "Unknown" : one.browser}</Text>
                      {one.console && <Text size="xs" c="dimmed">by a link of the server's console</Text>}
                    </Table.Td>
                    <Table.Td className="wrap">{one.address}</Table.Td>
                    <Table.Td><When time={one.begun_at} /></Table.Td>
                    <Table.Td><When time={one.seen_at} /></Table.Td>
                    <Table.Td>
                      {one.this ? <Badge variant="light">This one</Badge> : (
                        <Button size="compact-xs" variant="default" loading={end.isPending && end.variables === one.id} aria-label={`End ${one.browser} from ${one.address}`} onClick={() => end.mutate(one.id)}>End</Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
      <Confirm
        opened={asking}
        title="Sign out everywhere?"
        verb="Sign out everywhere"
        busy={endAll.isPending}
        error={endAll.error}
        onClose={() => { setAsking(false); endAll.reset(); }}
        onConfirm={() => endAll.mutate(false)}
      >
        All your sessions end, this one too. API tokens go on.
      </Confirm>
    </Panel>
  );
}
