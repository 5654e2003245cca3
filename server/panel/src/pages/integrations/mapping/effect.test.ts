import { expect, it } from "vitest";
import { effect } from "./effect";

const values = [
  { left: "unread", right: "new" },
  { left: "deferred", right: "new" },
  { left: "unread", right: "open" },
  { left: "unread", right: "new" },
];

it("uses the first row from the top in each direction", () => {
  expect(values.map((_, at) => effect(values, at))).toEqual(["both", "to_right", "to_left", null]);
});
