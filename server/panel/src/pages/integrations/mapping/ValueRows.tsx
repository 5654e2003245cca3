/** Which option of one field stands for which of the other. */
import { ActionIcon, Button, Group, Select, Stack, Text } from "@mantine/core";
import type { FieldSpec, ValueMapping } from "../../../api/types";
import { DirectionMark } from "../../../widgets/DirectionPick";
import { Icon } from "../../../widgets/Icon";
import type { Names } from "../names";
import { effect } from "./effect";

interface Props {
  left: FieldSpec;
  right: FieldSpec;
  names: Names;
  values: readonly ValueMapping[];
  onChange: (values: ValueMapping[]) => void;
}

const choices = (field: FieldSpec) => field.options.map((option) => ({ value: option.id, label: option.name }));

/** Which way a row works: where several name the same option, the first from the top is used. */
function Way({ values, at }: { values: readonly ValueMapping[]; at: number }) {
  const way = effect(values, at);
  return way === null ? <Text size="xs" c="dimmed" w={16} ta="center" title="Never used: rows above come first">–</Text> : <DirectionMark direction={way} />;
}

/** Options without a row, by name. */
function without(field: FieldSpec, used: ReadonlySet<string>): string {
  return field.options.filter((option) => !used.has(option.id)).map((option) => option.name).join(", ");
}

export function ValueRows({ left, right, names, values, onChange }: Props) {
  const replace = (at: number, value: ValueMapping | null) =>
    onChange(values.flatMap((old, place) => (place === at ? (value ? [value] : []) : [old])));
  const lone = [
    { name: names.left, options: without(left, new Set(values.map((value) => value.left))) },
    { name: names.right, options: without(right, new Set(values.map((value) => value.right))) },
  ].filter((side) => side.options !== "");
  return (
    <Stack gap={6} className="value-rows">
      {values.map((value, at) => (
        <Group key={at} gap="xs" wrap="nowrap">
          <Select
            flex={1} size="xs" searchable aria-label={`Value of ${names.left}`} data={choices(left)} value={value.left || null}
            onChange={(chosen) => onChange(values.map((old, place) => (place === at ? { ...old, left: chosen ?? "" } : old)))}
          />
          <Way values={values} at={at} />
          <Select
            flex={1} size="xs" searchable aria-label={`Value of ${names.right}`} data={choices(right)} value={value.right || null}
            onChange={(chosen) => onChange(values.map((old, place) => (place === at ? { ...old, right: chosen ?? "" } : old)))}
          />
          <ActionIcon variant="subtle" color="gray" aria-label="Take this pair of values out" onClick={() => replace(at, null)}><Icon name="cross" /></ActionIcon>
        </Group>
      ))}
      {lone.map((side) => (
        <Text key={side.name} size="xs" c="dimmed" className="wrap">Without a counterpart, so left as they are on the other side: {side.options} ({side.name}).</Text>
      ))}
      <Group><Button variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />} onClick={() => onChange([...values, { left: "", right: "" }])}>Add a pair of values</Button></Group>
    </Stack>
  );
}
