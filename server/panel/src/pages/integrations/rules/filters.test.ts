import { describe, expect, it } from "vitest";
import type { FieldSpec } from "../../../api/types";
import { fieldsOnce, operatorsFor, sayRule, takesMany, takesValues } from "./filters";

const spec = (id: string, name: string, kind: FieldSpec["kind"] = "text", options: FieldSpec["options"] = []): FieldSpec => ({
  id, name, kind, options, required: false, read_only: false, create_only: false, text_format: null, max_length: null, restricts: false, title: false, only_for: "",
  length_unit: "characters",
});

describe("a filter's rules", () => {
  it("offer an order only where there is one", () => {
    expect(operatorsFor("number").map((one) => one.value)).toContain("at_least");
    expect(operatorsFor("option").map((one) => one.value)).not.toContain("at_least");
    expect(operatorsFor("option").map((one) => one.value)).not.toContain("contains");
  });

  it("are said with the names that people know", () => {
    const priority = spec("p", "Priority", "option", [{ id: "1", name: "Low", closed: null }, { id: "2", name: "High", closed: null }]);
    expect(sayRule({ field: "p", operator: "is", values: ["2", "1"] }, priority)).toBe("Priority is High or Low");
    expect(sayRule({ field: "gone", operator: "filled", values: [] }, undefined)).toBe("gone is not empty");
  });

  it("take values only where they mean something", () => {
    expect(takesValues("empty")).toBe(false);
    expect(takesMany("at_most")).toBe(false);
    expect(takesMany("is_not")).toBe(true);
  });

  it("know every field once, by name", () => {
    expect(fieldsOnce([[spec("b", "Bee"), spec("a", "Ant")], [spec("a", "Ant")]]).map((one) => one.id)).toEqual(["a", "b"]);
  });
});
