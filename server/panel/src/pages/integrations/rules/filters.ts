/** What a rule of a filter can ask of a field, in words. Pure; the server has the last word. */
import type { FieldSpec, FilterRule, Operator } from "../../../api/types";

const SAID: Record<Operator, string> = {
  is: "is", is_not: "is not", contains: "contains", lacks: "does not contain", empty: "is empty", filled: "is not empty",
  at_least: "is at least", at_most: "is at most",
};
const WORDS: FieldSpec["kind"][] = ["text", "rich_text", "labels"];
const ORDERED: FieldSpec["kind"][] = ["number", "date", "moment"];

/** The comparisons that make sense for a kind of field. */
export function operatorsFor(kind: FieldSpec["kind"]): { value: Operator; label: string }[] {
  const chosen: Operator[] = ["is", "is_not"];
  if (WORDS.includes(kind)) chosen.push("contains", "lacks");
  if (ORDERED.includes(kind)) chosen.push("at_least", "at_most");
  chosen.push("filled", "empty");
  return chosen.map((value) => ({ value, label: SAID[value] }));
}

export const takesValues = (operator: Operator): boolean => operator !== "empty" && operator !== "filled";
export const takesMany = (operator: Operator): boolean => takesValues(operator) && operator !== "at_least" && operator !== "at_most";

/** ``Priority is High or Urgent``. */
export function sayRule(rule: FilterRule, field: FieldSpec | undefined): string {
  const name = (value: string) => field?.options.find((option) => option.id === value)?.name ?? value;
  const values = rule.values.map(name).join(" or ");
  return `${field?.name ?? rule.field} ${SAID[rule.operator]}${values === "" ? "" : ` ${values}`}`;
}

/** Every field of several types once, by name. */
export function fieldsOnce(types: readonly (readonly FieldSpec[])[]): FieldSpec[] {
  const found = new Map(types.flat().map((field) => [field.id, field]));
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}
