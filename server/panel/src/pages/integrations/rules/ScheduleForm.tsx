/** When an integration, or what goes through a connection, is worked: interval, clock, webhooks; and when nothing may be sent. */
import { ActionIcon, Button, Group, MultiSelect, NumberInput, Select, SimpleGrid, Stack, Switch, Text, TextInput } from "@mantine/core";
import { problemOf } from "../../../api/problem";
import type { Schedule, Window } from "../../../api/types";
import { Icon } from "../../../widgets/Icon";
import { USUAL_SECONDS } from "./timetable";

interface Props {
  of: "integration" | "connection";
  schedule: Schedule;
  error: unknown;
  onChange: (schedule: Schedule) => void;
}

const WORDS = {
  integration: { sides: "both sides", otherwise: "as its connections say", webhook: "By the webhook address of its connection." },
  connection: { sides: "the app", otherwise: `${USUAL_SECONDS} s, unless others say`, webhook: "By the webhook’s address below." },
};

const DAYS: { value: Window["days"][number]; label: string }[] = [
  { value: "mon", label: "Monday" }, { value: "tue", label: "Tuesday" }, { value: "wed", label: "Wednesday" }, { value: "thu", label: "Thursday" },
  { value: "fri", label: "Friday" }, { value: "sat", label: "Saturday" }, { value: "sun", label: "Sunday" },
];
const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

export function ScheduleForm({ of, schedule, error, onChange }: Props) {
  const words = WORDS[of];
  const set = (change: Partial<Schedule>) => onChange({ ...schedule, ...change });
  const ofWindows = problemOf(error, "schedule.windows");
  const replace = (at: number, window: Window | null) => set({ windows: schedule.windows.flatMap((old, place) => (place === at ? (window ? [window] : []) : [old])) });
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
        <NumberInput
          label={`Look at ${words.sides} every`} suffix=" s" min={5} max={86400} allowDecimal={false} clampBehavior="blur" disabled={schedule.cron !== ""}
          value={schedule.every_seconds ?? ""} placeholder={words.otherwise} error={problemOf(error, "schedule.every_seconds")}
          onChange={(value) => set({ every_seconds: typeof value === "number" ? value : null })}
        />
        <TextInput
          label="Or at set times" placeholder="0 7-19 * * mon-fri" description="The five fields of cron." value={schedule.cron} inputWrapperOrder={["label", "input", "description", "error"]} error={problemOf(error, "schedule.cron")}
          onChange={(event) => set({ cron: event.currentTarget.value, every_seconds: event.currentTarget.value === "" ? schedule.every_seconds : null })}
        />
        <Select label="By the clock of" searchable data={ZONES} value={schedule.zone} onChange={(chosen) => chosen && set({ zone: chosen })} />
      </SimpleGrid>
      <Switch
        label="Look at once when an app sends word" description={`${words.webhook} Polling goes on all the same.`}
        checked={schedule.webhooks} onChange={(event) => set({ webhooks: event.currentTarget.checked })}
      />
      <Stack gap={6}>
        <Text size="sm" fw={500}>Maintenance windows</Text>
        <Text size="xs" c="dimmed">Nothing is sent within them; a run under way ends at its next page.</Text>
        {schedule.windows.map((window, at) => (
          <WindowRow key={at} window={window} error={problemOf(error, `schedule.windows.${at}`)} onChange={(changed) => replace(at, changed)} />
        ))}
        {ofWindows !== undefined && <Text size="xs" c="red" role="alert">{ofWindows}</Text>}
        <Group>
          <Button
            variant="subtle" size="compact-xs" leftSection={<Icon name="plus" size={13} />}
            onClick={() => set({ windows: [...schedule.windows, { begins: "22:00", ends: "02:00", days: [], zone: schedule.zone }] })}
          >
            Add a window
          </Button>
        </Group>
      </Stack>
    </Stack>
  );
}

function WindowRow({ window, error, onChange }: { window: Window; error: string | undefined; onChange: (window: Window | null) => void }) {
  return (
    <>
      <Group gap="xs" align="flex-start" className="filter-row">
        <MultiSelect
          flex={3} miw={180} size="xs" aria-label="Days of the window" data={DAYS} value={window.days} placeholder={window.days.length === 0 ? "Every day" : ""}
          onChange={(days) => onChange({ ...window, days })}
        />
        <TextInput w={80} size="xs" aria-label="Begins" value={window.begins} onChange={(event) => onChange({ ...window, begins: event.currentTarget.value })} />
        <TextInput w={80} size="xs" aria-label="Ends" value={window.ends} onChange={(event) => onChange({ ...window, ends: event.currentTarget.value })} />
        <Select flex={2} miw={140} size="xs" searchable aria-label="Zone of the window" data={ZONES} value={window.zone} onChange={(chosen) => chosen && onChange({ ...window, zone: chosen })} />
        <ActionIcon variant="subtle" color="gray" aria-label="Take this window out" onClick={() => onChange(null)}><Icon name="cross" /></ActionIcon>
      </Group>
      {error !== undefined && <Text size="xs" c="red" role="alert">{error}</Text>}
    </>
  );
}
