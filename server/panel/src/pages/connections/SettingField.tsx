/** One setting of a connection, drawn from what the connector says of it. */
import { PasswordInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Setting } from "../../api/types";

interface Props {
  setting: Setting;
  value: string;
  kept: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** ``kept``: the server holds a secret for it already, which stays when the field is left empty. */
export function SettingField({ setting, value, kept, error, onChange }: Props) {
  const common = { label: setting.label, description: setting.help || undefined, error, required: setting.required };
  switch (setting.kind) {
    case "flag":
      return (
        <Switch
          label={setting.label}
          description={setting.help || undefined}
          error={error}
          checked={value === "true"}
          onChange={(event) => onChange(event.currentTarget.checked ? "true" : "false")}
        />
      );
    case "choice":
      return <Select {...common} data={setting.choices} value={value || null} onChange={(chosen) => onChange(chosen ?? "")} clearable={!setting.required} />;
    case "secret":
      return (
        <PasswordInput
          {...common}
          required={setting.required && !kept}
          placeholder={kept ? "Kept as it is; type to replace it" : ""}
          autoComplete="new-password"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "text":
      // What need not be given may be long (a certificate) and keeps its lines; what must be given is one word.
      if (!setting.required) {
        return (
          <Textarea {...common} autosize minRows={1} maxRows={8} spellCheck={false} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
        );
      }
      return <TextInput {...common} autoComplete="off" spellCheck={false} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
    case "url":
      return (
        <TextInput
          {...common}
          inputMode="url"
          placeholder="https://"
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
