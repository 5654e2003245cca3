/** Shows what a read brought: grey lines while it is on its way, the sentence when it failed, else the thing. */
import { Button, Group, Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "./Note";

interface Read<Value> {
  data: Value | undefined;
  error: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

export function Loaded<Value>({ read, lines = 4, children }: { read: Read<Value>; lines?: number; children: (value: Value) => ReactNode }) {
  if (read.data !== undefined) return children(read.data);
  if (read.error !== null) {
    return (
      <Stack p="md" gap="sm">
        <Problem error={read.error} />
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
