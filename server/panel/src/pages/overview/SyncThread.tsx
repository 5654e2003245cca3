/** The state of the tenant's sync thread, live, and the totals. */
import { Divider, Group, Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Overview } from "../../api/types";
import { standing } from "../../shell/standing";
import { StepMark } from "../../widgets/StepMark";
import { useNow } from "../../widgets/now";
import { When } from "../../widgets/When";

export function SyncThread({ overview }: { overview: Overview }) {
  const { sync, counts } = overview;
  const now = standing(overview, useNow());
  return (
    <Paper withBorder className="panel" component="section" aria-label="Sync thread">
      <Group justify="space-between" p="md" gap="lg" align="center">
        <Group gap="md" wrap="nowrap" align="center" flex="1 1 320px" miw={0}>
          <StepMark pace={now.pace} size={42} />
          <div>
            <Text fw={650} size="xl" lh={1.2}>{now.word}</Text>
            <Text c="dimmed" className="wrap">{now.why}</Text>
          </div>
        </Group>
        <Group gap="xl">
          <Figure value={counts.pairs} label="pairs" to="/items" />
          <Figure value={counts.holds} label="held back" to="/holds" alarm={counts.holds > 0} />
          <Figure value={counts.conflicts} label="conflicts" to="/items" />
        </Group>
      </Group>
      <Divider color="var(--line)" />
      <Group px="md" py={8} gap="lg" style={{ rowGap: 2 }}>
        <Fact name="Sync thread">{sync.state === "none" ? "not running" : sync.state}</Fact>
        <Fact name="Last look"><When time={sync.last_pass_at} /></Fact>
        {sync.next_pass_at !== null && sync.state === "idle" && <Fact name="Next"><When time={sync.next_pass_at} /></Fact>}
        {sync.holder !== "" && <Fact name="On">{sync.holder}</Fact>}
        {sync.message !== "" && sync.message !== now.why && <Text size="xs" c="dimmed" className="wrap">{sync.message}</Text>}
      </Group>
    </Paper>
  );
}

function Figure({ value, label, to, alarm = false }: { value: number; label: string; to: string; alarm?: boolean }) {
  return (
    <Link to={to} className="figure-link">
      <span className={alarm ? "figure figure-alarm" : "figure"}>{value.toLocaleString("en")}</span>
      <Text size="xs" c="dimmed" component="span">{label}</Text>
    </Link>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <Text size="xs" component="div"><Text span inherit c="dimmed">{name}: </Text>{children}</Text>;
}
