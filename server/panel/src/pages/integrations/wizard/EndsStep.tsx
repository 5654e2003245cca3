/** Step one: which two connections. */
import { Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { useConnections } from "../../../api/queries";
import type { SideSettings } from "../../../api/types";
import { Note } from "../../../widgets/Note";
import { Panel } from "../../../widgets/Panel";
import { SideName } from "../../../widgets/SideName";

interface Props {
  left: SideSettings;
  right: SideSettings;
  onLeft: (side: SideSettings) => void;
  onRight: (side: SideSettings) => void;
}

export function EndsStep({ left, right, onLeft, onRight }: Props) {
  const connections = useConnections().data ?? [];
  const side = (which: "left" | "right", chosen: SideSettings, onChange: (side: SideSettings) => void) => {
    const connection = connections.find((one) => one.id === chosen.connection);
    return (
      <Stack gap="xs">
        <Select
          label={<SideName side={which}>{which === "left" ? "Left side" : "Right side"}</SideName>}
          placeholder="Choose a connection"
          data={connections.map((one) => ({ value: one.id, label: one.name }))}
          value={chosen.connection || null}
          onChange={(id) => onChange({ connection: id ?? "", container: "" })}
        />
        {connection && (connection.problem === ""
          ? <Text size="xs" c="dimmed" className="wrap">{connection.app || connection.kind}{connection.account !== "" && ` as ${connection.account}`}</Text>
          : <Note tone="warning">{connection.problem}</Note>)}
      </Stack>
    );
  };
  return (
    <Panel title="Which two shall be kept in step?">
      <Stack gap="md">
        <Text c="dimmed">Left and right are only names; which way things travel is chosen later, for each field.</Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
          {side("left", left, onLeft)}
          {side("right", right, onRight)}
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}
