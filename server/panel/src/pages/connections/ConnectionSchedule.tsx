/** When what goes through a connection is worked, and when its app is left alone; says what that comes to for each integration. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useSaveConnection } from "../../api/changes";
import { problemOf } from "../../api/problem";
import { useConnections, useIntegrations } from "../../api/queries";
import type { Connection, Schedule } from "../../api/types";
import { Note, Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { ScheduleForm } from "../integrations/rules/ScheduleForm";
import { endsOf, sayTimes } from "../integrations/rules/timetable";

export function ConnectionSchedule({ connection }: { connection: Connection }) {
  const [schedule, setSchedule] = useState(connection.schedule);
  const save = useSaveConnection(connection.id);
  const changed = JSON.stringify(schedule) !== JSON.stringify(connection.schedule);
  const placed = ["every_seconds", "cron"].some((field) => problemOf(save.error, `schedule.${field}`) !== undefined);
  const { name, kind, settings } = connection;
  return (
    <Panel title="When" hint="for integrations that have no times of their own">
      <Stack gap="md">
        <ScheduleForm of="connection" schedule={schedule} error={save.error} onChange={(next) => { setSchedule(next); save.reset(); }} />
        <Meaning connection={connection} schedule={schedule} />
        <div aria-live="polite">
          {!placed && <Problem error={save.error} />}
          {save.isSuccess && !changed && <Note tone="good">Saved. It counts from the next look on.</Note>}
        </div>
        <Group><Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate({ name, kind, settings, schedule })}>Save the times</Button></Group>
      </Stack>
    </Panel>
  );
}

/** What the times come to, for each integration that goes through this connection. */
function Meaning({ connection, schedule }: { connection: Connection; schedule: Schedule }) {
  const connections = useConnections().data?.map((one) => (one.id === connection.id ? { ...one, schedule } : one));
  const using = useIntegrations().data?.filter(({ document }) => [document.left.connection, document.right.connection].includes(connection.id)) ?? [];
  return (
    <Stack gap={6}>
      <Text size="xs" c="dimmed">An integration’s own times come first. Where it has none, those of its two connections count, and the later is waited for. Maintenance windows always hold.</Text>
      {using.map(({ id, name, document }) => (
        <Text key={id} className="wrap"><Link to={`/integrations/${id}`} className="row-link">{name}</Link>: {sayTimes(document.schedule, endsOf(document, connections))}</Text>
      ))}
    </Stack>
  );
}
