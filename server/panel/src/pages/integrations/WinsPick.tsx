/** Whose value counts where two that belong together differ. */
import { Radio, Stack } from "@mantine/core";
import type { Precedence } from "../../api/types";
import type { Names } from "./names";

interface Props {
  label: string;
  value: Precedence;
  names: Names;
  onChange: (wins: Precedence) => void;
}

export function WinsPick({ label, value, names, onChange }: Props) {
  const choices: { value: Precedence; label: string; description: string }[] = [
    { value: "fill", label: "Neither", description: "Both stay as they are, listed as a conflict, until somebody changes one. Only what is empty is filled in." },
    { value: "left", label: names.left, description: `Its values replace those of ${names.right}; what a list lacks there is added.` },
    { value: "right", label: names.right, description: `Its values replace those of ${names.left}; what a list lacks there is added.` },
    { value: "latest", label: "The item that was changed last", description: "By the times of the two apps." },
  ];
  return (
    <Radio.Group label={label} value={value} onChange={(chosen) => onChange(choices.find((one) => one.value === chosen)?.value ?? "fill")}>
      <Stack gap="xs" mt={6}>{choices.map((one) => <Radio key={one.value} {...one} />)}</Stack>
    </Radio.Group>
  );
}
