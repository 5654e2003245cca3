/** Sets up an authenticator app: who it is, the picture for the app, the app's first code. */
import { Button, Code, Group, Image, Stack, Text, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useConfirmFactor, useSetUpFactor } from "../../api/changes";
import { problemOf } from "../../api/problem";
import type { FactorSetup } from "../../api/types";
import { Problem } from "../../widgets/Note";
import { type Proof, ProofFields, toldThere } from "./ProofFields";

export function SetUp({ coded, onDone }: { coded: boolean; onDone: (codes: string[]) => void }) {
  const begin = useSetUpFactor();
  const [proof, setProof] = useState<Proof>({ current: "", code: "" });
  if (begin.data) return <FirstCode made={begin.data} onDone={onDone} />;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    begin.mutate(proof);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {!toldThere(begin.error) && <Problem error={begin.error} />}
        <ProofFields coded={coded} proof={proof} error={begin.error} onChange={setProof} />
        <Group justify="flex-end"><Button type="submit" loading={begin.isPending}>Go on</Button></Group>
      </Stack>
    </form>
  );
}

function FirstCode({ made, onDone }: { made: FactorSetup; onDone: (codes: string[]) => void }) {
  const confirm = useConfirmFactor();
  const [code, setCode] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    confirm.mutate(code, { onSuccess: (done) => onDone(done.codes) });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text>Let your authenticator app read this picture, or type the key into it.</Text>
        <Group justify="center"><Image src={made.qr} alt="The key as a QR code" w={220} h={220} radius="sm" /></Group>
        <Code block className="wrap">{made.secret.replace(/(.{4})(?=.)/g, "$1 ")}</Code>
        {problemOf(confirm.error, "code") === undefined && <Problem error={confirm.error} />}
        <TextInput label="The code that the app shows now" inputMode="numeric" autoComplete="one-time-code" required data-autofocus error={problemOf(confirm.error, "code")} value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        <Text size="xs" c="dimmed">From then on it is asked for when you sign in. Your other sessions end.</Text>
        <Group justify="flex-end"><Button type="submit" loading={confirm.isPending}>Turn it on</Button></Group>
      </Stack>
    </form>
  );
}
