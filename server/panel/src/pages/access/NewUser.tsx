/** The form for somebody new, who then chooses a password by a link. */
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import type { useAddUser } from "../../api/changes";
import { problemOf } from "../../api/problem";
import type { User } from "../../api/types";
import { Problem } from "../../widgets/Note";

export const ROLES: { value: User["role"]; label: string }[] = [{ value: "viewer", label: "May look, not change" }, { value: "admin", label: "Administrator" }];

export function NewUser({ add, onDone }: { add: ReturnType<typeof useAddUser>; onDone: () => void }) {
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<User["role"]>("viewer");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    add.mutate({ login: login.trim(), name, email, role, password: null, invited: true }, { onSuccess: onDone });
  };
  const named = problemOf(add.error, "login") ?? problemOf(add.error, "email") ?? problemOf(add.error, "name");
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Login" required data-autofocus autoComplete="off" value={login} error={problemOf(add.error, "login")} onChange={(event) => setLogin(event.currentTarget.value)} />
        <TextInput label="Name" value={name} error={problemOf(add.error, "name")} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label="E-mail" type="email" value={email} error={problemOf(add.error, "email")} onChange={(event) => setEmail(event.currentTarget.value)} />
        <Select label="May" data={ROLES} value={role} onChange={(chosen) => setRole(chosen === "admin" ? "admin" : "viewer")} />
        <Text size="xs" c="dimmed">You get a link for them, with which they choose a password that nobody else knows.</Text>
        {named === undefined && <Problem error={add.error} />}
        <Group justify="flex-end"><Button type="submit" loading={add.isPending}>Add</Button></Group>
      </Stack>
    </form>
  );
}
