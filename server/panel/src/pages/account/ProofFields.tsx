/** What is asked again before a way in is changed: the password, and a code where there is a second factor. */
import { PasswordInput, TextInput } from "@mantine/core";
import { problemOf } from "../../api/problem";

export interface Proof {
  current: string;
  code: string;
}

interface Props {
  coded: boolean;
  proof: Proof;
  error: unknown;
  onChange: (proof: Proof) => void;
}

export function ProofFields({ coded, proof, error, onChange }: Props) {
  return (
    <>
      <PasswordInput label="Your password" autoComplete="current-password" required data-autofocus error={problemOf(error, "current")} value={proof.current} onChange={(event) => onChange({ ...proof, current: event.currentTarget.value })} />
      {coded && (
        <TextInput label="Code" description="Of your app as it is now, or a recovery code." autoComplete="one-time-code" required error={problemOf(error, "code")} value={proof.code} onChange={(event) => onChange({ ...proof, code: event.currentTarget.value })} />
      )}
    </>
  );
}

/** Whether the error is told beside one of the fields already. */
export const toldThere = (error: unknown): boolean => problemOf(error, "current") !== undefined || problemOf(error, "code") !== undefined;
