/** Removes the second factor, or makes its recovery codes anew; both ask who it is once more. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useNewCodes, useRemoveFactor } from "../../api/changes";
import { Problem } from "../../widgets/Note";
import { type Proof, ProofFields, toldThere } from "./ProofFields";

const WORDS = {
  remove: { what: "From then on your password alone signs you in. Your other sessions end.", verb: "Remove it" },
  codes: { what: "You get ten new codes. Those that you have work no more.", verb: "Make new codes" },
};

export function Again({ doing, onDone }: { doing: "remove" | "codes"; onDone: (codes: string[] | null) => void }) {
  const removal = useRemoveFactor();
  const renewal = useNewCodes();
  const [proof, setProof] = useState<Proof>({ current: "", code: "" });
  const error = removal.error ?? renewal.error;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (doing === "remove") removal.mutate(proof, { onSuccess: () => onDone(null) });
    else renewal.mutate(proof, { onSuccess: (made) => onDone(made.codes) });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text>{WORDS[doing].what}</Text>
        {!toldThere(error) && <Problem error={error} />}
        <ProofFields coded proof={proof} error={error} onChange={setProof} />
        <Group justify="flex-end"><Button type="submit" color={doing === "remove" ? "red" : "step"} loading={removal.isPending || renewal.isPending}>{WORDS[doing].verb}</Button></Group>
      </Stack>
    </form>
  );
}
