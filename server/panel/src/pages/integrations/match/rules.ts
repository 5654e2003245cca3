/** By what items that are on both sides already are recognised: what may be compared, how, and where to begin. Pure. */
import type { Document, FieldSpec, Likeness, MatchPart, MatchRule, Run } from "../../../api/types";

export const LIKENESS: { value: Likeness; label: string }[] = [
  { value: "exact", label: "is exactly" },
  { value: "words", label: "says the same as" },
  { value: "key", label: "is the key" },
  { value: "day", label: "is on the day of" },
  { value: "person", label: "is the person of" },
];

const OF_ITEM = [
  { value: "@key", label: "Key" }, { value: "@id", label: "Id in the app" }, { value: "@url", label: "Address" }, { value: "@created", label: "Made at" },
];

/** What an item can be recognised by, a field that is gone among them while a rule names it. */
export function choices(fields: readonly FieldSpec[], chosen: string): { value: string; label: string }[] {
  const known = [...fields.map((field) => ({ value: field.id, label: field.name })), ...OF_ITEM];
  return chosen === "" || known.some((one) => one.value === chosen) ? known : [...known, { value: chosen, label: `${chosen} · not there any more` }];
}

export const EMPTY: MatchPart = { left: "", right: "", how: "words" };

/** Where a person begins: the rules of the last match, else those of the document, else its first pair of fields. */
export function proposed(document: Document, last: Pick<Run, "argument"> | undefined): MatchRule[] {
  const before = rulesOf(last?.argument.rules);
  if (before.length > 0) return before;
  if (document.matching.rules.length > 0) return document.matching.rules;
  const first = document.types[0]?.fields[0];
  return [{ parts: [first ? { left: first.left, right: first.right, how: "words" } : EMPTY] }];
}

/** The rules that a run was asked with; what does not look like them is none. */
function rulesOf(argument: unknown): MatchRule[] {
  const rules = typeof argument === "object" && argument !== null && "rules" in argument ? argument.rules : undefined;
  return Array.isArray(rules) ? (rules as MatchRule[]) : [];
}

export const isComplete = (rules: readonly MatchRule[]): boolean =>
  rules.length > 0 && rules.every((rule) => rule.parts.length > 0 && rule.parts.every((part) => part.left !== "" && part.right !== ""));
