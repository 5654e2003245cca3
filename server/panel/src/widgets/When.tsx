/** A moment relative to now; the exact one on hover and focus. */
import { Text, Tooltip } from "@mantine/core";
import { useNow } from "./now";
import { exact, relative } from "./words";

export function When({ time, empty = "never" }: { time: string | null; empty?: string }) {
  const now = useNow();
  if (time === null) return <Text span inherit c="dimmed">{empty}</Text>;
  return (
    <Tooltip label={exact(time)}>
      <Text span inherit className="when" component="time" dateTime={time}>{relative(time, now)}</Text>
    </Tooltip>
  );
}
