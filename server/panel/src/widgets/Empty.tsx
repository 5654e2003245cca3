/** What stands where there is nothing yet: what this place is for, and what to do next. */
import { Stack, Text, ThemeIcon } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <ThemeIcon variant="light" size={44} radius="xl"><Icon name={icon} size={22} /></ThemeIcon>
      <Text fw={600} size="md">{title}</Text>
      <Text c="dimmed" maw={440}>{children}</Text>
      {action}
    </Stack>
  );
}
