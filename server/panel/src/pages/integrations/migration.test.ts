import { describe, expect, it } from "vitest";
import type { Direction, Document } from "../../api/types";
import { oneWay, sayMigration } from "./migration";

const field = (direction: Direction) => ({ left: direction, right: "r", direction });
const document = (migration: Direction | null) =>
  ({
    migration, creates: "both",
    types: [{ left: "a", right: "b", fields: [field("both"), field("to_right"), field("to_left")] }],
    comments: { direction: "both" }, attachments: { direction: "to_left" }, links: { direction: null, parents: "both" },
    deletions: { on_left: "delete", on_right: "note" }, scope: { leaving: { on_left: "close", on_right: "ignore" } },
  }) as unknown as Document;

describe("a migration", () => {
  it("leaves an integration without one as it is", () => {
    expect(oneWay(document(null))).toEqual(document(null));
  });

  it("writes nothing to the side that everything leaves", () => {
    const moved = oneWay(document("to_right"));
    expect(moved.creates).toBe("to_right");
    expect(moved.types[0]?.fields.map((one) => [one.left, one.direction])).toEqual([["both", "to_right"], ["to_right", "to_right"]]);
    expect([moved.comments.direction, moved.attachments.direction, moved.links.parents]).toEqual(["to_right", null, "to_right"]);
    expect(moved.deletions).toMatchObject({ on_left: "ignore", on_right: "note" });
    expect(moved.scope.leaving.on_left).toBe("ignore");
  });

  it("promises dates only where the app can be told them", () => {
    expect(sayMigration("Desk", "Lab", true)).toContain("as old as their originals");
    expect(sayMigration("Desk", "Lab", null)).toContain("depends on the installation of Lab");
    expect(sayMigration("Desk", "Lab", false)).toContain("Lab cannot be told when an item was made");
  });
});
