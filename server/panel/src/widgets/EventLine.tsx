/** One line of history: outcome, sentence, and on request what changed field by field. */
import { Collapse, Group, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link } from "react-router";
import type { HistoryEvent } from "../api/types";
import { Icon } from "./Icon";
import { State } from "./State";
import { When } from "./When";
import { plain } from "./words";

/** ``by``: where the line stands; a run names the item, an item names the run. */
export function EventLine({ event, by }: { event: HistoryEvent; by: "item" | "run" }) {
  const [open, { toggle }] = useDisclosure(false);
  return (
    <div className="event">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <span className="event-outcome"><State of={event.outcome} /></span>
        <Text component="div" flex={1} miw={0} className="wrap">
          {by === "item" ? <Summary event={event} /> : event.summary}
        </Text>
        {event.detail.length > 0 && (
          <UnstyledButton onClick={toggle} aria-expanded={open} aria-label="Details" className="more">
            <Text size="xs" span>{event.detail.length}</Text><Text size="xs" span visibleFrom="sm">{event.detail.length === 1 ? "detail" : "details"}</Text><span className={open ? "turn turned" : "turn"}><Icon name="down" size={13} /></span>
          </UnstyledButton>
        )}
        <Text size="xs" c="dimmed" component="div">
          {by === "run" && event.run !== null ? <Link to={`/runs/${event.run}`} className="row-link"><When time={event.at} /></Link> : <When time={event.at} />}
        </Text>
      </Group>
      <Collapse expanded={open}>
        <ul className="event-detail">
          {event.detail.map((note, at) => (
            <li key={at}>
              <Text span fw={550}>{[note.what.replaceAll("_", " "), note.field].filter((word) => word !== "").join(" ")}</Text>
              {note.side && <Text span c="dimmed"> on the {note.side}</Text>}
              {(note.before !== null || note.after !== null) && <>: <del>{shown(note.before)}</del> → <ins>{shown(note.after)}</ins></>}
              {note.reason !== "" && <Text span c="dimmed">. {note.reason}</Text>}
            </li>
          ))}
        </ul>
      </Collapse>
    </div>
  );
}

/** The sentence, with the item's key in it as the way to the item. */
function Summary({ event }: { event: HistoryEvent }) {
  const { summary, item_key: key, pair } = event;
  const at = key === "" ? -1 : summary.lastIndexOf(key);
  const name = pair === null ? <strong>{key}</strong> : <Link to={`/items/${pair}`} className="row-link">{key}</Link>;
  if (at < 0) return <>{name} {summary}</>;
  return <>{summary.slice(0, at)}{name}{summary.slice(at + key.length)}</>;
}

function shown(value: unknown): string {
  const text = plain(value, "nothing");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
