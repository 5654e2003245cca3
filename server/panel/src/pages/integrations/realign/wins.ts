/** Whether a change of an integration concerns pairs that exist already, and whose value was chosen to count. Pure. */
import type { Document, Precedence } from "../../../api/types";

const KNOWN: readonly Precedence[] = ["fill", "left", "right", "latest"];

/** What an address says of it; nobody's value gives way unless it is said. */
export const winsOf = (said: string | null): Precedence => KNOWN.find((one) => one === said) ?? "fill";

/** Types, fields, their values and directions; who wins a later conflict puts no pair out of step, nor does how often is looked. */
export const mapsAnew = (before: Document, after: Document): boolean => said(before) !== said(after);

function said({ types }: Document): string {
  return JSON.stringify(types.map(({ left, right, fields }) => [left, right, fields.map((field) => ({ ...field, conflict: "" }))]));
}
