/** What an integration's badge says: what is wrong comes first; a migration that has come through is no pause. Pure. */
import type { IntegrationSummary } from "../../api/types";

export function stateOf({ state, problem, outcome }: Pick<IntegrationSummary, "state" | "problem" | "outcome">): string {
  if (problem !== "") return "problem";
  return outcome === "" ? state : "moved";
}
