/** What happens to items that an app shows to some people only: they stay, unless somebody says otherwise. */
import { Select, SimpleGrid, Stack, Text } from "@mantine/core";
import type { Document, Parting, Restricted, Side } from "../../../api/types";
import { Note } from "../../../widgets/Note";
import type { Names } from "../names";
import { useRestricting } from "./useRestricting";
import { useSideFields } from "./useSideFields";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

const OTHER = { left: "right", right: "left" } as const;
const LEAVING: { value: Parting; label: string }[] = [
  { value: "ignore", label: "Leave its twin as it is" },
  { value: "note", label: "Tell its twin that the two are not kept in step" },
  { value: "close", label: "Tell its twin so, and close it" },
  { value: "delete", label: "Delete its twin" },
];

export function AudienceForm({ document, names, onChange }: Props) {
  const restricts = useRestricting(document);
  const sides = (["left", "right"] as const).filter((side) => restricts[side] || document.audience[side] !== "stay");
  const open = sides.filter((side) => document.audience[side] === "open");
  if (sides.length === 0) return <Text c="dimmed">Neither app can show single items to some people only.</Text>;
  return (
    <Stack gap="md">
      {sides.map((side) => <SideAudience key={side} side={side} document={document} names={names} onChange={onChange} />)}
      <Text size="xs" c="dimmed">
        Private means whatever an app calls so: private, confidential, restricted. The notice on a twin does not name the item. What
        becomes public again goes on, with everything that was typed meanwhile. A dry run lists by key what stays.
      </Text>
      {open.map((side) => (
        <Note key={side} tone="problem" title={`Private items of ${names[side]} will be readable in ${names[OTHER[side]]}`}>
          Everyone who sees {names[OTHER[side]]} can read what they say, and replies may be mailed. This cannot be taken back once it has been carried over.
        </Note>
      ))}
    </Stack>
  );
}

function SideAudience({ side, document, names, onChange }: Props & { side: Side }) {
  const other = OTHER[side];
  const { audience } = document;
  const alike = useSideFields(document, other).some((field) => field.restricts);
  const leaving = side === "left" ? "on_right" : "on_left";
  const choices: { value: Restricted; label: string; disabled?: boolean }[] = [
    { value: "stay", label: `Stay in ${names[side]}` },
    { value: "alike", label: `Get a private twin in ${names[other]}${alike ? "" : " (our account cannot make one)"}`, disabled: !alike },
    { value: "open", label: `Travel, for everyone in ${names[other]} to read` },
  ];
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Select
        label={`Private items of ${names[side]}`} data={choices} value={audience[side]}
        onChange={(chosen) => chosen && onChange({ ...document, audience: { ...audience, [side]: chosen } })}
      />
      <Select
        label={`An item of ${names[side]} became private`} data={LEAVING} value={audience.leaving[leaving]} disabled={audience[side] === "open"}
        onChange={(chosen) => chosen && onChange({ ...document, audience: { ...audience, leaving: { ...audience.leaving, [leaving]: chosen } } })}
      />
    </SimpleGrid>
  );
}
