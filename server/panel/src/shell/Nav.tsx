/** The rooms of the panel, in the order of the work. */
import { Badge, NavLink, Stack, Text } from "@mantine/core";
import { NavLink as RouterLink, useLocation } from "react-router";
import { useOverview } from "../api/queries";
import { Icon, type IconName } from "../widgets/Icon";

const WORK: [to: string, label: string, icon: IconName][] = [
  ["/", "Overview", "overview"],
  ["/integrations", "Integrations", "integration"],
  ["/items", "Items", "item"],
  ["/holds", "Held back", "hold"],
  ["/runs", "Runs", "run"],
  ["/why", "Why", "search"],
];
const SETUP: [to: string, label: string, icon: IconName][] = [
  ["/connections", "Connections", "connection"],
  ["/people", "People", "people"],
  ["/access", "Users and tokens", "key"],
  ["/contacted", "What was contacted", "globe"],
  ["/audit", "Audit", "audit"],
];

export function Nav({ onGo }: { onGo: () => void }) {
  const { pathname } = useLocation();
  const holds = useOverview().data?.counts.holds ?? 0;
  const link = ([to, label, icon]: [string, string, IconName]) => (
    <NavLink
      key={to}
      component={RouterLink}
      to={to}
      label={label}
      leftSection={<Icon name={icon} size={17} />}
      rightSection={to === "/holds" && holds > 0 ? <Badge size="sm" color="orange">{holds}</Badge> : undefined}
      active={to === "/" ? pathname === "/" : pathname === to || pathname.startsWith(`${to}/`)}
      onClick={onGo}
      className="nav-link"
    />
  );
  return (
    <Stack gap={2} component="nav" aria-label="Main">
      {WORK.map(link)}
      <Text size="xs" c="dimmed" fw={600} mt="md" mb={4} px="sm">Set-up</Text>
      {SETUP.map(link)}
    </Stack>
  );
}
