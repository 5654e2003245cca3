/** What a preview's lines say, grouped by the item that was looked at. Pure. */
import type { PreviewLine } from "../../api/types";

const ACTIONS: Record<string, string> = {
  create: "would be made", update: "would be changed", add_comment: "comment", edit_comment: "changed comment", add_file: "file",
  delete: "would be deleted", delete_comment: "comment deleted", delete_file: "file deleted", add_link: "link", remove_link: "link taken back",
  skip: "left out", hold: "would be held back", end: "the pair would end", conflict: "conflict", join: "would be joined", ambiguous: "could be more than one",
};

/** A line's action in words; an action that the panel does not know stays as it is. */
export const sayAction = (action: string): string => ACTIONS[action] ?? action.replaceAll("_", " ");

export interface ItemLines {
  key: string;
  title: string;
  lines: PreviewLine[];
}

/** Lines of one item stand together, in the order in which they came. */
export function byItem(lines: readonly PreviewLine[]): ItemLines[] {
  const found = new Map<string, ItemLines>();
  for (const line of lines) {
    const key = `${line.side}/${line.item_id}`;
    const item = found.get(key) ?? { key, title: `${line.item_key || line.item_id}${line.twin_key === "" ? "" : ` → ${line.twin_key}`}`, lines: [] };
    item.lines.push(line);
    found.set(key, item);
  }
  return [...found.values()];
}
