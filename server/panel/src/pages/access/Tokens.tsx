/** The caller's API tokens: for programs, with the caller's own rights. */
import { ActionIcon, Button, Group, Modal, Select, Stack, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type SyntheticEvent, useState } from "react";
import { useAddToken, useDeleteToken } from "../../api/changes";
import { useTokens } from "../../api/queries";
import type { Token } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Empty } from "../../widgets/Empty";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Problem } from "../../widgets/Note";
import { OnceShown } from "../../widgets/OnceShown";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

const LIVES = [{ value: "30", label: "30 days" }, { value: "90", label: "90 days" }, { value: "365", label: "A year" }, { value: "", label: "Until deleted" }];

export function Tokens() {
  const tokens = useTokens();
  const add = useAddToken();
  const removal = useDeleteToken();
  const [opened, { open, close }] = useDisclosure(false);
  const [leaving, setLeaving] = useState<Token | null>(null);
  return (
    <Panel title="My API tokens" flush actions={<Button size="xs" variant="default" leftSection={<Icon name="plus" />} onClick={open}>New token</Button>}>
      {add.data && <div className="panel-body"><OnceShown what={`The token ${add.data.name}`} secret={add.data.token} onDone={() => add.reset()} /></div>}
      <Loaded read={tokens} lines={2}>
        {(list) => list.length === 0 ? <Empty icon="key" title="No token">A program that uses the API signs in with a token, never with your password.</Empty> : (
          <Table>
            <Table.Thead><Table.Tr><Table.Th>Name</Table.Th><Table.Th>Last used</Table.Th><Table.Th>Ends</Table.Th><Table.Th><span className="visually-hidden">Actions</span></Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {list.map((token) => (
                <Table.Tr key={token.id}>
                  <Table.Td><Text fw={550} className="wrap">{token.name}</Text></Table.Td>
                  <Table.Td><When time={token.used_at} /></Table.Td>
                  <Table.Td><When time={token.expires_at} empty="when deleted" /></Table.Td>
                  <Table.Td>
                    <Tooltip label="Delete"><ActionIcon variant="subtle" color="gray" aria-label={`Delete ${token.name}`} onClick={() => setLeaving(token)}><Icon name="trash" /></ActionIcon></Tooltip>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      <Modal opened={opened} onClose={close} title={<Text fw={600} size="md">New token</Text>}><NewToken add={add} onDone={close} /></Modal>
      <Confirm
        opened={leaving !== null}
        title={`Delete ${leaving?.name ?? ""}?`}
        verb="Delete the token"
        busy={removal.isPending}
        error={removal.error}
        onClose={() => { setLeaving(null); removal.reset(); }}
        onConfirm={() => leaving && removal.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
      >
        Programs that use it are refused from now on.
      </Confirm>
    </Panel>
  );
}

function NewToken({ add, onDone }: { add: ReturnType<typeof useAddToken>; onDone: () => void }) {
  const [name, setName] = useState("");
  const [life, setLife] = useState("90");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    add.mutate({ name: name.trim(), expires_in_days: life === "" ? null : Number(life) }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Name" description="What it is for, such as Nightly report." required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label="Valid for" data={LIVES} value={life} onChange={(chosen) => setLife(chosen ?? "")} />
        <Problem error={add.error} />
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Make the token</Button></Group>
      </Stack>
    </form>
  );
}
