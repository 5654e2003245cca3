/** The people who may sign in. */
import { ActionIcon, Button, Group, Modal, Select, Stack, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type SyntheticEvent, useState } from "react";
import { useAddUser, useDeleteUser } from "../../api/changes";
import { problemOf } from "../../api/problem";
import { useMe, useUsers } from "../../api/queries";
import type { User } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Problem } from "../../widgets/Note";
import { OnceShown } from "../../widgets/OnceShown";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

const ROLES = [{ value: "viewer", label: "May look, not change" }, { value: "admin", label: "Administrator" }];

export function Users() {
  const users = useUsers();
  const me = useMe().data?.login;
  const add = useAddUser();
  const removal = useDeleteUser();
  const [opened, { open, close }] = useDisclosure(false);
  const [leaving, setLeaving] = useState<User | null>(null);
  return (
    <Panel title="Users" flush actions={<Button size="xs" variant="default" leftSection={<Icon name="plus" />} onClick={open}>Add a user</Button>}>
      {add.data?.password != null && (
        <div className="panel-body"><OnceShown what={`The password of ${add.data.user.login}`} secret={add.data.password} onDone={() => add.reset()} /></div>
      )}
      <Loaded read={users}>
        {(list) => (
          <Table>
            <Table.Thead><Table.Tr><Table.Th>Login</Table.Th><Table.Th>Name</Table.Th><Table.Th>May</Table.Th><Table.Th>Since</Table.Th><Table.Th><span className="visually-hidden">Actions</span></Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {list.map((user) => (
                <Table.Tr key={user.id}>
                  <Table.Td><Text fw={550}>{user.login}</Text></Table.Td>
                  <Table.Td miw={120} className="wrap">{user.name}<Text size="xs" c="dimmed">{user.email}</Text></Table.Td>
                  <Table.Td>{ROLES.find((role) => role.value === user.role)?.label}{user.disabled && ", disabled"}</Table.Td>
                  <Table.Td><When time={user.created_at} /></Table.Td>
                  <Table.Td>
                    {user.login !== me && (
                      <Tooltip label="Delete"><ActionIcon variant="subtle" color="gray" aria-label={`Delete ${user.login}`} onClick={() => setLeaving(user)}><Icon name="trash" /></ActionIcon></Tooltip>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      <Modal opened={opened} onClose={close} title={<Text fw={600} size="md">Add a user</Text>}><NewUser add={add} onDone={close} /></Modal>
      <Confirm
        opened={leaving !== null}
        title={`Delete ${leaving?.login ?? ""}?`}
        verb="Delete the user"
        busy={removal.isPending}
        error={removal.error}
        onClose={() => { setLeaving(null); removal.reset(); }}
        onConfirm={() => leaving && removal.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
      >
        They are signed out at once, and their API tokens stop working. What they did stays in the audit.
      </Confirm>
    </Panel>
  );
}

function NewUser({ add, onDone }: { add: ReturnType<typeof useAddUser>; onDone: () => void }) {
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<User["role"]>("viewer");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    add.mutate({ login: login.trim(), name, email, role, password: null, invited: false }, { onSuccess: onDone });
  };
  const named = problemOf(add.error, "login") ?? problemOf(add.error, "email") ?? problemOf(add.error, "name");
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Login" required data-autofocus autoComplete="off" value={login} error={problemOf(add.error, "login")} onChange={(event) => setLogin(event.currentTarget.value)} />
        <TextInput label="Name" value={name} error={problemOf(add.error, "name")} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label="E-mail" type="email" value={email} error={problemOf(add.error, "email")} onChange={(event) => setEmail(event.currentTarget.value)} />
        <Select label="May" data={ROLES} value={role} onChange={(chosen) => setRole(chosen as User["role"])} />
        <Text size="xs" c="dimmed">A password is made for them and shown once.</Text>
        {named === undefined && <Problem error={add.error} />}
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Add</Button></Group>
      </Stack>
    </form>
  );
}
