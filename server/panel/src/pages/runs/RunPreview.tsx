/** What a run would do, item by item: each field before and after; private items and those of a match also by kind. */
import { Button, Center, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useConnections, useIntegration, useRunPreview } from "../../api/queries";
import type { PreviewLine, Run } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { Loaded } from "../../widgets/Loaded";
import { plain } from "../../widgets/words";
import { namesOf } from "../integrations/names";
import { byItem, isMatch, kindsOf, sayAction } from "./preview";

export function RunPreview({ run }: { run: Run }) {
  const [action, setAction] = useState("");
  const kinds = kindsOf(run);
  return (
    <>
      {kinds.length > 0 && (
        <Group px="md" pt="sm"><SegmentedControl size="xs" aria-label="Which lines" data={kinds} value={action} onChange={setAction} /></Group>
      )}
      <Lines key={action} run={run} action={action} />
    </>
  );
}

function Lines({ run, action }: { run: Run; action: string }) {
  const preview = useRunPreview(run.id, action);
  const document = useIntegration(run.integration).data?.document;
  const connections = useConnections().data;
  const names = document ? namesOf(document, connections) : { left: "Left", right: "Right" };
  const { refetch } = preview;
  useEffect(() => {
    // Told anew whenever the run has moved on or come to its end.
    void refetch();
  }, [refetch, run.done, run.state]);
  return (
    <Loaded read={preview}>
      {({ pages }) => {
        const items = byItem(pages.flatMap((page) => page.lines), names);
        if (items.length === 0) return <Nothing run={run} action={action} />;
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

function Nothing({ run, action }: { run: Run; action: string }) {
  if (run.state === "running") return <Empty icon="run" title="Looking at both sides">Lines appear here as items are compared.</Empty>;
  if (action !== "") return <Empty icon="check" title="None of these">Nothing of this kind was found.</Empty>;
  if (isMatch(run)) return <Empty icon="item" title="No item was found on both sides">By these rules nothing is alike, everything alike is joined already, or the preview was replaced by a newer one.</Empty>;
  return <Empty icon="check" title="Nothing would be done">Both sides agree, or the preview was replaced by a newer one.</Empty>;
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
