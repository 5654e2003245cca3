/** What happens to a twin when its original is deleted, or does not belong to the integration any more. */
import { Select, SimpleGrid, Stack, Text } from "@mantine/core";
import type { Document, Parting, PartingRules } from "../../../api/types";
import { Note } from "../../../widgets/Note";
import type { Names } from "../names";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

const CHOICES: { value: Parting; label: string }[] = [
  { value: "ignore", label: "Leave the twin as it is" },
  { value: "note", label: "Say so in a comment on the twin" },
  { value: "close", label: "Say so and close the twin" },
  { value: "delete", label: "Delete the twin" },
];

export function PartingForm({ document, names, onChange }: Props) {
  const { deletions, scope } = document;
  const deletes = [deletions.on_left, deletions.on_right, scope.leaving.on_left, scope.leaving.on_right].includes("delete");
  return (
    <Stack gap="md">
      <Pair
        names={names} rules={deletions} label={(here) => `An item of ${here} was deleted`}
        onChange={(changed) => onChange({ ...document, deletions: changed })}
      />
      <Pair
        names={names} rules={scope.leaving} label={(here) => `An item of ${here} left the scope`}
        onChange={(leaving) => onChange({ ...document, scope: { ...scope, leaving } })}
      />
      <Text size="xs" c="dimmed">Where the app knows private comments, the comment is private. When an item comes back into scope, everything typed meanwhile is carried over.</Text>
      {deletes && (
        <Note tone="warning" title="Twins will be deleted">
          Only twins that Lockstep made and that nobody has changed or commented on since; any other hears of it by a comment. What was deleted stays in the history, not in the app.
        </Note>
      )}
    </Stack>
  );
}

function Pair({ names, rules, label, onChange }: { names: Names; rules: PartingRules; label: (here: string) => string; onChange: (rules: PartingRules) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Select label={label(names.left)} data={CHOICES} value={rules.on_right} onChange={(chosen) => chosen && onChange({ ...rules, on_right: chosen })} />
      <Select label={label(names.right)} data={CHOICES} value={rules.on_left} onChange={(chosen) => chosen && onChange({ ...rules, on_left: chosen })} />
    </SimpleGrid>
  );
}
