/** Which types and fields go together; the editor of the wizard's third step. */
import { Button, Group, Stack } from "@mantine/core";
import { useItemTypes } from "../../../api/queries";
import type { Document, TypeMapping } from "../../../api/types";
import { Icon } from "../../../widgets/Icon";
import { Problem } from "../../../widgets/Note";
import type { Names } from "../names";
import { TypeEditor } from "./TypeEditor";

interface Props {
  document: Document;
  names: Names;
  onChange: (document: Document) => void;
}

export function MappingEditor({ document, names, onChange }: Props) {
  const left = useItemTypes(document.left.connection, document.left.container);
  const right = useItemTypes(document.right.connection, document.right.container);
  const replace = (at: number, type: TypeMapping | null) =>
    onChange({ ...document, types: document.types.flatMap((old, place) => (place === at ? (type ? [type] : []) : [old])) });
  const free = (left.data ?? []).find((one) => !document.types.some((type) => type.left === one.id));
  const other = right.data?.[0];
  return (
    <Stack gap="md">
      <Problem error={left.error ?? right.error} />
      {document.types.map((type, at) => (
        <TypeEditor
          key={at}
          document={document}
          type={type}
          names={names}
          leftTypes={left.data ?? []}
          rightTypes={right.data ?? []}
          removable={document.types.length > 1}
          onChange={(changed) => replace(at, changed)}
        />
      ))}
      {free && other && (
        <Group>
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="plus" />}
            onClick={() => onChange({ ...document, types: [...document.types, { left: free.id, right: other.id, fields: [], creates: true, updates: true }] })}
          >
            Add a pair of types
          </Button>
        </Group>
      )}
    </Stack>
  );
}
