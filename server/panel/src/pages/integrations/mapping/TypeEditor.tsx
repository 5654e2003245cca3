/** One pair of item types and its rows of fields. */
import { ActionIcon, Button, Group, Paper, Select, Stack, Text, Tooltip } from "@mantine/core";
import { useFields } from "../../../api/queries";
import type { Document, FieldMapping, ItemType, TypeMapping } from "../../../api/types";
import { Icon } from "../../../widgets/Icon";
import { Loaded } from "../../../widgets/Loaded";
import { Problem } from "../../../widgets/Note";
import { SideName } from "../../../widgets/SideName";
import type { Names } from "../names";
import { FieldRow } from "./FieldRow";

interface Props {
  document: Document;
  type: TypeMapping;
  names: Names;
  leftTypes: readonly ItemType[];
  rightTypes: readonly ItemType[];
  removable: boolean;
  onChange: (type: TypeMapping | null) => void;
}

const choices = (types: readonly ItemType[]) => types.map((type) => ({ value: type.id, label: type.name }));

export function TypeEditor({ document, type, names, leftTypes, rightTypes, removable, onChange }: Props) {
  const left = useFields(document.left.connection, document.left.container, type.left);
  const right = useFields(document.right.connection, document.right.container, type.right);
  const replace = (at: number, field: FieldMapping | null) =>
    onChange({ ...type, fields: type.fields.flatMap((old, place) => (place === at ? (field ? [field] : []) : [old])) });
  const add = () => onChange({ ...type, fields: [...type.fields, { left: "", right: "", direction: "both", conflict: "latest", create_only: false, values: [] }] });
  return (
    <Paper withBorder className="panel">
      <Group px="md" py="xs" className="panel-head mapping-grid" wrap="nowrap">
        <Stack gap={2} className="mapping-left">
          <SideName side="left" fw={600}>{names.left}</SideName>
          <Select size="xs" aria-label={`Type in ${names.left}`} data={choices(leftTypes)} value={type.left} onChange={(chosen) => onChange({ ...type, left: chosen ?? type.left })} />
        </Stack>
        <span className="mapping-middle" />
        <Stack gap={2} className="mapping-right">
          <SideName side="right" fw={600}>{names.right}</SideName>
          <Select size="xs" aria-label={`Type in ${names.right}`} data={choices(rightTypes)} value={type.right} onChange={(chosen) => onChange({ ...type, right: chosen ?? type.right })} />
        </Stack>
        <Group className="mapping-end" justify="flex-end">
          {removable && (
            <Tooltip label="Remove this pair of types">
              <ActionIcon variant="subtle" color="gray" aria-label="Remove this pair of types" onClick={() => onChange(null)}><Icon name="trash" /></ActionIcon>
            </Tooltip>
          )}
        </Group>
      </Group>
      <Problem error={left.data ? null : left.error} title={names.left} />
      <Problem error={right.data ? null : right.error} title={names.right} />
      {!left.isError && !right.isError && (
        <Loaded read={left}>
          {(leftFields) => (
            <Loaded read={right}>
              {(rightFields) => (
                <>
                  {type.fields.length === 0 && <Text c="dimmed" p="md">No field travels yet. Add a pair of fields.</Text>}
                  {type.fields.map((field, at) => (
                    <FieldRow key={at} field={field} names={names} leftFields={leftFields} rightFields={rightFields} onChange={(changed) => replace(at, changed)} />
                  ))}
                </>
              )}
            </Loaded>
          )}
        </Loaded>
      )}
      <Group px="md" py="xs"><Button variant="subtle" size="xs" leftSection={<Icon name="plus" />} onClick={add}>Add a pair of fields</Button></Group>
    </Paper>
  );
}
