import { describe, expect, it } from "vitest";
import type { Document } from "../../../api/types";
import { mapsAnew, winsOf } from "./wins";

const document = (more: object = {}) => ({ types: [{ left: "a", right: "b", fields: [] }], scan_hours: 24, ...more }) as unknown as Document;

describe("a change of the mapping", () => {
  it("lets nobody's value give way unless somebody said so", () => {
    expect(winsOf("left")).toBe("left");
    expect(winsOf("everybody")).toBe("fill");
    expect(winsOf(null)).toBe("fill");
  });

  it("is one of types and fields, not of times", () => {
    expect(mapsAnew(document(), document({ scan_hours: 1 }))).toBe(false);
    expect(mapsAnew(document(), document({ types: [] }))).toBe(true);
    const field = { left: "t", right: "u", direction: "both", conflict: "latest", create_only: false, values: [] };
    const one = (more: object) => document({ types: [{ left: "a", right: "b", fields: [{ ...field, ...more }] }] });
    expect(mapsAnew(one({}), one({ conflict: "hold" }))).toBe(false);
    expect(mapsAnew(one({}), one({ values: [{ left: "1", right: "2" }] }))).toBe(true);
  });
});
