/** Which kinds of links may stand in a row. Pure. */
import type { Side, ValueMapping } from "../../api/types";

export interface LinkChoice {
  value: string;
  label: string;
}

/**
 * What the app offers and no other row has taken, in the app's order. A row's own kind is always among them: until the
 * app has answered (`offered` is undefined) as it is, afterwards marked where the app has it no more.
 */
export function linkChoices(offered: readonly string[] | undefined, kinds: readonly ValueMapping[], side: Side, at: number): LinkChoice[] {
  const own = kinds[at]?.[side] ?? "";
  const taken = new Set(kinds.filter((_, place) => place !== at).map((kind) => kind[side]));
  const free = (offered ?? []).filter((kind) => !taken.has(kind)).map((kind) => ({ value: kind, label: kind }));
  if (own === "" || free.some((choice) => choice.value === own)) return free;
  const gone = offered !== undefined && !offered.includes(own);
  return [{ value: own, label: gone ? `${own} (not there any more)` : own }, ...free];
}

/** Whether another row can be filled on both sides. */
export function canAddLink(left: readonly string[] | undefined, right: readonly string[] | undefined, kinds: readonly ValueMapping[]): boolean {
  const free = (offered: readonly string[] | undefined, side: Side) => (offered ?? []).some((one) => kinds.every((kind) => kind[side] !== one));
  return free(left, "left") && free(right, "right");
}
