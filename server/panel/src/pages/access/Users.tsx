/** Who may sign in: added, changed, disabled, let in again. */
import { Badge, Button, Modal, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useAddUser } from "../../api/changes";
import { here } from "../../api/client";
import { useMe, useUsers } from "../../api/queries";
import type { User } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { OnceShown } from "../../widgets/OnceShown";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";
import { NewUser, ROLES } from "./NewUser";
import { UserActions } from "./UserActions";

export function Users() {
  const users = useUsers();
  const me = useMe().data?.login;
  const add = useAddUser();
  const [opened, { open, close }] = useDisclosure(false);
  const [link, setLink] = useState<{ login: string; path: string } | null>(null);
  const made = add.data?.link ? { login: add.data.user.login, path: add.data.link.path } : null;
  const shown = link ?? made;
  const forget = () => {
    setLink(null);
    add.reset();
  };
  return (
    <Panel title="Users" flush actions={<Button size="xs" variant="default" leftSection={<Icon name="plus" />} onClick={open}>Add a user</Button>}>
      {shown && <div className="panel-body"><OnceShown what={`The link for ${shown.login}`} secret={here(shown.path)} onDone={forget}>With it {shown.login} chooses a password, once, within a day.</OnceShown></div>}
      <Loaded read={users} lines={2}>
        {(list) => (
          <Table.ScrollContainer minWidth={620}>
            <Table>
              <Table.Thead><Table.Tr><Table.Th>Login</Table.Th><Table.Th>Name</Table.Th><Table.Th>May</Table.Th><Table.Th>Signs in with</Table.Th><Table.Th>Since</Table.Th><Table.Th><span className="visually-hidden">Actions</span></Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {list.map((user) => (
                  <Table.Tr key={user.id}>
                    <Table.Td><Text fw={550} span>{user.login}</Text> {user.disabled && <Badge color="gray" variant="light">Disabled</Badge>}</Table.Td>
                    <Table.Td miw={120} className="wrap">{user.name}<Text size="xs" c="dimmed">{user.email}</Text></Table.Td>
                    <Table.Td>{ROLES.find((role) => role.value === user.role)?.label}</Table.Td>
                    <Table.Td>{means(user)}</Table.Td>
                    <Table.Td><When time={user.created_at} /></Table.Td>
                    <Table.Td>{user.login !== me && <UserActions user={user} onLink={(path) => setLink({ login: user.login, path })} />}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Loaded>
      <Modal opened={opened} onClose={close} title={<Text fw={600} size="md">Add a user</Text>}><NewUser add={add} onDone={close} /></Modal>
    </Panel>
  );
}

function means(user: User): string {
  if (!user.has_password) return "nothing yet";
  return user.second_factor ? "password and app" : "password";
}
