/** One pair of fields: which, which way, who wins, and how their values go together. */
import { ActionIcon, Button, Collapse, Group, Select, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ConflictPolicy, FieldMapping, FieldSpec } from "../../../api/types";
import { DirectionPick } from "../../../widgets/DirectionPick";
import { Icon } from "../../../widgets/Icon";
import type { Names } from "../names";
import { fits, hasValues, kindName } from "./kinds";
import { ValueRows } from "./ValueRows";

interface Props {
  field: FieldMapping;
  names: Names;
  leftFields: readonly FieldSpec[];
  rightFields: readonly FieldSpec[];
  onChange: (field: FieldMapping | null) => void;
}

function choices(fields: readonly FieldSpec[], chosen: string, other: FieldSpec | undefined) {
  const known = fields.map((field) => ({
    value: field.id,
    label: `${field.name}${field.required ? " *" : ""} · ${kindName(field.kind)}${field.read_only ? ", read only" : ""}${field.only_for ? `, only for ${field.only_for}` : ""}`,
    disabled: !fits(other, field),
  }));
  const gone = chosen !== "" && !fields.some((field) => field.id === chosen);
  return gone ? [...known, { value: chosen, label: `${chosen} · not there any more`, disabled: true }] : known;
}

export function FieldRow({ field, names, leftFields, rightFields, onChange }: Props) {
  const [open, { toggle }] = useDisclosure(false);
  const left = leftFields.find((one) => one.id === field.left);
  const right = rightFields.find((one) => one.id === field.right);
  const gone = (spec: FieldSpec | undefined, id: string) => (id !== "" && spec === undefined ? "This field is gone: choose another" : undefined);
  const policies: { value: ConflictPolicy; label: string }[] = [
    { value: "latest", label: "Later change wins" },
    { value: "left", label: `${names.left} wins` },
    { value: "right", label: `${names.right} wins` },
    { value: "hold", label: "A person decides" },
  ];
  const label = left?.name ?? right?.name ?? "this field";
  const valued = hasValues(left) && hasValues(right);
  return (
    <div className="mapping-row">
      <div className="mapping-grid">
        <Select
          className="mapping-left" size="xs" searchable placeholder={`Field of ${names.left}`} aria-label={`Field of ${names.left}`} error={gone(left, field.left)}
          data={choices(leftFields, field.left, right)} value={field.left || null} onChange={(chosen) => onChange({ ...field, left: chosen ?? "", values: [] })}
        />
        <span className="mapping-middle">
          <DirectionPick label={`Direction of ${label}`} value={field.direction} onChange={(direction) => onChange({ ...field, direction })} />
        </span>
        <Select
          className="mapping-right" size="xs" searchable placeholder={`Field of ${names.right}`} aria-label={`Field of ${names.right}`} error={gone(right, field.right)}
          data={choices(rightFields, field.right, left)} value={field.right || null} onChange={(chosen) => onChange({ ...field, right: chosen ?? "", values: [] })}
        />
        <Group className="mapping-end" gap={6} wrap="nowrap" justify="flex-end">
          {valued && (
            <Button size="compact-xs" variant={open ? "light" : "default"} aria-expanded={open} onClick={toggle} className="number">
              Values {field.values.length}
            </Button>
          )}
          <Select
            size="xs" w={150} aria-label={`When ${label} changed on both sides`} data={policies} value={field.conflict} disabled={field.direction !== "both"}
            onChange={(chosen) => onChange({ ...field, conflict: chosen ?? field.conflict })}
          />
          <Tooltip label="Take this pair out">
            <ActionIcon variant="subtle" color="gray" aria-label={`Take ${label} out`} onClick={() => onChange(null)}><Icon name="cross" /></ActionIcon>
          </Tooltip>
        </Group>
      </div>
      {valued && (
        <Collapse expanded={open}>
          <ValueRows left={left} right={right} names={names} values={field.values} onChange={(values) => onChange({ ...field, values })} />
        </Collapse>
      )}
    </div>
  );
}
