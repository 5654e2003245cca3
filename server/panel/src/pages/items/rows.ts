/** The two sides' fields, laid beside each other as the integration pairs them. Pure. */
import type { Document, FieldMapping, FieldValue, ItemDetail } from "../../api/types";
import { plain } from "../../widgets/words";

export interface Row {
  key: string;
  label: string;
  left: FieldValue | undefined;
  right: FieldValue | undefined;
  mapping: FieldMapping | undefined;
  differs: boolean;
}

/** Mapped fields first, in the order of the mapping; then what each side has besides. */
export function rows(item: ItemDetail, document: Document | undefined): Row[] {
  const left = new Map(item.left?.fields.map((field) => [field.field, field]));
  const right = new Map(item.right?.fields.map((field) => [field.field, field]));
  const mapped = document?.types.find((type) => type.left === item.left?.type && type.right === item.right?.type)
    ?? document?.types.find((type) => type.left === item.left?.type || type.right === item.right?.type);
  const said: Row[] = [];
  for (const mapping of mapped?.fields ?? []) {
    const [here, there] = [left.get(mapping.left), right.get(mapping.right)];
    if (!here && !there) continue;
    left.delete(mapping.left);
    right.delete(mapping.right);
    said.push(row(here, there, mapping));
  }
  for (const field of left.values()) {
    const twin = document === undefined ? right.get(field.field) : undefined;
    if (twin) right.delete(twin.field);
    said.push(row(field, twin, undefined));
  }
  for (const field of right.values()) said.push(row(undefined, field, undefined));
  return said;
}

function row(left: FieldValue | undefined, right: FieldValue | undefined, mapping: FieldMapping | undefined): Row {
  const label = left?.label ?? right?.label ?? "";
  return { key: `${left?.field ?? ""}|${right?.field ?? ""}`, label, left, right, mapping, differs: mapping !== undefined && !agree(left, right, mapping) };
}

/** Whether the two values say the same: equal as shown, or counterparts by the value mapping. */
export function agree(left: FieldValue | undefined, right: FieldValue | undefined, mapping: FieldMapping): boolean {
  if (mapping.create_only) return true;
  const [here, there] = [left?.shown ?? "", right?.shown ?? ""];
  if (same(here, there)) return true;
  // Another markup says the same in other characters; people are told by name, which need not be spelt alike.
  if (left?.kind === "rich_text" || left?.kind === "user" || left?.kind === "users") return (here === "") === (there === "");
  const [one, other] = [values(left), values(right)];
  if (mapping.values.length === 0 || one.length !== other.length) return false;
  return one.every((value) => mapping.values.some((pair) => pair.left === value && other.includes(pair.right)));
}

function same(one: string, other: string): boolean {
  return one.trim().replace(/\s+/g, " ").toLowerCase() === other.trim().replace(/\s+/g, " ").toLowerCase();
}

function values(field: FieldValue | undefined): string[] {
  const value: unknown = field?.value;
  if (Array.isArray(value)) return value.map((one) => plain(one));
  return value === null || value === undefined ? [] : [plain(value)];
}
