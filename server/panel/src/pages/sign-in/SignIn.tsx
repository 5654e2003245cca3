/** Signing in. */
import { Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { type SyntheticEvent, useEffect, useState } from "react";
import { useSignIn } from "../../api/changes";
import { problemOf } from "../../api/problem";
import { SchemeToggle } from "../../shell/SchemeToggle";
import { Logo } from "../../widgets/Logo";
import { Note, Problem } from "../../widgets/Note";

export function SignIn() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const signIn = useSignIn();
  useEffect(() => {
    document.title = "Sign in – Lockstep";
  }, []);
  // A right password stays while the code of the second factor is asked for.
  const asked = problemOf(signIn.error, "code");
  const coded = asked !== undefined || (code !== "" && signIn.isPending);
  const forget = (error: unknown) => {
    setCode("");
    if (problemOf(error, "code") === undefined) setPassword("");
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    signIn.mutate({ login: login.trim(), password, code }, { onError: forget });
  };
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={380} gap="lg">
        <Group justify="space-between">
          <Group gap="sm"><Logo size={34} /><Text fw={700} size="lg">Lockstep</Text></Group>
          <SchemeToggle />
        </Group>
        <Paper withBorder p="lg" className="panel">
          <form onSubmit={submit}>
            <Stack gap="md">
              <div>
                <Title order={1}>Sign in</Title>
                <Text c="dimmed" mt={2}>{window.location.hostname}</Text>
              </div>
              {code === "" && asked !== undefined ? <Note tone="advice">{asked}</Note> : <Problem error={signIn.error} />}
              <TextInput label="Login" name="username" autoComplete="username" autoFocus required value={login} onChange={(event) => setLogin(event.currentTarget.value)} />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                required
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
              {coded && <TextInput label="Code" name="code" autoComplete="one-time-code" autoFocus required value={code} onChange={(event) => setCode(event.currentTarget.value)} />}
              <Button type="submit" fullWidth loading={signIn.isPending}>Sign in</Button>
            </Stack>
          </form>
        </Paper>
        <Text size="xs" c="dimmed" ta="center">No account? An administrator of this tenant can make one, or open the panel from the console on the server.</Text>
      </Stack>
    </Center>
  );
}
