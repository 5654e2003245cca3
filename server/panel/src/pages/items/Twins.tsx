/** Comments and files with their twins: which side each came from, and why one has none. */
import { Badge, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { ItemDetail, Side } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { SideName } from "../../widgets/SideName";
import { size } from "../../widgets/words";

interface Twin {
  id: string;
  origin: Side;
  left_id: string | null;
  right_id: string | null;
  note: string;
}

function Line({ twin, item, name, extra }: { twin: Twin; item: ItemDetail; name: ReactNode; extra?: ReactNode }) {
  const both = twin.left_id !== null && twin.right_id !== null;
  const from = (twin.origin === "left" ? item.left : item.right)?.name ?? twin.origin;
  return (
    <div className="event">
      <Group justify="space-between" gap="xs">
        <Group gap="xs" flex={1} miw={0} className="wrap">{name}{extra}</Group>
        <Badge color={both ? "step" : twin.note === "" ? "blue" : "gray"}>{both ? "on both sides" : twin.note === "" ? "on its way" : "stays"}</Badge>
      </Group>
      <Text size="xs" c="dimmed" component="div">from <SideName side={twin.origin} fw={400}>{from}</SideName>{twin.note !== "" && `. ${twin.note}`}</Text>
    </div>
  );
}

export function CommentTwins({ item }: { item: ItemDetail }) {
  if (item.comments.length === 0) return <Text c="dimmed" p="md">No comment on either side.</Text>;
  return item.comments.map((twin) => (
    <Line
      key={twin.id}
      twin={twin}
      item={item}
      name={<Text>Comment {(twin.origin === "left" ? twin.left_id : twin.right_id) ?? ""}</Text>}
      extra={twin.private && <Badge color="gray" leftSection={<Icon name="lock" size={11} />}>private</Badge>}
    />
  ));
}

export function FileTwins({ item }: { item: ItemDetail }) {
  if (item.attachments.length === 0) return <Text c="dimmed" p="md">No file on either side.</Text>;
  return item.attachments.map((twin) => (
    <Line key={twin.id} twin={twin} item={item} name={<Text className="wrap">{twin.name || "A file"}</Text>} extra={<Text size="xs" c="dimmed" className="nowrap">{size(twin.size)}</Text>} />
  ));
}
