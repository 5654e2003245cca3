/** Whether both sides are kept in step, or everything moves one way once; and what a move keeps. */
import { Select, Stack } from "@mantine/core";
import { useConnections, useConnectors } from "../../../api/queries";
import type { Direction, Document } from "../../../api/types";
import { Note } from "../../../widgets/Note";
import { sayMigration } from "../migration";
import type { Names } from "../names";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

export function MigrationForm({ document, names, onChange }: Props) {
  const way = document.migration;
  const [from, to] = way === "to_left" ? (["right", "left"] as const) : (["left", "right"] as const);
  const kind = useConnections().data?.find((one) => one.id === document[to].connection)?.kind;
  const dates = useConnectors().data?.find((one) => one.kind === kind)?.capabilities.keeps_created_at;
  const choices: { value: Direction | "never"; label: string }[] = [
    { value: "never", label: "Keep both sides in step" },
    { value: "to_right", label: `Move everything from ${names.left} to ${names.right}, once` },
    { value: "to_left", label: `Move everything from ${names.right} to ${names.left}, once` },
  ];
  return (
    <Stack gap="xs">
      <Select
        label="What it is for" allowDeselect={false} data={choices} value={way ?? "never"}
        onChange={(chosen) => chosen && onChange({ ...document, migration: chosen === "never" ? null : chosen })}
      />
      <div aria-live="polite">
        {way !== null && dates !== undefined && (
          <Note tone="advice" title="A migration">
            {sayMigration(names[from], names[to], dates)} Rules for the other way do not count meanwhile.
          </Note>
        )}
      </div>
    </Stack>
  );
}
