/** What each app says it holds at this moment; an app that could not be asked says why. */
import { Stack, Table, Text } from "@mantine/core";
import type { SideNow } from "../../api/types";
import { AppLink } from "../../widgets/Linked";
import { Note } from "../../widgets/Note";
import { SideName } from "../../widgets/SideName";

export function NowTable({ now }: { now: readonly SideNow[] }) {
  return (
    <Stack gap={0}>
      {now.map((side) => (
        <section key={side.side} aria-label={`${side.name} now`} className="now-side">
          <SideName side={side.side} fw={600}>{side.name}</SideName>{" "}
          {side.key !== "" && <AppLink url={side.url}>{side.key}</AppLink>}
          {side.problem !== "" && <Note tone="problem" title="It could not be asked">{side.problem}</Note>}
          {side.restricted !== "" && <Text size="xs" c="dimmed">Restricted there ({side.restricted}). What does not travel is not shown.</Text>}
          {side.gone && <Note tone="warning">The item is not there any more.</Note>}
          {side.fields.length > 0 && <Fields side={side} />}
        </section>
      ))}
    </Stack>
  );
}

function Fields({ side }: { side: SideNow }) {
  return (
    <Table mt={4} layout="fixed">
      <Table.Tbody>
        {side.fields.map((field) => (
          <Table.Tr key={field.field}>
            <Table.Th w="30%" className="top">{field.label}</Table.Th>
            <Table.Td className="wrap">
              {field.shown === "" ? <Text span c="dimmed">empty</Text> : field.shown}
              {side.changed.includes(field.label) && <Text span size="xs" className="differs-word"> changed since it was last seen</Text>}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
