/** The frame around every page: header, rooms, and the page itself. */
import { AppShell, Burger, Container, Group, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect } from "react";
import { Link, Outlet, useLocation } from "react-router";
import type { Me } from "../api/types";
import { Logo } from "../widgets/Logo";
import { AppsAsked } from "./AppsAsked";
import { Away } from "./Away";
import { Fallen } from "./Fallen";
import { InStep } from "./InStep";
import { Nav } from "./Nav";
import { SchemeToggle } from "./SchemeToggle";
import { UserMenu } from "./UserMenu";

export function Shell({ me }: { me: Me }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <AppShell header={{ height: 54 }} navbar={{ width: 218, breakpoint: "md", collapsed: { mobile: !opened } }} padding={{ base: "md", sm: "lg" }}>
      <a href="#page" className="skip-link">Skip to the page</a>
      <AppShell.Header className="header">
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label={opened ? "Close the menu" : "Open the menu"} />
            <Link to="/" className="brand">
              <Logo />
              <Text fw={700} size="md" visibleFrom="xs">Lockstep</Text>
            </Link>
            <Text c="dimmed" truncate className="tenant" visibleFrom="xs">{me.tenant_title || me.tenant}</Text>
          </Group>
          <Group gap={6} wrap="nowrap">
            <InStep />
            <SchemeToggle />
            <UserMenu me={me} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className="navbar">
        <AppShell.Section grow component={ScrollArea}><Nav onGo={close} /></AppShell.Section>
        <Text size="xs" c="dimmed" px="sm" py={4}>{me.tenant} on {me.cluster}</Text>
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <Container size={1180} px={0}><Away /><Fallen key={pathname}><Outlet /></Fallen></Container>
      </AppShell.Main>
      <AppsAsked />
    </AppShell>
  );
}
