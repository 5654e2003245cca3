/** The form of a connection, drawn from the connector: fill in, test, save. Secrets left empty stay as they are. */
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useSaveConnection, useTryConnection } from "../../api/changes";
import { ApiProblem, problemOf, sentence } from "../../api/problem";
import type { Connection, Connector, Setting, Verdict } from "../../api/types";
import { Icon } from "../../widgets/Icon";
import { Note } from "../../widgets/Note";
import { SettingField } from "./SettingField";
import { VerdictNote } from "./VerdictNote";

interface Props {
  connector: Connector;
  connection: Connection | null;
  onSaved: (connection: Connection, verdict: Verdict) => void;
}

function initial(settings: readonly Setting[], connection: Connection | null): Record<string, string> {
  return Object.fromEntries(settings.map((setting) => [setting.name, connection?.settings[setting.name] ?? setting.default]));
}

export function ConnectionForm({ connector, connection, onSaved }: Props) {
  const [name, setName] = useState(connection?.name ?? "");
  const [values, setValues] = useState(() => initial(connector.settings, connection));
  const save = useSaveConnection(connection?.id ?? null);
  const trial = useTryConnection();
  const settings = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
  const error = save.error ?? trial.error;
  const named = error instanceof ApiProblem && ["name", ...connector.settings.map((setting) => setting.name)].some((field) => problemOf(error, field) !== undefined);

  const change = (field: string, value: string) => {
    setValues((before) => ({ ...before, [field]: value }));
    trial.reset();
    save.reset();
  };
  // Without a schedule the one that is there stays; it has a form of its own.
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate({ name: name.trim(), kind: connector.kind, settings, schedule: null }, { onSuccess: (saved) => onSaved(saved.connection, saved.verdict) });
  };
  const test = () => {
    save.reset();
    trial.mutate({ kind: connector.kind, settings, id: connection?.id ?? null });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw={560}>
        <TextInput
          label="Name"
          description="As your people call it, such as Help desk or Engineering."
          required
          maxLength={100}
          value={name}
          error={problemOf(error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {connector.settings.map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={values[setting.name] ?? ""}
            kept={connection?.secrets_set.includes(setting.name) ?? false}
            error={problemOf(error, setting.name)}
            onChange={(value) => change(setting.name, value)}
          />
        ))}
        <div aria-live="polite">
          <Stack gap="xs">
            {error !== null && !named && <Note tone="problem">{sentence(error)}</Note>}
            {trial.data && <VerdictNote verdict={trial.data} />}
          </Stack>
        </div>
        <Group gap="xs">
          <Button type="submit" loading={save.isPending}>{connection === null ? "Save the connection" : "Save"}</Button>
          <Button variant="default" leftSection={<Icon name="bolt" />} loading={trial.isPending} onClick={test}>Test</Button>
        </Group>
      </Stack>
    </form>
  );
}
