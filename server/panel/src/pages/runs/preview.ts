/** Which runs only show what would be done, and what their lines say, grouped by the item that was looked at. Pure. */
import type { PreviewLine, Run } from "../../api/types";

const ACTIONS: Record<string, string> = {
  create: "would be made", update: "would be changed", add_comment: "comment", edit_comment: "changed comment", add_file: "file",
  delete: "would be deleted", delete_comment: "comment deleted", delete_file: "file deleted", add_link: "link", remove_link: "link taken back",
  skip: "left out", hold: "would be held back", end: "the pair would end", conflict: "conflict", join: "would be joined", ambiguous: "could be several",
  restricted: "stays, it is private", opened: "private, readable there", restrict: "would be made private",
};

type Asked = Pick<Run, "trigger" | "argument">;

/** Whether the run shows and does nothing. A match does so unless it joins what another has shown. */
export const isPreview = ({ trigger, argument }: Asked): boolean => trigger === "dry run" || argument.dry === true || isMatch({ trigger, argument });
export const isMatch = ({ trigger, argument }: Asked): boolean => trigger === "match" && argument.preview === undefined;
/** Whether it joined items: that writes nothing to an app, so there is nothing to undo. */
export const isJoin = ({ trigger, argument }: Asked): boolean => trigger === "match" && argument.preview !== undefined;
/** Whether the next run of its kind begins by itself, so that ending it takes the integration to rest. */
export const isLive = ({ trigger }: Pick<Run, "trigger">): boolean => trigger === "poll" || trigger === "now";
/** Whether it came to its end, so that what it showed is all there is. */
export const isWhole = ({ state, message }: Pick<Run, "state" | "message">): boolean => (state === "succeeded" || state === "partial") && message === "";

/** The kinds of lines that can be looked at alone, where there are any of them. */
export function kindsOf(run: Asked & Pick<Run, "counts">): { value: string; label: string }[] {
  const match = [{ value: "join", label: "Would be joined" }, { value: "ambiguous", label: "Could be several" }];
  const items = [{ value: "restricted", label: "Private, stay" }, { value: "opened", label: "Private, would be readable" }];
  const kinds = isMatch(run) ? match : items.filter(({ value }) => (run.counts[value] ?? 0) > 0);
  return kinds.length === 0 ? [] : [{ value: "", label: "Everything" }, ...kinds];
}

/** A line's action in words; an action that the panel does not know stays as it is. */
export const sayAction = (action: string): string => ACTIONS[action] ?? action.replaceAll("_", " ");

export interface ItemLines {
  key: string;
  title: string;
  lines: PreviewLine[];
}

/** Lines of one item stand together, in the order in which they came. */
export function byItem(lines: readonly PreviewLine[], names: { left: string; right: string }): ItemLines[] {
  const found = new Map<string, ItemLines>();
  for (const line of lines) {
    const key = `${line.side}/${line.item_id}`;
    const item = found.get(key) ?? { key, title: sayItem(line, names), lines: [] };
    item.lines.push(line);
    found.set(key, item);
  }
  return [...found.values()];
}

/** A line's side is where something would be done; the item that it comes from is on the other. */
function sayItem(line: PreviewLine, names: { left: string; right: string }): string {
  const from = `${names[line.side === "left" ? "right" : "left"]} ${line.item_key || line.item_id}`;
  if (line.twin_key === "") return from;
  return `${from} ${line.action === "join" ? "and" : "→"} ${names[line.side]} ${line.twin_key}`;
}
