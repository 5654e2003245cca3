/** The lines of a run, read on while it goes on. */
import { Button, Center } from "@mantine/core";
import { useEffect } from "react";
import { useRunEvents } from "../../api/queries";
import type { Run } from "../../api/types";
import { Empty } from "../../widgets/Empty";
import { EventLine } from "../../widgets/EventLine";
import { Loaded } from "../../widgets/Loaded";

export function RunLines({ run }: { run: Run }) {
  const events = useRunEvents(run.id);
  const { refetch } = events;
  useEffect(() => {
    // Told anew whenever the run has moved on or come to its end.
    void refetch();
  }, [refetch, run.done, run.state]);
  return (
    <Loaded read={events}>
      {({ pages }) => {
        const lines = pages.flatMap((page) => page.events);
        if (lines.length === 0) {
          return run.state === "running"
            ? <Empty icon="run" title="Looking at both sides">Lines appear here as items are carried over.</Empty>
            : <Empty icon="check" title="Nothing had to be done">Both sides agreed on every item that this run looked at.</Empty>;
        }
        return (
          <>
            {lines.map((event) => <EventLine key={event.id} event={event} by="item" />)}
            {events.hasNextPage && <Center p="sm"><Button variant="default" size="xs" loading={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>Show more</Button></Center>}
          </>
        );
      }}
    </Loaded>
  );
}
