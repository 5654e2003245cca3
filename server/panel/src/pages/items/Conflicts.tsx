/** Fields that were changed on both sides, and which change won. */
import { Table, Text } from "@mantine/core";
import type { ItemDetail } from "../../api/types";
import { SideName } from "../../widgets/SideName";
import { When } from "../../widgets/When";
import { plain } from "../../widgets/words";

export function Conflicts({ item }: { item: ItemDetail }) {
  const label = (id: string) => item.left?.fields.find((field) => field.field === id)?.label ?? id;
  return (
    <Table>
      <Table.Thead><Table.Tr><Table.Th>Field</Table.Th><Table.Th><SideName side="left">Left</SideName></Table.Th><Table.Th><SideName side="right">Right</SideName></Table.Th><Table.Th>What was done</Table.Th><Table.Th>When</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {item.conflicts.map((conflict) => (
          <Table.Tr key={conflict.id}>
            <Table.Td>{label(conflict.field_left)}</Table.Td>
            <Table.Td className="wrap">{plain(conflict.left_value)}</Table.Td>
            <Table.Td className="wrap">{plain(conflict.right_value)}</Table.Td>
            <Table.Td><Text fw={550}>{conflict.winner === "held" ? "Nothing was written" : `The ${conflict.winner} won`}</Text><Text size="xs" c="dimmed">{conflict.reason}</Text></Table.Td>
            <Table.Td><When time={conflict.at} /></Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
