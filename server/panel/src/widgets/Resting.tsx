/** That an app asked for a pause, and until when; nothing once the pause is over. */
import { Text } from "@mantine/core";
import type { Connection } from "../api/types";
import { useNow } from "./now";
import { When } from "./When";

export function Resting({ connection }: { connection: Connection }) {
  const now = useNow();
  const until = connection.slowed_until;
  if (until === null || new Date(until).getTime() <= now) return null;
  return (
    <Text size="xs" c="dimmed" className="wrap" component="div" mt={2}>
      {connection.slowed_reason} It goes on <When time={until} />.
    </Text>
  );
}
