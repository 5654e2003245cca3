/** What people call a pair of fields: as the apps say, or by the fields' ids while they have not answered. */
import { useQueries } from "@tanstack/react-query";
import { fieldsQuery } from "../../api/queries";
import type { Document, FieldMapping } from "../../api/types";

export function useFieldNames(document: Document): (field: FieldMapping) => string {
  const read = (side: "left" | "right") =>
    document.types.map((type) => fieldsQuery(document[side].connection, document[side].container, type[side]));
  const left = useQueries({ queries: read("left") });
  const right = useQueries({ queries: read("right") });
  const name = (reads: typeof left, id: string) => reads.flatMap((one) => one.data ?? []).find((field) => field.id === id)?.name ?? id;
  return (field) => {
    const [here, there] = [name(left, field.left), name(right, field.right)];
    return here.toLowerCase() === there.toLowerCase() ? here : `${here} (${there})`;
  };
}
