/** Which kinds of field can be kept equal with which. Pure; the server has the last word. */
import type { FieldSpec } from "../../../api/types";

type Kind = FieldSpec["kind"];

const FAMILY: Record<Kind, string> = {
  text: "text", rich_text: "text", option: "option", status: "option", user: "user", users: "users",
  labels: "set", options: "set", number: "number", flag: "flag", date: "date", moment: "date",
};
const NAMES: Record<Kind, string> = {
  text: "text", rich_text: "rich text", option: "choice", status: "status", user: "person", users: "people",
  labels: "labels", options: "choices", number: "number", flag: "yes or no", date: "date", moment: "date and time",
};

export const kindName = (kind: Kind): string => NAMES[kind];
export const fits = (one: FieldSpec | undefined, other: FieldSpec): boolean => one === undefined || FAMILY[one.kind] === FAMILY[other.kind];
export const hasValues = (field: FieldSpec | undefined): field is FieldSpec => field !== undefined && ["option", "status", "options"].includes(field.kind);
