/** Every field that the mapped types of one side have, as far as the app has answered. */
import { useQueries } from "@tanstack/react-query";
import { fieldsQuery } from "../../../api/queries";
import type { Document, FieldSpec, Side } from "../../../api/types";
import { fieldsOnce } from "./filters";

export function useSideFields(document: Document, side: Side): FieldSpec[] {
  const types = [...new Set(document.types.map((type) => type[side]))];
  const reads = useQueries({ queries: types.map((type) => fieldsQuery(document[side].connection, document[side].container, type)) });
  return fieldsOnce(reads.map((read) => read.data ?? []));
}
