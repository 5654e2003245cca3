/** Step two: which project, queue or tracker of each. The apps are asked what there is. */
import { Button, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { useContainers } from "../../../api/queries";
import type { SideSettings } from "../../../api/types";
import { Problem } from "../../../widgets/Note";
import { Panel } from "../../../widgets/Panel";
import { SideName } from "../../../widgets/SideName";
import type { Names } from "../names";

interface Props {
  left: SideSettings;
  right: SideSettings;
  names: Names;
  onLeft: (side: SideSettings) => void;
  onRight: (side: SideSettings) => void;
}

export function ContainersStep({ left, right, names, onLeft, onRight }: Props) {
  return (
    <Panel title="Where do the items live?">
      <Stack gap="md">
        <Text c="dimmed">A container is a project, a queue or a tracker. All its items of the types you choose next take part.</Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
          <Choice which="left" name={names.left} chosen={left} onChange={onLeft} />
          <Choice which="right" name={names.right} chosen={right} onChange={onRight} />
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}

function Choice({ which, name, chosen, onChange }: { which: "left" | "right"; name: string; chosen: SideSettings; onChange: (side: SideSettings) => void }) {
  const containers = useContainers(chosen.connection);
  const only = containers.data?.length === 1 ? containers.data[0] : undefined;
  return (
    <Stack gap="xs">
      <Select
        label={<SideName side={which}>{name}</SideName>}
        placeholder={containers.isLoading ? "Asking the app …" : "Choose a container"}
        searchable={(containers.data?.length ?? 0) > 8}
        disabled={!containers.data}
        data={(containers.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        value={chosen.container || null}
        onChange={(id) => onChange({ ...chosen, container: id ?? "" })}
        inputWrapperOrder={["label", "input", "description", "error"]}
        description={only ? "There is only one." : undefined}
      />
      {containers.data?.length === 0 && <Text size="xs" c="red">The account sees no container there. Give it access in the app, then come back.</Text>}
      <Problem error={containers.error} />
      {containers.isError && <Group><Button size="xs" variant="default" loading={containers.isFetching} onClick={() => void containers.refetch()}>Ask again</Button></Group>}
    </Stack>
  );
}
