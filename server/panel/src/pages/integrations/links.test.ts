import { expect, test } from "vitest";
import { canAddLink, linkChoices } from "./links";

const kinds = [{ left: "blocks", right: "depends" }, { left: "old", right: "" }];
const values = (offered: string[] | undefined, side: "left" | "right", at: number) => linkChoices(offered, kinds, side, at).map((choice) => choice.value);

test("a kind that another row has taken is not offered twice", () => {
  expect(values(["blocks", "relates"], "left", 0)).toEqual(["blocks", "relates"]);
  expect(values(["depends", "relates"], "right", 1)).toEqual(["relates"]);
});

test("a kind that the app has no more is kept and marked", () => {
  expect(linkChoices(["blocks", "relates"], kinds, "left", 1)).toEqual([
    { value: "old", label: "old (not there any more)" },
    { value: "relates", label: "relates" },
  ]);
});

test("a row shows its kind while the app has not answered", () => {
  expect(linkChoices(undefined, kinds, "left", 0)).toEqual([{ value: "blocks", label: "blocks" }]);
});

test("a row is added only where both sides have a kind left", () => {
  expect(canAddLink(["blocks", "relates"], ["depends", "relates"], kinds)).toBe(true);
  expect(canAddLink(["blocks"], ["depends", "relates"], kinds)).toBe(false);
  expect(canAddLink(undefined, ["relates"], kinds)).toBe(false);
});
