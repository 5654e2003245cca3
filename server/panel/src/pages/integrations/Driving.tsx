/** Start, pause, run now, compare everything, dry run, edit, delete. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import type { useDriveIntegration } from "../../api/changes";
import { useDeleteIntegration } from "../../api/changes";
import type { Integration } from "../../api/types";
import { Confirm } from "../../widgets/Confirm";
import { Icon } from "../../widgets/Icon";

interface Props {
  integration: Integration;
  drive: ReturnType<typeof useDriveIntegration>;
}

export function Driving({ integration, drive }: Props) {
  const [asking, setAsking] = useState(false);
  const removal = useDeleteIntegration();
  const go = useNavigate();
  const { id, state, name } = integration;
  const doing = (verb: string) => drive.isPending && drive.variables.verb === verb;
  return (
    <>
      {state === "running" ? (
        <>
          <Button leftSection={<Icon name="bolt" />} loading={doing("run")} onClick={() => drive.mutate({ id, verb: "run" })}>Run now</Button>
          <Button variant="default" leftSection={<Icon name="pause" />} loading={doing("pause")} onClick={() => drive.mutate({ id, verb: "pause" })}>Pause</Button>
        </>
      ) : (
        <Button leftSection={<Icon name="play" />} loading={doing("start")} onClick={() => drive.mutate({ id, verb: "start" })}>
          {state === "draft" ? "Start" : "Go on"}
        </Button>
      )}
      <Button variant="default" component={Link} to={`/integrations/${id}/edit`} leftSection={<Icon name="pencil" />}>Edit</Button>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="default" size={34} aria-label="More"><Icon name="menu" /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          {state === "running" && <Menu.Item leftSection={<Icon name="run" />} onClick={() => drive.mutate({ id, verb: "scan" })}>Compare everything now</Menu.Item>}
          <Menu.Item leftSection={<Icon name="item" />} onClick={() => drive.mutate({ id, verb: "dry-run" })}>Show what a run would do</Menu.Item>
          <Menu.Item component={Link} to={`/integrations/${id}/match`} leftSection={<Icon name="both" />}>Join what is on both sides already</Menu.Item>
          <Menu.Item component={Link} to={`/integrations/${id}/reconcile`} leftSection={<Icon name="run" />}>Bring all pairs in step</Menu.Item>
          <Menu.Divider />
          <Menu.Item component={Link} to={`/items?integration=${id}`} leftSection={<Icon name="item" />}>Its items</Menu.Item>
          <Menu.Item component={Link} to={`/holds?integration=${id}`} leftSection={<Icon name="hold" />}>What is held back</Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asking}
        title={`Delete ${name}?`}
        verb="Delete the integration"
        busy={removal.isPending}
        error={removal.error}
        onClose={() => { setAsking(false); removal.reset(); }}
        onConfirm={() => removal.mutate(id, { onSuccess: () => void go("/integrations") })}
      >
        Its pairs and history are removed from this server, so Lockstep forgets which items belong together. The items in both apps stay as they are.
      </Confirm>
    </>
  );
}
