import { describe, expect, it } from "vitest";
import { stateOf } from "./stateOf";

describe("an integration's badge", () => {
  it("says that it runs", () => expect(stateOf({ state: "running", problem: "", outcome: "" })).toBe("running"));
  it("says first what is wrong", () => expect(stateOf({ state: "paused", problem: "The field is gone.", outcome: "" })).toBe("problem"));
  it("calls a migration that has come through neither paused nor a problem", () =>
    expect(stateOf({ state: "paused", problem: "", outcome: "The migration has come through." })).toBe("moved"));
});
