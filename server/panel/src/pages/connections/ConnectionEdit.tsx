/** One connection: how it stands, its settings, a test, and the way to remove it. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useDeleteConnection, useTestConnection } from "../../api/changes";
import { useConnection, useConnectors } from "../../api/queries";
import type { Connection, Connector } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Icon } from "../../widgets/Icon";
import { Loaded } from "../../widgets/Loaded";
import { Note, Problem } from "../../widgets/Note";
import { Page } from "../../widgets/Page";
import { Panel } from "../../widgets/Panel";
import { Resting } from "../../widgets/Resting";
import { State } from "../../widgets/State";
import { When } from "../../widgets/When";
import { ConnectionForm } from "./ConnectionForm";
import { ConnectionSchedule } from "./ConnectionSchedule";
import { VerdictNote } from "./VerdictNote";
import { Webhook } from "./Webhook";

export function ConnectionEdit() {
  const { id = "" } = useParams();
  const connection = useConnection(id);
  const connectors = useConnectors();
  return (
    <Page
      title={connection.data?.name ?? "Connection"}
      above={{ to: "/connections", label: "Connections" }}
      actions={connection.data && <Removal connection={connection.data} />}
    >
      <Loaded read={connection}>
        {(value) => (
          <Loaded read={connectors}>
            {(list) => <Parts connection={value} connector={list.find((connector) => connector.kind === value.kind)} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function Parts({ connection, connector }: { connection: Connection; connector: Connector | undefined }) {
  const test = useTestConnection();
  const [saved, setSaved] = useState(false);
  return (
    <Stack gap="lg">
      <Panel
        title="Health"
        actions={<Button variant="default" size="xs" leftSection={<Icon name="bolt" />} loading={test.isPending} onClick={() => test.mutate(connection.id)}>Test now</Button>}
      >
        <Stack gap="sm">
          <Group gap="md">
            <State of={connection.problem === "" ? connection.state : "problem"} />
            <Text component="div">
              {connection.app || "Not tested yet"}{connection.account !== "" && ` as ${connection.account}`}
              {connection.checked_at !== null && <Text span c="dimmed">, checked <When time={connection.checked_at} /></Text>}
            </Text>
          </Group>
          <Resting connection={connection} />
          {connection.problem !== "" && !test.data && <Note tone="problem">{connection.problem}</Note>}
          {test.data && <VerdictNote verdict={test.data} />}
          <Problem error={test.error} />
        </Stack>
      </Panel>
      <Panel title="Settings" hint={connector?.title}>
        {connector ? (
          <Stack gap="sm">
            <ConnectionForm key={connection.id} connector={connector} connection={connection} onSaved={() => setSaved(true)} />
            {saved && <Note tone="good">Saved.</Note>}
          </Stack>
        ) : <Note tone="problem">This server has no connector for “{connection.kind}” any more.</Note>}
      </Panel>
      <ConnectionSchedule key={`when ${connection.id}`} connection={connection} />
      <Webhook key={connection.id} connection={connection.id} />
    </Stack>
  );
}

function Removal({ connection }: { connection: Connection }) {
  const [asking, setAsking] = useState(false);
  const removal = useDeleteConnection();
  const go = useNavigate();
  return (
    <>
      <Button variant="default" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm
        opened={asking}
        title={`Delete ${connection.name}?`}
        verb="Delete the connection"
        busy={removal.isPending}
        error={removal.error}
        onClose={() => { setAsking(false); removal.reset(); }}
        onConfirm={() => removal.mutate(connection.id, { onSuccess: () => void go("/connections") })}
      >
        Its settings and secrets are removed from this server. Nothing is changed in the app itself. A connection that an integration uses cannot be deleted.
      </Confirm>
    </>
  );
}
