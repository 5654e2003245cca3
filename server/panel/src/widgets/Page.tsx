/** The frame of a page: where it is, its name, what may be done. */
import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";

interface Props {
  title: ReactNode;
  name?: string;
  above?: { to: string; label: string };
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, name, above, lead, actions, children }: Props) {
  const said = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = said === "" ? "Lockstep" : `${said} – Lockstep`;
  }, [said]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Stack gap={4} miw={0}>
          {above && (
            <Text size="xs" c="dimmed">
              <Anchor component={Link} to={above.to}>{above.label}</Anchor> /
            </Text>
          )}
          <Title order={1} className="wrap">{title}</Title>
          {lead !== undefined && <Text c="dimmed" component="div" maw={720}>{lead}</Text>}
        </Stack>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
