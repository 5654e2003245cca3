"""What the product has on record of an integration; it must not judge it."""

from __future__ import annotations

from server.engine.typed import OWN
from tests.e2e.trackers.node import Node

_STORY = (
    "select row_to_json(pairs)::text from pairs where integration_id = %s and title like %s",
    (
        "select row_to_json(o)::text from operations o join pairs p on p.id = pair_id"
        " where integration_id = %s and p.title like %s order by o.planned_at, o.place"
    ),
    (
        "select row_to_json(e)::text from events e join pairs p on p.id = pair_id"
        " where p.integration_id = %s and p.title like %s order by e.id"
    ),
    (
        "select row_to_json(c)::text from conflicts c join pairs p on p.id = pair_id"
        " where integration_id = %s and p.title like %s order by c.at"
    ),
)


def linked(node: Node, integration: str, side: str) -> list[tuple[str, str]]:
    """(id, title) of the items of one side that have a twin. Any thread may ask."""
    query = "select left_id, right_id, title from pairs where integration_id = %s and state = 'linked'"
    return [(str(one[0 if side == "left" else 1]), str(one[2])) for one in node.ask(query, integration)]


def said(node: Node, integration: str) -> str:
    """All that is on record of an integration's items, as one text."""
    events = node.ask(
        "select concat_ws(' ', item_key, outcome, summary, detail) from events where integration_id = %s", integration
    )
    conflicts = node.ask(
        "select concat_ws(' ', left_value #>> '{}', right_value #>> '{}', winner, conflicts.reason) from conflicts"
        " join pairs on pairs.id = pair_id where integration_id = %s",
        integration,
    )
    return "\n".join(str(one[0]) for one in (*events, *conflicts))


def troubled(node: Node, integration: str) -> frozenset[str]:
    """The ids, on both sides, of items whose sides differ on record.

    They are held, have a conflict that waits for a person, or their history says that an app worked a value out by
    itself (Request Tracker opens a ticket when somebody replies) where a person had typed another.
    """
    found = node.ask(
        "select left_id, right_id from pairs where integration_id = %s and"
        " (id in (select pair_id from holds) or id in (select pair_id from conflicts where winner = 'held')"
        " or id in (select pair_id from events where detail::text like any (%s)))",
        integration,
        [f"%{OWN}%", '%"worked out"%'],
    )
    return frozenset(str(one) for row in found for one in row if one is not None)


def creations(node: Node, integration: str) -> dict[str, int]:
    """How many lines of creation each pair with a twin has, by the keys of both."""
    found = node.ask(
        "select left_key || ' and ' || right_key, count(events.id) filter (where outcome = 'created')"
        " from pairs left join events on events.pair_id = pairs.id"
        " where pairs.integration_id = %s and left_id is not null and right_id is not null group by pairs.id",
        integration,
    )
    return {str(one[0]): int(one[1]) for one in found}


def story(node: Node, integration: str, token: str) -> list[str]:
    """All that is on record of the items whose title has this token, oldest first; what a fault is looked into with."""
    return [str(row[0]) for query in _STORY for row in node.ask(query, integration, f"%{token}%")]


def twins(node: Node, integration: str, token: str) -> list[tuple[str, str]]:
    """The ids of both sides of the pairs whose title has this token."""
    of = "from pairs where integration_id = %s and title like %s and left_id is not null and right_id is not null"
    return [(str(a), str(b)) for a, b in node.ask(f"select left_id, right_id {of}", integration, f"%{token}%")]
