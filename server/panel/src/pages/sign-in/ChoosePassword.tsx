/** Choosing a password with a one-time link; its token stands behind the #, where no server sees it. */
import { Anchor, Button, Center, Checkbox, Group, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type SyntheticEvent, useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { useChoosePassword } from "../../api/changes";
import { problemOf } from "../../api/problem";
import { SchemeToggle } from "../../shell/SchemeToggle";
import { Logo } from "../../widgets/Logo";
import { Note, Problem } from "../../widgets/Note";
import { RULES } from "../account/Password";

export function ChoosePassword() {
  const token = useLocation().hash.slice(1);
  const choose = useChoosePassword();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [revoke, setRevoke] = useState(true);
  const differs = again !== "" && again !== password;
  const bad = problemOf(choose.error, "password");
  useEffect(() => {
    document.title = "Choose a password – Lockstep";
  }, []);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!differs) choose.mutate({ token, password, revoke_tokens: revoke });
  };
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={420} gap="lg">
        <Group justify="space-between">
          <Group gap="sm"><Logo size={34} /><Text fw={700} size="lg">Lockstep</Text></Group>
          <SchemeToggle />
        </Group>
        <Paper withBorder p="lg" className="panel">
          {choose.data ? (
            <Stack gap="md">
              <Note tone="good" title="The password holds">Sign in as {choose.data.login} with it. All sessions of this account have ended.</Note>
              <Anchor component={Link} to="/">Sign in</Anchor>
            </Stack>
          ) : (
            <form onSubmit={submit}>
              <Stack gap="md">
                <div>
                  <Title order={1}>Choose a password</Title>
                  <Text c="dimmed" mt={2}>{window.location.hostname}</Text>
                </div>
                {bad === undefined && <Problem error={choose.error} />}
                <PasswordInput label="New password" description={RULES} autoComplete="new-password" autoFocus required maxLength={1000} error={bad} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
                <PasswordInput label="Once more" autoComplete="new-password" required error={differs ? "The two differ." : undefined} value={again} onChange={(event) => setAgain(event.currentTarget.value)} />
                <Checkbox label="End the API tokens of this account, too" description="Whoever had the old password may have made one. What runs with them stops until it has a new one." checked={revoke} onChange={(event) => setRevoke(event.currentTarget.checked)} />
                <Button type="submit" fullWidth disabled={token === ""} loading={choose.isPending}>Take this password</Button>
              </Stack>
            </form>
          )}
        </Paper>
      </Stack>
    </Center>
  );
}
