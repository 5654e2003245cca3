/** Which apps are being waited for, by name, and a way to stop; nothing while every app answers at once. */
import { Button, Group, Loader, Paper, Text } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { current, onChange } from "../api/answers";

export function AppsAsked() {
  const waits = useSyncExternalStore(onChange, current);
  if (waits.length === 0) return null;
  const names = [...new Set(waits.map((one) => one.app).filter((name) => name !== ""))];
  const named = names.length === 0 ? "an app" : names.map((name) => `“${name}”`).join(" and ");
  return (
    <Paper className="apps-asked" shadow="md" withBorder p="xs" aria-live="polite" aria-label="Waiting for an app">
      <Group gap="sm" wrap="nowrap">
        <Loader size="xs" aria-hidden />
        <Text size="sm" className="wrap" flex={1}>Waiting for {named} to answer.</Text>
        <Button size="compact-sm" variant="default" onClick={() => waits.forEach((one) => one.stop())}>Stop waiting</Button>
      </Group>
    </Paper>
  );
}
