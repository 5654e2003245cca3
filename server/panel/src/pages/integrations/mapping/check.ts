/** What is missing in a mapping before it can be saved, as one sentence; empty when nothing is. Pure. */
import type { Document } from "../../../api/types";

export function lacks(document: Document): string {
  if (document.types.length === 0) return "Choose at least one pair of item types.";
  for (const type of document.types) {
    if (type.fields.length === 0) return "Every pair of types needs at least one pair of fields.";
    if (type.fields.some((field) => field.left === "" || field.right === "")) return "A pair of fields is not complete: choose both fields or take the pair out.";
    if (type.fields.some((field) => field.values.some((value) => value.left === "" || value.right === ""))) return "A pair of values is not complete: choose both values or take the pair out.";
  }
  if (document.links.direction !== null && document.links.kinds.some((kind) => kind.left === "" || kind.right === "")) {
    return "A pair of links is not complete: choose both links or take the pair out.";
  }
  return "";
}
