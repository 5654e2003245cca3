/** The two sides' fields, laid beside each other as the integration pairs them. Pure. */
import type { Document, FieldMapping, FieldValue, ItemDetail } from "../../api/types";

export interface Row {
  key: string;
  label: string;
  left: FieldValue | undefined;
  right: FieldValue | undefined;
  mapping: FieldMapping | undefined;
  /** Why the two differ and stay so, as the engine judges; empty where they agree. */
  apart: string;
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
    said.push(row(here, there, mapping, item.apart));
  }
  for (const field of left.values()) {
    const twin = document === undefined ? right.get(field.field) : undefined;
    if (twin) right.delete(twin.field);
    said.push(row(field, twin, undefined, []));
  }
  for (const field of right.values()) said.push(row(undefined, field, undefined, []));
  return said;
}

function row(left: FieldValue | undefined, right: FieldValue | undefined, mapping: FieldMapping | undefined, apart: ItemDetail["apart"]): Row {
  const label = left?.label ?? right?.label ?? "";
  const why = apart.find((one) => one.left === mapping?.left && one.right === mapping.right)?.reason ?? "";
  return { key: `${left?.field ?? ""}|${right?.field ?? ""}`, label, left, right, mapping, apart: why };
}
