/** Which way one row of a value mapping works: the first row that names an option is the one that is used. Pure. */
import type { Direction, ValueMapping } from "../../../api/types";

/** Null: rows above it name both of its options already, so it is never used. */
export function effect(values: readonly ValueMapping[], at: number): Direction | null {
  const row = values[at];
  if (!row) return null;
  const above = values.slice(0, at);
  const right = !above.some((other) => other.left === row.left);
  const left = !above.some((other) => other.right === row.right);
  if (right && left) return "both";
  return right ? "to_right" : left ? "to_left" : null;
}
