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
          {by === "item" && event.item_key !== "" && (
            <>{event.pair === null ? <strong>{event.item_key}</strong> : <Link to={`/items/${event.pair}`} className="row-link">{event.item_key}</Link>} </>
          )}
          {event.summary}
        </Text>
        {event.detail.length > 0 && (
          <UnstyledButton onClick={toggle} aria-expanded={open} className="more">
            <Text size="xs" span>{event.detail.length}</Text><span className={open ? "turn turned" : "turn"}><Icon name="down" size={13} /></span>
            <span className="visually-hidden">details</span>
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

function shown(value: unknown): string {
  const text = plain(value, "nothing");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
