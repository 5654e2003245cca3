/** Which of the two apps can show single items to some people only. */
import { useConnections, useConnectors } from "../../../api/queries";
import type { Document, Side } from "../../../api/types";

export function useRestricting(document: Document): Record<Side, boolean> {
  const connections = useConnections().data;
  const connectors = useConnectors().data;
  const can = (side: Side) => {
    const kind = connections?.find((connection) => connection.id === document[side].connection)?.kind;
    return connectors?.find((connector) => connector.kind === kind)?.capabilities.restricted_items ?? false;
  };
  return { left: can("left"), right: can("right") };
}
