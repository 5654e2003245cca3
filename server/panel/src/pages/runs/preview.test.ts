import { describe, expect, it } from "vitest";
import type { PreviewLine } from "../../api/types";
import { byItem, isJoin, isLive, isMatch, isPreview, isWhole, kindsOf, sayAction } from "./preview";

const line = (id: number, item_id: string, more: Partial<PreviewLine> = {}): PreviewLine => ({
  id, item_id, side: "right", item_key: `#${item_id}`, twin_id: "", twin_key: "", action: "update", field: "title", before: "a", after: "b", reason: "", ...more,
});

const names = { left: "Desk", right: "Lab" };

describe("a preview", () => {
  it("names each item with the side that it is on", () => {
    const lines = [line(1, "7", { action: "join", twin_key: "R-8" }), line(2, "9", { side: "left", action: "ambiguous" })];
    expect(byItem(lines, names).map((item) => item.title)).toEqual(["Desk #7 and Lab R-8", "Lab #9"]);
  });

  it("is told from what was done", () => {
    expect(isPreview({ trigger: "dry run", argument: {} })).toBe(true);
    expect(isPreview({ trigger: "reconcile", argument: { dry: true } })).toBe(true);
    expect(isPreview({ trigger: "reconcile", argument: { dry: false } })).toBe(false);
    expect(isMatch({ trigger: "match", argument: { rules: {} } })).toBe(true);
    expect(isPreview({ trigger: "match", argument: { preview: "1", wins: "fill" } })).toBe(false);
    expect(isJoin({ trigger: "match", argument: { preview: "1", wins: "fill" } })).toBe(true);
  });

  it("lets private items be looked at alone where there are any", () => {
    const dry = { trigger: "dry run", argument: {} };
    expect(kindsOf({ ...dry, counts: { creates: 3 } })).toEqual([]);
    expect(kindsOf({ ...dry, counts: { restricted: 2, opened: 0 } }).map((kind) => kind.value)).toEqual(["", "restricted"]);
    expect(kindsOf({ trigger: "match", argument: {}, counts: {} }).map((kind) => kind.value)).toEqual(["", "join", "ambiguous"]);
  });

  it("is not what keeps two sides in step", () => {
    expect(["poll", "now", "dry run", "undo"].map((trigger) => isLive({ trigger }))).toEqual([true, true, false, false]);
  });

  it("is whole only when it came to its end without a word", () => {
    expect(isWhole({ state: "partial", message: "" })).toBe(true);
    expect(isWhole({ state: "succeeded", message: "It was ended." })).toBe(false);
    expect(isWhole({ state: "running", message: "" })).toBe(false);
  });

  it("keeps what belongs to one item together", () => {
    const items = byItem([line(1, "7"), line(2, "8", { twin_key: "R-8" }), line(3, "7", { field: "status" })], names);
    expect(items.map((item) => [item.title, item.lines.map((one) => one.id)])).toEqual([["Desk #7", [1, 3]], ["Desk #8 → Lab R-8", [2]]]);
  });

  it("says an action that it does not know as it is", () => {
    expect(sayAction("create")).toBe("would be made");
    expect(sayAction("some_new_thing")).toBe("some new thing");
  });
});
