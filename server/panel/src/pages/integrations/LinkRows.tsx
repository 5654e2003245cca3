/** Which relation of one app stands for which of the other, chosen from what the two apps have. */
import { ActionIcon, Button, Group, Loader, Select, Stack, Text } from "@mantine/core";
import { useLinkKinds } from "../../api/queries";
import type { Document, Side, ValueMapping } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Problem } from "../../widgets/Note";
import { canAddLink, linkChoices } from "./links";
import type { Names } from "./names";

interface Props {
  document: Document;
  names: Names;
  onChange: (kinds: ValueMapping[]) => void;
}

export function LinkRows({ document, names, onChange }: Props) {
  const { kinds } = document.links;
  const offers = {
    left: useLinkKinds(document.left.connection, document.left.container),
    right: useLinkKinds(document.right.connection, document.right.container),
  };
  const put = (at: number, more: Partial<ValueMapping>) => onChange(kinds.map((old, place) => (place === at ? { ...old, ...more } : old)));
  const pick = (side: Side, at: number, own: string) => (
    <Select
      flex={1} size="xs" searchable allowDeselect={false} placeholder="Choose a link" aria-label={`Link of ${names[side]}`} nothingFoundMessage="No other link"
      rightSection={offers[side].isPending ? <Loader size={12} /> : undefined}
      data={linkChoices(offers[side].data, kinds, side, at)} value={own || null} onChange={(chosen) => put(at, { [side]: chosen ?? "" })}
    />
  );
  const none = (["left", "right"] as const).filter((side) => offers[side].data?.length === 0);
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>Links that stand for each other</Text>
      {kinds.map((kind, at) => (
        <Group key={at} gap="xs" wrap="nowrap">
          {pick("left", at, kind.left)}
          <Icon name="both" />
          {pick("right", at, kind.right)}
          <ActionIcon variant="subtle" color="gray" aria-label="Take this pair of links out" onClick={() => onChange(kinds.filter((_, place) => place !== at))}><Icon name="cross" /></ActionIcon>
        </Group>
      ))}
      {none.map((side) => <Text key={side} size="xs" c="dimmed">{names[side]} has no links between items that could travel.</Text>)}
      <Problem error={offers.left.error ?? offers.right.error} />
      <Group>
        <Button
          variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />} disabled={!canAddLink(offers.left.data, offers.right.data, kinds)}
          onClick={() => onChange([...kinds, { left: "", right: "" }])}
        >
          Add a pair of links
        </Button>
      </Group>
    </Stack>
  );
}
