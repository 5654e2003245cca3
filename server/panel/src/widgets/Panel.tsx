/** A sheet that holds one thing, with an optional heading. */
import { Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, hint, actions, flush = false, children }: Props) {
  return (
    <Paper withBorder component="section" className="panel">
      {title !== undefined && (
        <Group justify="space-between" px="md" py="xs" className="panel-head" gap="xs">
          <Group gap="xs" align="baseline">
            <Title order={2}>{title}</Title>
            {hint !== undefined && <Text size="xs" c="dimmed">{hint}</Text>}
          </Group>
          {actions}
        </Group>
      )}
      <div className={flush ? "panel-flush" : "panel-body"}>{children}</div>
    </Paper>
  );
}
