/** A state as a word with a dot; the colour never says anything that the word does not. */
import { Badge } from "@mantine/core";

const LOOKS: Record<string, [label: string, color: string]> = {
  draft: ["Draft", "gray"],
  running: ["Running", "step"],
  moved: ["Come through", "step"],
  paused: ["Paused", "orange"],
  active: ["Active", "step"],
  succeeded: ["Succeeded", "step"],
  partial: ["Partly done", "orange"],
  failed: ["Failed", "red"],
  cancelled: ["Cancelled", "gray"],
  reserved: ["Being created", "blue"],
  linked: ["In step", "step"],
  ended: ["Ended", "gray"],
  held: ["Held back", "orange"],
  retry: ["Will retry", "blue"],
  quarantine: ["Set aside", "red"],
  waiting: ["Waiting", "blue"],
  skipped: ["Skipped", "gray"],
  created: ["Created", "step"],
  deleted: ["Deleted", "gray"],
  updated: ["Updated", "blue"],
  adopted: ["Twin found", "step"],
  conflict: ["Conflict", "orange"],
  outside: ["Out of scope", "gray"],
  left: ["Parted", "gray"],
  joined: ["Joined", "step"],
  undone: ["Taken back", "blue"],
  noted: ["Noted", "gray"],
  unpaired: ["No twin", "gray"],
  problem: ["Problem", "red"],
};

export function State({ of, label }: { of: string; label?: string }) {
  const [word, color] = LOOKS[of] ?? [of, "gray"];
  return (
    <Badge color={color} leftSection={<span className={of === "running" ? "dot dot-live" : "dot"} />} className="state">
      {label ?? word}
    </Badge>
  );
}
