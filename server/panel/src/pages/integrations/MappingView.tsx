/** Types and fields as they are mapped, for reading. */
import { Badge, Group, Table, Text } from "@mantine/core";
import { useFields, useItemTypes } from "../../api/queries";
import type { Document, SideSettings, TypeMapping } from "../../api/types";
import { DirectionMark } from "../../widgets/DirectionPick";
import { SideName } from "../../widgets/SideName";
import { count } from "../../widgets/words";
import type { Names } from "./names";

const POLICIES = { latest: "later change wins", left: "left wins", right: "right wins", hold: "a person decides" } as const;

export function MappingView({ document, names }: { document: Document; names: Names }) {
  return document.types.map((type) => <TypeView key={`${type.left}|${type.right}`} type={type} document={document} names={names} />);
}

function useLabels(side: SideSettings, type: string): { type: string; field: (id: string) => string } {
  const types = useItemTypes(side.connection, side.container);
  const fields = useFields(side.connection, side.container, type);
  return {
    type: types.data?.find((one) => one.id === type)?.name ?? type,
    field: (id) => fields.data?.find((field) => field.id === id)?.name ?? id,
  };
}

function TypeView({ type, document, names }: { type: TypeMapping; document: Document; names: Names }) {
  const left = useLabels(document.left, type.left);
  const right = useLabels(document.right, type.right);
  return (
    <Table layout="auto" className="stacks">
      <Table.Thead>
        <Table.Tr>
          <Table.Th className="half"><SideName side="left" fw={600}>{names.left}: {left.type}</SideName></Table.Th>
          <Table.Th w={60} className="narrow-gone" />
          <Table.Th className="half"><SideName side="right" fw={600}>{names.right}: {right.type}</SideName></Table.Th>
          <Table.Th className="narrow-gone">When both changed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {type.fields.map((field) => (
          <Table.Tr key={`${field.left}|${field.right}`}>
            <Table.Td className="half">{left.field(field.left)}</Table.Td>
            <Table.Td><DirectionMark direction={field.direction} /></Table.Td>
            <Table.Td className="half">{right.field(field.right)}</Table.Td>
            <Table.Td className="whole">
              <Group gap="xs">
                {field.direction === "both" ? <Text c="dimmed">{POLICIES[field.conflict]}</Text> : <Text c="dimmed" className="narrow-gone">–</Text>}
                {field.values.length > 0 && <Badge color="gray">{count(field.values.length, "value")}</Badge>}
                {field.create_only && <Badge color="gray">only when created</Badge>}
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
