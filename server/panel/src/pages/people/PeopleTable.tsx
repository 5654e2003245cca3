/** A line per user of the left side, and whom they are on the right. Saved as a whole. */
import { Button, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useSavePeople } from "../../api/changes";
import { useMayChange } from "../../api/may";
import { useAppUsers, useConnections } from "../../api/queries";
import type { AppUser, Integration, Person } from "../../api/types";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { SideName } from "../../widgets/SideName";
import { count } from "../../widgets/words";
import { namesOf } from "../integrations/names";
import { likely, matched, matches } from "./table";

export function PeopleTable({ integration, saved }: { integration: Integration; saved: readonly Person[] }) {
  const { left, right } = integration.document;
  const names = namesOf(integration.document, useConnections().data);
  const leftUsers = useAppUsers(left.connection, left.container);
  const rightUsers = useAppUsers(right.connection, right.container);
  return (
    <Loaded read={leftUsers}>
      {(here) => (
        <Loaded read={rightUsers}>
          {(there) => <Editor left={left.connection} right={right.connection} names={names} here={here} there={there} saved={saved} />}
        </Loaded>
      )}
    </Loaded>
  );
}

interface Props {
  left: string;
  right: string;
  names: { left: string; right: string };
  here: readonly AppUser[];
  there: readonly AppUser[];
  saved: readonly Person[];
}

const told = (user: AppUser) => [user.login, user.email].filter((word) => word !== "").join(" · ");

function Editor({ left, right, names, here, there, saved }: Props) {
  const [table, setTable] = useState<Person[]>([...saved]);
  const save = useSavePeople();
  const may = useMayChange();
  const lines = matches(table, left, here, right);
  const taken = new Set(lines.map((line) => line.twin));
  const open = lines.filter((line) => line.twin === "");
  const found = open.flatMap((line) => {
    const twin = likely(line.user, there.filter((user) => !taken.has(user.id)));
    return twin ? [{ user: line.user, twin }] : [];
  });
  const take = () => setTable(found.reduce((now, { user, twin }) => matched(now, left, user, right, twin.id), table));
  const changed = JSON.stringify(table) !== JSON.stringify(saved);
  return (
    <Stack gap="md">
      {may && found.length > 0 && (
        <Note tone="advice">
          <Group justify="space-between">
            <span>{count(found.length, "person looks", "people look")} the same on both sides by e-mail, login or name.</span>
            <Button size="xs" variant="default" onClick={take}>Match them</Button>
          </Group>
        </Note>
      )}
      <Panel flush>
        <Table>
          <Table.Thead><Table.Tr><Table.Th><SideName side="left" fw={600}>{names.left}</SideName></Table.Th><Table.Th><SideName side="right" fw={600}>{names.right}</SideName></Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {lines.map(({ user, twin }) => (
              <Table.Tr key={user.id}>
                <Table.Td><Text fw={550}>{user.name || user.login}</Text><Text size="xs" c="dimmed" className="wrap">{told(user)}</Text></Table.Td>
                <Table.Td miw={180}>
                  <Select
                    size="xs" searchable clearable disabled={!may} placeholder="Nobody" aria-label={`${user.name || user.login} is, in ${names.right}`}
                    data={there.map((one) => ({ value: one.id, label: one.name || one.login, disabled: taken.has(one.id) && one.id !== twin }))}
                    value={twin || null}
                    onChange={(chosen) => setTable(matched(table, left, user, right, chosen ?? ""))}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Panel>
      <Problem error={save.error} />
      {may && (
        <Group>
          <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate(table)}>Save</Button>
          {changed && <Button variant="default" onClick={() => setTable([...saved])}>Undo</Button>}
        </Group>
      )}
    </Stack>
  );
}
