/** The rules of a match: what has to be alike. Within a rule all of it; the first rule that speaks of an item decides. */
import { ActionIcon, Button, Group, Select, Stack, Text } from "@mantine/core";
import type { Document, FieldSpec, MatchPart, MatchRule } from "../../../api/types";
import { Icon } from "../../../widgets/Icon";
import type { Names } from "../names";
import { useSideFields } from "../rules/useSideFields";
import { choices, EMPTY, LIKENESS } from "./rules";

interface Props {
  document: Document;
  names: Names;
  rules: readonly MatchRule[];
  onChange: (rules: MatchRule[]) => void;
}

export function RuleRows({ document, names, rules, onChange }: Props) {
  const left = useSideFields(document, "left");
  const right = useSideFields(document, "right");
  const replace = (at: number, parts: MatchPart[]) => onChange(rules.flatMap((old, place) => (place === at ? (parts.length > 0 ? [{ parts }] : []) : [old])));
  return (
    <Stack gap="md">
      {rules.map((rule, at) => (
        <Stack key={at} gap={6} role="group" aria-label={`Rule ${at + 1}`}>
          <Text size="sm" fw={500}>{at === 0 ? "Two items are one when" : "Of the rest, two are one when"}</Text>
          {rule.parts.map((part, place) => (
            <PartRow
              key={place} part={part} names={names} left={left} right={right}
              onChange={(changed) => replace(at, rule.parts.flatMap((old, other) => (other === place ? (changed ? [changed] : []) : [old])))}
            />
          ))}
          <Group><Button variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />} onClick={() => replace(at, [...rule.parts, EMPTY])}>And something else is alike, too</Button></Group>
        </Stack>
      ))}
      <Group><Button variant="default" size="xs" leftSection={<Icon name="plus" />} onClick={() => onChange([...rules, { parts: [EMPTY] }])}>{rules.length === 0 ? "Add a rule" : "Add another rule"}</Button></Group>
    </Stack>
  );
}

interface PartProps {
  part: MatchPart;
  names: Names;
  left: readonly FieldSpec[];
  right: readonly FieldSpec[];
  onChange: (part: MatchPart | null) => void;
}

function PartRow({ part, names, left, right, onChange }: PartProps) {
  const same = { size: "xs", searchable: true, flex: 2, miw: 150 } as const;
  return (
    <Group gap="xs" align="flex-start" className="filter-row">
      <Select {...same} placeholder={`Of ${names.left}`} aria-label={`What of ${names.left}`} data={choices(left, part.left)} value={part.left || null} onChange={(chosen) => onChange({ ...part, left: chosen ?? "" })} />
      <Select size="xs" flex={1} miw={140} aria-label="How the two are alike" allowDeselect={false} data={LIKENESS} value={part.how} onChange={(chosen) => chosen && onChange({ ...part, how: chosen })} />
      <Select {...same} placeholder={`Of ${names.right}`} aria-label={`What of ${names.right}`} data={choices(right, part.right)} value={part.right || null} onChange={(chosen) => onChange({ ...part, right: chosen ?? "" })} />
      <ActionIcon variant="subtle" color="gray" aria-label="Take this out" onClick={() => onChange(null)}><Icon name="cross" /></ActionIcon>
    </Group>
  );
}
