/** Which new items get twins, and how comments, files and links travel. */
import { NumberInput, Select, SimpleGrid, Stack, Switch } from "@mantine/core";
import type { Direction, Document } from "../../api/types";
import { Note } from "../../widgets/Note";
import { LinkRows } from "./LinkRows";
import type { Names } from "./names";

const MEGABYTE = 1024 * 1024;

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

export function RulesForm({ document, names, onChange }: Props) {
  const { comments, attachments, links, texts } = document;
  const ways: { value: string; label: string }[] = [
    { value: "both", label: "Both ways" },
    { value: "to_right", label: `From ${names.left} to ${names.right}` },
    { value: "to_left", label: `From ${names.right} to ${names.left}` },
  ];
  const orNever = [...ways, { value: "never", label: "Not at all" }];
  const way = (chosen: string | null) => (chosen === null || chosen === "never" ? null : (chosen as Direction));
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <Select label="New items get a twin" data={ways} value={document.migration ?? document.creates} disabled={document.migration !== null} onChange={(chosen) => onChange({ ...document, creates: way(chosen) ?? document.creates })} />
        <Select label="Comments travel" data={orNever} value={comments.direction ?? "never"} onChange={(chosen) => onChange({ ...document, comments: { ...comments, direction: way(chosen) } })} />
        <Select
          label="Private comments" disabled={comments.direction === null} value={comments.private}
          data={[
            { value: "keep", label: "Travel and stay private" },
            { value: "skip", label: "Never travel" },
            { value: "publish", label: "Become public" },
          ]}
          onChange={(chosen) => onChange({ ...document, comments: { ...comments, private: chosen ?? comments.private } })}
        />
        <Select label="Files travel" data={orNever} value={attachments.direction ?? "never"} onChange={(chosen) => onChange({ ...document, attachments: { ...attachments, direction: way(chosen) } })} />
        <NumberInput
          label="Largest file" suffix=" MB" min={1} max={4096} allowDecimal={false} clampBehavior="blur" disabled={attachments.direction === null}
          value={Math.max(1, Math.round(attachments.max_bytes / MEGABYTE))}
          onChange={(value) => typeof value === "number" && onChange({ ...document, attachments: { ...attachments, max_bytes: value * MEGABYTE } })}
        />
        <Select label="Parents travel" data={orNever} value={links.parents ?? "never"} onChange={(chosen) => onChange({ ...document, links: { ...links, parents: way(chosen) } })} />
        <Select label="Links between items travel" data={orNever} value={links.direction ?? "never"} onChange={(chosen) => onChange({ ...document, links: { ...links, direction: way(chosen) } })} />
      </SimpleGrid>
      {links.direction !== null && <LinkRows document={document} names={names} onChange={(kinds) => onChange({ ...document, links: { ...links, kinds } })} />}
      <Switch
        label="Carry over changes to comments" description="Where the app can change a comment afterwards." disabled={comments.direction === null}
        checked={comments.edits} onChange={(event) => onChange({ ...document, comments: { ...comments, edits: event.currentTarget.checked } })}
      />
      <Switch
        label="Mention people on the other side" description="A mention such as @name of somebody who is known on both sides mentions them there, too. Otherwise it is shown, and nobody is told."
        checked={texts.mentions} onChange={(event) => onChange({ ...document, texts: { ...texts, mentions: event.currentTarget.checked } })}
      />
      <Switch
        label="Delete twins of deleted comments and files" description="Where the app can. Otherwise they stay, and the history says so."
        disabled={comments.direction === null && attachments.direction === null} checked={comments.deletions || attachments.deletions}
        onChange={(event) => {
          const deletions = event.currentTarget.checked;
          onChange({ ...document, comments: { ...comments, deletions }, attachments: { ...attachments, deletions } });
        }}
      />
      {comments.direction !== null && comments.private === "publish" && (
        <Note tone="problem" title="Private comments will become public">
          Everything written as private on one side will be readable by everyone who sees the twin. This cannot be taken back once it has been carried over.
        </Note>
      )}
    </Stack>
  );
}
