/** Which relation of one app stands for which of the other, by the apps' own names. */
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import type { ValueMapping } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import type { Names } from "./names";

interface Props {
  kinds: readonly ValueMapping[];
  names: Names;
  onChange: (kinds: ValueMapping[]) => void;
}

export function LinkRows({ kinds, names, onChange }: Props) {
  const put = (at: number, more: Partial<ValueMapping>) => onChange(kinds.map((old, place) => (place === at ? { ...old, ...more } : old)));
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>Links that stand for each other</Text>
      {kinds.map((kind, at) => (
        <Group key={at} gap="xs" wrap="nowrap">
          <TextInput flex={1} size="xs" aria-label={`Link of ${names.left}`} value={kind.left} onChange={(event) => put(at, { left: event.currentTarget.value })} />
          <Icon name="both" />
          <TextInput flex={1} size="xs" aria-label={`Link of ${names.right}`} value={kind.right} onChange={(event) => put(at, { right: event.currentTarget.value })} />
          <ActionIcon variant="subtle" color="gray" aria-label="Take this pair of links out" onClick={() => onChange(kinds.filter((_, place) => place !== at))}><Icon name="cross" /></ActionIcon>
        </Group>
      ))}
      <Group><Button variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />} onClick={() => onChange([...kinds, { left: "", right: "" }])}>Add a pair of links</Button></Group>
    </Stack>
  );
}
