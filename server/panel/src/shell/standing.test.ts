import { describe, expect, it } from "vitest";
import type { IntegrationSummary, Overview, Run, SyncState } from "../api/types";
import { standing } from "./standing";

const NOW = Date.parse("2030-01-01T12:00:00Z");
const run: Run = {
  id: "r", integration: "i", integration_name: "Pair", trigger: "poll", argument: {}, state: "succeeded", phase: "", done: 3, total: 3, uncounted: "",
  pace: { rate: null, seconds_left: null }, counts: {}, message: "", cancel_requested: false, started_at: "2030-01-01T11:59:00Z", finished_at: "2030-01-01T11:59:01Z",
};
const overview = (integration: Partial<IntegrationSummary> = {}, sync: Partial<SyncState> = {}): Overview => ({
  tenant: "anna", title: "Anna", cluster: "north", connections: [],
  counts: { connections: 2, integrations: 1, pairs: 3, holds: 0, conflicts: 0 },
  sync: { state: "idle", message: "", holder: "n", last_pass_at: "2030-01-01T11:59:50Z", next_pass_at: "2030-01-01T12:00:20Z", ...sync },
  integrations: [{ id: "i", name: "Pair", state: "running", problem: "", pairs: 3, holds: 0, outcome: "", last_run: run, ...integration }],
});
const word = (given: Overview) => standing(given, NOW).word;

describe("in step or not", () => {
  it("is in step when nothing is left to do", () => expect(word(overview())).toBe("In step"));
  it("is not before the first run", () => expect(word(overview({ last_run: null }))).toBe("Starting"));
  it("is not while a problem stands", () => expect(word(overview({ problem: "The field is gone." }))).toBe("Not in step"));
  it("is catching up while a run has items to look at", () =>
    expect(word(overview({ last_run: { ...run, state: "running", done: 1, finished_at: null } }))).toBe("Catching up"));
  it("is catching up while a side is read for the first time, whether or not its app tells how many there are", () => {
    const first: Run = { ...run, state: "running", done: 50, total: null, uncounted: "Lab", finished_at: null };
    expect(standing(overview({ last_run: first }), NOW)).toMatchObject({ word: "Catching up", why: "Pair: working, 50 items." });
    expect(word(overview({ last_run: { ...first, uncounted: "" } }))).toBe("Catching up");
    expect(word(overview({ last_run: { ...first, uncounted: "", started_at: "2030-01-01T11:59:58Z" } }))).toBe("In step");
  });
  it("is late when the next look is overdue", () => expect(word(overview({}, { next_pass_at: "2030-01-01T11:58:00Z" }))).toBe("Late"));
  it("rests when nothing is started", () => expect(word(overview({ state: "paused" }))).toBe("Resting"));
  it("rests, and is not out of step, when a migration has come through", () => {
    const outcome = "The migration has come through: 3 items of Desk are on Lab, nothing is held back.";
    expect(standing(overview({ state: "paused", outcome }), NOW)).toEqual({ pace: "resting", word: "Resting", why: outcome });
  });
  it("says that no process syncs", () => expect(word(overview({}, { state: "none" }))).toBe("Not syncing"));
});
