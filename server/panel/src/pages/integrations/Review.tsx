/** The rules of an integration in plain words, what stays private among them. */
import { Stack, Text } from "@mantine/core";
import { useConnections, useConnectors } from "../../api/queries";
import type { Document } from "../../api/types";
import { Icon, type IconName } from "../../widgets/Icon";
import { namesOf } from "./names";
import { review, type Sentence } from "./review";
import { endsOf } from "./rules/timetable";
import { useRestricting } from "./rules/useRestricting";
import { useFieldNames } from "./useFieldNames";

const ICONS: Record<Sentence["about"], IconName> = {
  items: "item", fields: "both", conflicts: "hold", comments: "comment", private: "lock", files: "file", links: "integration", partings: "trash", pace: "run",
};

export function Review({ document }: { document: Document }) {
  const connections = useConnections().data;
  const connectors = useConnectors().data;
  const label = useFieldNames(document);
  const keeps = (id: string) => {
    const kind = connections?.find((connection) => connection.id === id)?.kind;
    return connectors?.find((connector) => connector.kind === kind)?.capabilities.private_comments ?? true;
  };
  const silenceOf = (id: string) => {
    const kind = connections?.find((connection) => connection.id === id)?.kind;
    return connectors?.find((connector) => connector.kind === kind)?.capabilities.silent_edits ?? "";
  };
  const silent = { left: silenceOf(document.left.connection), right: silenceOf(document.right.connection) };
  const privacy = { left: keeps(document.left.connection), right: keeps(document.right.connection) };
  const said = review(document, namesOf(document, connections, connectors), label, privacy, endsOf(document, connections), useRestricting(document), silent);
  return (
    <Stack gap={8} component="ul" className="review">
      {said.map((sentence) => (
        <li key={sentence.text} className={sentence.grave ? "grave" : undefined}>
          <Icon name={ICONS[sentence.about]} />
          <Text span className="wrap">{sentence.text}</Text>
        </li>
      ))}
    </Stack>
  );
}
