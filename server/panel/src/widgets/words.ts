/** How values are said to people: times, sizes, numbers, states. Pure. */
const PLURALS = new Intl.PluralRules("en");
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const SIZES = ["bytes", "KB", "MB", "GB"] as const;

/** `1 item`, `1,204 items`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${PLURALS.select(number) === "one" ? one : many}`;
}

/** `just now`, `12 s ago`, `in 8 s`, `3 min ago`, `2 h ago`, `4 days ago`. */
export function relative(time: string, now: number): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const distance = span(Math.abs(seconds));
  if (Math.abs(seconds) < 2) return "just now";
  return seconds > 0 ? `${distance} ago` : `in ${distance}`;
}

/** A length of time, coarse: `12 s`, `3 min`, `2 h`, `4 days`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return count(Math.round(seconds / 86400), "day");
}

/** The whole moment, in the reader's own zone. */
export function exact(time: string): string {
  return EXACT.format(new Date(time));
}

/** `812 bytes`, `1.4 MB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? count(bytes, "byte") : `${value.toFixed(value < 10 ? 1 : 0)} ${SIZES[unit] ?? ""}`;
}

const COUNTS: Record<string, [string, string]> = {
  created: ["item created", "items created"],
  updated: ["item updated", "items updated"],
  adopted: ["twin found", "twins found"],
  comments: ["comment", "comments"],
  attachments: ["file", "files"],
  skipped: ["skipped", "skipped"],
  held: ["held back", "held back"],
  failed: ["failed", "failed"],
  conflicts: ["conflict", "conflicts"],
  unchanged: ["unchanged", "unchanged"],
  ended: ["ended", "ended"],
  deleted: ["item deleted", "items deleted"],
  links: ["link", "links"],
  undone: ["step taken back", "steps taken back"],
  kept: ["left as it is", "left as they are"],
  joins: ["would be joined", "would be joined"],
  twins: ["there already as a twin", "there already as twins"],
  ambiguous: ["could be several", "could be several"],
  joined: ["pair joined", "pairs joined"],
  removed: ["removed", "removed"],
  left: ["left the scope", "left the scope"],
  restricted: ["private item stays", "private items stay"],
  opened: ["private item would be readable", "private items would be readable"],
};

/** The counts of a run as words, the noughts left out; `nothing to do` when all are nought. */
export function tally(counts: Record<string, number>): string {
  const said = Object.entries(counts).filter(([kind, number]) => number > 0 && kind !== "unchanged");
  if (said.length === 0) return "nothing to do";
  return said.map(([kind, number]) => count(number, ...(COUNTS[kind] ?? [kind, kind]))).join(", ");
}

/** A value of any kind as text: lists with commas, what is unset as `empty`. */
export function plain(value: unknown, empty = "empty"): string {
  if (value === null || value === undefined || value === "") return empty;
  if (Array.isArray(value)) return value.length === 0 ? empty : value.map((one) => plain(one, empty)).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
