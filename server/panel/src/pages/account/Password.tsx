/** Another password for one's own account. */
import { Button, Checkbox, Group, PasswordInput, Stack } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useChangePassword } from "../../api/changes";
import { problemOf } from "../../api/problem";
import type { Account } from "../../api/types";
import { Note, Problem } from "../../widgets/Note";
import { Panel } from "../../widgets/Panel";
import { When } from "../../widgets/When";

export const RULES = "15 characters or more. A few words are good, and blanks are fine. Not one of the commonest, and not just your login.";

export function Password({ account }: { account: Account }) {
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [revoke, setRevoke] = useState(true);
  const wrong = problemOf(change.error, "current");
  const bad = problemOf(change.error, "password");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    change.mutate({ current, password, revoke_tokens: revoke }, { onSuccess: () => { setCurrent(""); setPassword(""); } });
  };
  if (!account.has_password) {
    return <Panel title="Password"><Note tone="advice">This account has no password yet. Have a link made with which you choose one.</Note></Panel>;
  }
  return (
    <Panel title="Password" hint={<>changed <When time={account.password_at} /></>}>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={420}>
          {change.isSuccess && <Note tone="good" title="The new password holds">Your other sessions have ended.</Note>}
          {change.error !== null && wrong === undefined && bad === undefined && <Problem error={change.error} />}
          <input type="text" name="username" autoComplete="username" value={account.login} readOnly hidden />
          <PasswordInput label="Password until now" autoComplete="current-password" required error={wrong} value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
          <PasswordInput label="New password" description={RULES} autoComplete="new-password" required maxLength={1000} error={bad} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Checkbox label="End my API tokens, too" description="Whoever had the old password may have made one. What runs with them stops until it has a new one." checked={revoke} onChange={(event) => setRevoke(event.currentTarget.checked)} />
          <Group><Button type="submit" loading={change.isPending}>Change the password</Button></Group>
        </Stack>
      </form>
    </Panel>
  );
}
