/** The rules of one filter: a field, a comparison, values. All of them must hold. */
import { ActionIcon, Button, Group, MultiSelect, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import type { FieldSpec, FilterRule } from "../../../api/types";
import { Icon } from "../../../widgets/Icon";
import { operatorsFor, takesMany, takesValues } from "./filters";

interface Props {
  label: string;
  fields: readonly FieldSpec[];
  rules: readonly FilterRule[];
  onChange: (rules: FilterRule[]) => void;
}

export function FilterRows({ label, fields, rules, onChange }: Props) {
  const replace = (at: number, rule: FilterRule | null) => onChange(rules.flatMap((old, place) => (place === at ? (rule ? [rule] : []) : [old])));
  return (
    <Stack gap={6}>
      {rules.map((rule, at) => (
        <Row key={at} label={label} fields={fields} rule={rule} onChange={(changed) => replace(at, changed)} />
      ))}
      <Group>
        <Button variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />} onClick={() => onChange([...rules, { field: "", operator: "is", values: [] }])}>
          {rules.length === 0 ? `Add a rule for ${label}` : "And another rule"}
        </Button>
      </Group>
    </Stack>
  );
}

interface RowProps {
  label: string;
  fields: readonly FieldSpec[];
  rule: FilterRule;
  onChange: (rule: FilterRule | null) => void;
}

function Row({ label, fields, rule, onChange }: RowProps) {
  const field = fields.find((one) => one.id === rule.field);
  const choices = fields.map((one) => ({ value: one.id, label: one.name }));
  const known = rule.field === "" || field ? choices : [...choices, { value: rule.field, label: `${rule.field} · not there any more`, disabled: true }];
  return (
    <Group gap="xs" align="flex-start" className="filter-row">
      <Select
        flex={2} miw={140} size="xs" searchable placeholder="Field" aria-label={`Field of a rule for ${label}`} data={known} value={rule.field || null}
        onChange={(chosen) => onChange({ field: chosen ?? "", operator: "is", values: [] })}
      />
      <Select
        flex={1} miw={120} size="xs" aria-label={`Comparison of a rule for ${label}`} data={operatorsFor(field?.kind ?? "text")} value={rule.operator}
        onChange={(chosen) => chosen && onChange({ ...rule, operator: chosen, values: takesValues(chosen) ? rule.values : [] })}
      />
      <Values label={label} field={field} rule={rule} onChange={onChange} />
      <ActionIcon variant="subtle" color="gray" aria-label="Take this rule out" onClick={() => onChange(null)}><Icon name="cross" /></ActionIcon>
    </Group>
  );
}

function Values({ label, field, rule, onChange }: { label: string; field: FieldSpec | undefined; rule: FilterRule; onChange: (rule: FilterRule) => void }) {
  const same = { size: "xs", flex: 3, miw: 160, "aria-label": `Values of a rule for ${label}` } as const;
  if (!takesValues(rule.operator)) return null;
  if (field && field.options.length > 0) {
    const data = field.options.map((option) => ({ value: option.id, label: option.name }));
    return <MultiSelect {...same} searchable data={data} value={[...rule.values]} onChange={(values) => onChange({ ...rule, values })} placeholder={rule.values.length === 0 ? "Any of ..." : ""} />;
  }
  if (field?.kind === "flag") {
    const data = [{ value: "true", label: "yes" }, { value: "false", label: "no" }];
    return <Select {...same} data={data} value={rule.values[0] ?? null} onChange={(chosen) => onChange({ ...rule, values: chosen ? [chosen] : [] })} />;
  }
  if (!takesMany(rule.operator)) {
    return <TextInput {...same} value={rule.values[0] ?? ""} onChange={(event) => onChange({ ...rule, values: event.currentTarget.value === "" ? [] : [event.currentTarget.value] })} />;
  }
  return <TagsInput {...same} value={[...rule.values]} onChange={(values) => onChange({ ...rule, values })} placeholder={rule.values.length === 0 ? "A value, then Enter" : ""} />;
}
