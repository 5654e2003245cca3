/** Which items of each side belong to the integration; the rules for new and for kept items are folded away. */
import { Button, Collapse, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Document, Side, SideFilter } from "../../../api/types";
import { SideName } from "../../../widgets/SideName";
import type { Names } from "../names";
import { FilterRows } from "./FilterRows";
import { useSideFields } from "./useSideFields";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

export function ScopeForm({ document, names, onChange }: Props) {
  return (
    <Stack gap="lg">
      {(["left", "right"] as const).map((side) => (
        <SideScope
          key={side} side={side} document={document} names={names}
          onChange={(changed) => onChange({ ...document, scope: { ...document.scope, [side]: changed } })}
        />
      ))}
    </Stack>
  );
}

function SideScope({ side, document, names, onChange }: { side: Side; document: Document; names: Names; onChange: (filter: SideFilter) => void }) {
  const filter = document.scope[side];
  const fields = useSideFields(document, side);
  const [open, { toggle }] = useDisclosure(filter.new.length + filter.kept.length > 0);
  return (
    <Stack gap={8}>
      <SideName side={side} fw={600}>{names[side]}</SideName>
      <Text size="xs" c="dimmed">
        {filter.every.length === 0 ? "Every item of the mapped types belongs to the integration." : "Only items for which all of these hold belong to the integration."}
      </Text>
      <FilterRows label={`items of ${names[side]}`} fields={fields} rules={filter.every} onChange={(every) => onChange({ ...filter, every })} />
      <div>
        <Button variant="subtle" size="compact-xs" aria-expanded={open} onClick={toggle}>{open ? "Hide" : "Show"} rules for new items and for twins</Button>
      </div>
      <Collapse expanded={open}>
        <Stack gap={8} className="value-rows">
          <Text size="xs" c="dimmed">An item that has no twin yet gets one only if these hold, too:</Text>
          <FilterRows label={`new items of ${names[side]}`} fields={fields} rules={filter.new} onChange={(rules) => onChange({ ...filter, new: rules })} />
          <Text size="xs" c="dimmed">An item that has a twin is kept in step only while these hold:</Text>
          <FilterRows label={`twins of ${names[side]}`} fields={fields} rules={filter.kept} onChange={(kept) => onChange({ ...filter, kept })} />
        </Stack>
      </Collapse>
    </Stack>
  );
}
