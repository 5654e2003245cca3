import { describe, expect, it } from "vitest";
import type { Document, MatchRule } from "../../../api/types";
import { choices, isComplete, proposed } from "./rules";

const byTitle: MatchRule = { parts: [{ left: "title", right: "name", how: "words" }] };
const byKey: MatchRule = { parts: [{ left: "@key", right: "ref", how: "key" }] };
const document = (rules: MatchRule[] = []) =>
  ({ matching: { rules }, types: [{ left: "a", right: "b", fields: [{ left: "title", right: "name" }] }] }) as unknown as Document;

describe("the rules of a match", () => {
  it("begin with those of the last one, else the document's, else its first pair of fields", () => {
    expect(proposed(document([byKey]), { argument: { rules: { rules: [byTitle] } } })).toEqual([byTitle]);
    expect(proposed(document([byKey]), { argument: {} })).toEqual([byKey]);
    expect(proposed(document(), undefined)).toEqual([byTitle]);
  });

  it("are whole when each says something of both sides", () => {
    expect(isComplete([byTitle, byKey])).toBe(true);
    expect(isComplete([])).toBe(false);
    expect(isComplete([byTitle, { parts: [] }])).toBe(false);
    expect(isComplete([{ parts: [{ left: "title", right: "", how: "exact" }] }])).toBe(false);
  });

  it("offer what every item has, and keep a field that is gone in sight", () => {
    expect(choices([], "").map((one) => one.label)).toContain("Key");
    expect(choices([], "old").at(-1)?.label).toContain("not there any more");
  });
});
