/** Takes a run back: says first what that will do, and shows it without doing it on request. */
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useUndo } from "../../api/changes";
import { useRuns } from "../../api/queries";
import type { Run } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { RunTable } from "./RunTable";

export function UndoRun({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const [remove, setRemove] = useState(false);
  const undo = useUndo();
  const close = () => { setAsking(false); undo.reset(); };
  const ask = (dry: boolean) => undo.mutate({ id: run.id, delete: remove, dry }, { onSuccess: close });
  return (
    <>
      <Button variant="default" leftSection={<Icon name="back" />} onClick={() => setAsking(true)}>Undo this run</Button>
      <Modal opened={asking} onClose={close} size="lg" title={<Text fw={600} size="md">Undo this run?</Text>}>
        <Stack>
          <Text component="div">
            Every value that this run wrote is set back to what was there before, if it is still the one that the run wrote.
            What somebody changed since stays, and the new run names it. Links that it made or took away go back, and comments
            and files that it carried over are removed, where the app can. Items that it made stay, and are no longer kept in
            step. The side that they came from stays as it is, and nothing is carried over again until somebody changes it.
          </Text>
          <Checkbox
            checked={remove}
            onChange={(event) => setRemove(event.currentTarget.checked)}
            label="Delete the items that it made"
            description="Only where the app can, and nobody has changed them or written anything there."
          />
          <Problem error={undo.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>Leave it</Button>
            <Button variant="default" loading={undo.isPending && undo.variables.dry} onClick={() => ask(true)}>Show what would change</Button>
            <Button color="red" loading={undo.isPending && !undo.variables.dry} onClick={() => ask(false)}>Undo it</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

/** The runs that took this one back, or showed what that would do. */
export function Undone({ run }: { run: Run }) {
  const later = useRuns(run.integration, 50).data?.filter((one) => one.trigger === "undo" && one.argument.run === run.id) ?? [];
  if (later.length === 0) return null;
  return <Panel title="Undo of this run" flush><RunTable runs={later} single /></Panel>;
}
