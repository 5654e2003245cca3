/** Shows what a read brought: grey lines while it is on its way, the sentence when it failed, else the thing. */
import { Button, Group, Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { isAway } from "../api/problem";
import { Problem } from "./Note";

interface Read<Value> {
  data: Value | undefined;
  error: unknown;
  failureReason?: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

export function Loaded<Value>({ read, lines = 4, children }: { read: Read<Value>; lines?: number; children: (value: Value) => ReactNode }) {
  if (read.data !== undefined) return children(read.data);
  // While it is asked again there is no error any more; what was said last still holds.
  const error = read.error ?? (isAway(read.failureReason) ? read.failureReason : null);
  if (error !== null) {
    return (
      <Stack p="md" gap="sm">
        <Problem error={error} />
        <Group><Button variant="default" loading={read.isFetching} onClick={() => read.refetch()}>Try again</Button></Group>
      </Stack>
    );
  }
  return (
    <Stack p="md" gap="sm" aria-busy aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} height={14} width={`${92 - ((line * 17) % 40)}%`} />)}
    </Stack>
  );
}
