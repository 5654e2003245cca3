import { describe, expect, it } from "vitest";
import type { PreviewLine } from "../../api/types";
import { byItem, sayAction } from "./preview";

const line = (id: number, item_id: string, more: Partial<PreviewLine> = {}): PreviewLine => ({
  id, item_id, side: "right", item_key: `#${item_id}`, twin_id: "", twin_key: "", action: "update", field: "title", before: "a", after: "b", reason: "", ...more,
});

describe("a preview", () => {
  it("keeps what belongs to one item together", () => {
    const items = byItem([line(1, "7"), line(2, "8", { twin_key: "R-8" }), line(3, "7", { field: "status" })]);
    expect(items.map((item) => [item.title, item.lines.map((one) => one.id)])).toEqual([["#7", [1, 3]], ["#8 → R-8", [2]]]);
  });

  it("says an action that it does not know as it is", () => {
    expect(sayAction("create")).toBe("would be made");
    expect(sayAction("some_new_thing")).toBe("some new thing");
  });
});
