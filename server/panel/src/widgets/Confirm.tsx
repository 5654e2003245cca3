/** Asks before something that cannot be taken back; says what will be lost and what will not. */
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "./Note";

interface Props {
  opened: boolean;
  title: string;
  verb: string;
  children: ReactNode;
  busy: boolean;
  stay?: string;
  error: unknown;
  onClose: () => void;
  onConfirm: () => void;
}

export function Confirm({ opened, title, verb, children, busy, stay = "Keep it", error, onClose, onConfirm }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600} size="md">{title}</Text>}>
      <Stack>
        <Text component="div">{children}</Text>
        <Problem error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>{stay}</Button>
          <Button color="red" loading={busy} onClick={onConfirm}>{verb}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
