/** What people call the two ends of an integration. Pure. */
import type { Connection, Connector, Document } from "../../api/types";

export interface Names {
  left: string;
  right: string;
}

/** Connections by their own names; where both sides are the same connection, the container tells them apart. */
export function namesOf(document: Pick<Document, "left" | "right">, connections: readonly Connection[] | undefined, connectors?: readonly Connector[]): Names {
  const name = (id: string, otherwise: string) => {
    const found = connections?.find((connection) => connection.id === id);
    return found?.name ?? connectors?.find((connector) => connector.kind === found?.kind)?.title ?? otherwise;
  };
  const left = name(document.left.connection, "Left");
  const right = name(document.right.connection, "Right");
  if (left !== right) return { left, right };
  return { left: `${left} (${document.left.container})`, right: `${right} (${document.right.container})` };
}
