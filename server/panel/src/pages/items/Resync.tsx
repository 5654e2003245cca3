/** Has both sides of a pair looked at again; the hard way carries every field of one side over. */
import { Button, Group, Menu, Modal, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useResync } from "../../api/changes";
import type { ItemDetail, Side } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Note, Problem } from "../../widgets/Note";

export function Resync({ item }: { item: ItemDetail }) {
  const [hard, setHard] = useState<boolean | null>(null);
  const [side, setSide] = useState<Side>(item.origin);
  const resync = useResync();
  const close = () => { setHard(null); resync.reset(); };
  const ask = () => resync.mutate(
    { integration: item.integration, pairs: [item.id], hard: hard === true, ...(hard === true ? { side } : {}), dry: false },
    { onSuccess: () => setHard(null) },
  );
  return (
    <>
      {resync.isSuccess && <Note tone="good">It is looked at with the next run.</Note>}
      <Menu position="bottom-end">
        <Menu.Target><Button variant="default" leftSection={<Icon name="bolt" />} rightSection={<Icon name="down" size={13} />}>Sync again</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setHard(false)}>Compare both sides</Menu.Item>
          <Menu.Item onClick={() => setHard(true)}>Carry every field over…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={hard !== null} onClose={close} title={<Text fw={600} size="md">{hard === true ? "Carry every field over?" : "Compare both sides?"}</Text>}>
        <Stack>
          {hard === true ? <Hard item={item} side={side} onSide={setSide} /> : (
            <Text>Both items are read anew and compared with what was last seen of them. What a person changed is carried over as ever; what is in step is left alone.</Text>
          )}
          <Problem error={resync.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>Leave it</Button>
            <Button color={hard === true ? "red" : "step"} loading={resync.isPending} onClick={ask}>{hard === true ? "Carry it over" : "Compare"}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function Hard({ item, side, onSide }: { item: ItemDetail; side: Side; onSide: (side: Side) => void }) {
  return (
    <>
      <Text>
        Every mapped field of one side counts as changed and overwrites the other, as far as the mapping lets it travel. What was
        there before is in the history, and the run can be undone. Comments and files are carried over only where they never were.
      </Text>
      <Radio.Group label="Which side counts" value={side} onChange={(chosen) => onSide(chosen === "left" ? "left" : "right")}>
        <Stack gap={6} mt={6}>
          {(["left", "right"] as const).map((one) => <Radio key={one} value={one} label={`${item[one]?.name ?? one} ${item[one]?.key ?? ""}`} />)}
        </Stack>
      </Radio.Group>
    </>
  );
}
