/** Who is signed in, and the way out. */
import { ActionIcon, Avatar, Menu, Text } from "@mantine/core";
import { Link } from "react-router";
import { useSignOut } from "../api/changes";
import type { Me } from "../api/types";
import { Icon } from "../widgets/Icon";

export function UserMenu({ me }: { me: Me }) {
  const leave = useSignOut();
  const name = me.name || me.login;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="transparent" size="lg" aria-label={`Account of ${name}`}>
          <Avatar size={30} radius="xl" color="step" name={name} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} c="var(--mantine-color-text)">{name}</Text>
          <Text size="xs">{me.role === "admin" ? "Administrator" : "May look, not change"} of {me.tenant_title || me.tenant}</Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<Icon name="user" />}>Account</Menu.Item>
        <Menu.Item component={Link} to="/access" leftSection={<Icon name="key" />}>Users and tokens</Menu.Item>
        <Menu.Item leftSection={<Icon name="exit" />} onClick={() => leave.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
