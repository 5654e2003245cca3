/** Whether the tenant is in step, as one word and one sentence. Pure; the overview is all it needs. */
import type { Overview } from "../api/types";
import { count } from "../widgets/words";

export type Pace = "in-step" | "moving" | "resting" | "off";

export interface Standing {
  pace: Pace;
  word: string;
  why: string;
}

/** How long, in milliseconds, a pass may be overdue before it is called late. */
const LATE = 45_000;
/** How long, in milliseconds, a run that tells no total may go on before it is more than the ordinary heartbeat. */
const LONG = 5_000;

/** The worst thing first: no thread, a problem, work going on, items held back, nothing to do, in step. */
export function standing(overview: Overview, now: number): Standing {
  const { sync, integrations } = overview;
  const troubled = integrations.find((integration) => integration.problem !== "");
  const running = integrations.filter((integration) => integration.state === "running");
  const working = integrations.find((integration) => integration.last_run?.state === "running");
  const holds = running.reduce((sum, integration) => sum + integration.holds, 0);
  if (sync.state === "problem") return { pace: "off", word: "Not in step", why: sync.message };
  if (sync.state === "none") return { pace: "off", word: "Not syncing", why: sync.message || "No sync process has taken this tenant yet." };
  if (sync.state === "suspended") return { pace: "resting", word: "Suspended", why: sync.message || "This tenant is suspended." };
  if (troubled) return { pace: "off", word: "Not in step", why: `${troubled.name}: ${troubled.problem}` };
  if (running.length === 0) return { pace: "resting", word: "Resting", why: restful(integrations) };
  if (sync.state === "starting") return { pace: "moving", word: "Starting", why: sync.message || "The sync thread is starting." };
  const waiting = running.find((integration) => integration.last_run === null);
  if (waiting) return { pace: "moving", word: "Starting", why: `${waiting.name}: its first run is about to begin.` };
  if (sync.state === "idle" && sync.next_pass_at !== null && now - Date.parse(sync.next_pass_at) > LATE) {
    return { pace: "off", word: "Late", why: "The next look is overdue; the sync process may have stopped." };
  }
  if (working?.last_run) {
    const { done, total, phase, uncounted, started_at } = working.last_run;
    const way = total === null ? count(done, "item") : `${done} of ${count(total, "item")}`;
    // A pass that has found nothing to do yet is the ordinary heartbeat, not news.
    const much = total === null ? uncounted !== "" || now - Date.parse(started_at) > LONG : total > 0;
    if (much) return { pace: "moving", word: "Catching up", why: `${working.name}: ${phase || "working"}, ${way}.` };
  }
  if (holds > 0) return { pace: "in-step", word: "In step", why: `All but ${count(holds, "item")} held back.` };
  return { pace: "in-step", word: "In step", why: "Both sides agree on every item." };
}

/** Why nothing travels although nothing is wrong. */
function restful(integrations: Overview["integrations"]): string {
  if (integrations.length === 0) return "No integration yet.";
  const [first, ...others] = integrations;
  if (first && others.length === 0 && first.outcome !== "") return first.outcome;
  return integrations.every((one) => one.outcome !== "") ? "Every migration has come through." : "No integration is started.";
}
