/** What a dry run would do, item by item: each field before and after. */
import { Button, Center, Group, Stack, Text } from "@mantine/core";
import { useRunPreview } from "../../api/queries";
import type { PreviewLine, Run } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { plain } from "../../widgets/words";
import { byItem, sayAction } from "./preview";

export function RunPreview({ run }: { run: Run }) {
  const preview = useRunPreview(run.id);
  return (
    <Loaded read={preview}>
      {({ pages }) => {
        const items = byItem(pages.flatMap((page) => page.lines));
        if (items.length === 0) return <Empty icon="check" title="Nothing would be done">Both sides agree, or the preview was replaced by a newer one.</Empty>;
        return (
          <>
            {items.map((item) => (
              <Stack key={item.key} gap={2} className="event">
                <Text fw={600} className="wrap">{item.title}</Text>
                {item.lines.map((line) => <Line key={line.id} line={line} />)}
              </Stack>
            ))}
            {preview.hasNextPage && <Center p="sm"><Button variant="default" size="xs" loading={preview.isFetchingNextPage} onClick={() => void preview.fetchNextPage()}>Show more</Button></Center>}
          </>
        );
      }}
    </Loaded>
  );
}

function Line({ line }: { line: PreviewLine }) {
  const changes = line.before !== null || line.after !== null;
  return (
    <Group gap="xs" wrap="nowrap" align="baseline">
      <Text size="xs" c="dimmed" w={130} style={{ flexShrink: 0 }}>{line.field === "" ? sayAction(line.action) : line.field}</Text>
      <Text size="xs" className="wrap">
        {changes && <><Text span inherit c="dimmed">{plain(line.before)}</Text> → {plain(line.after)}</>}
        {line.reason !== "" && <Text span inherit>{changes ? " · " : ""}{line.reason}</Text>}
      </Text>
    </Group>
  );
}
