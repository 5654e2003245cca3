/** One's own name and e-mail. */
import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useChangeAccount } from "../../api/changes";
import { problemOf } from "../../api/problem";
import type { Account } from "../../api/types";
import { Note, Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";

export function Details({ account }: { account: Account }) {
  const change = useChangeAccount();
  const [name, setName] = useState(account.name);
  const [email, setEmail] = useState(account.email);
  const [current, setCurrent] = useState("");
  const changed = name !== account.name || email !== account.email;
  const wrong = problemOf(change.error, "current");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    change.mutate({ name, email, current }, { onSettled: () => setCurrent("") });
  };
  return (
    <Panel title="Name and e-mail" hint={account.login}>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={420}>
          {change.isSuccess && !changed && <Note tone="good">Saved.</Note>}
          {change.error !== null && wrong === undefined && <Problem error={change.error} />}
          <TextInput label="Name" maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput label="E-mail" type="email" maxLength={200} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          {changed && (
            <>
              <PasswordInput label="Your password" autoComplete="current-password" required error={wrong} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
              <Group><Button type="submit" loading={change.isPending}>Save</Button></Group>
            </>
          )}
        </Stack>
      </form>
    </Panel>
  );
}
