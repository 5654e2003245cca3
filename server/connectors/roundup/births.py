"""Lists a Roundup class's items in the order of their making, with the correlation ids; it must not keep any.

Numbers are given out in order, whatever the tracker's clock shows. The correlation id is the message id of an item's
first message, so of an item's messages those that carry one are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.connectors.reading import born_of, ids_of, number
from server.connectors.roundup.read import heard, ids, marked
from server.connectors.roundup.schema import Shape
from server.connectors.roundup.session import Json, Session, record
from server.domain.lineage import Births, Newborn

_TOGETHER = 200
"""Items or messages that are asked for by their numbers in one request."""
_LATE = 25
"""So many items may be stored later than one with a higher number."""
_ITEM = "<item."


def walk_births(session: Session, shape: Shape, after: str) -> Iterator[Births]:
    """The items beyond the number ``after`` (empty: all)."""
    path = record(shape.name)
    newest, _ = session.listed(path, (("@sort", "-id"), ("@page_size", "1")))
    end = max((int(one) for one in ids_of(newest, lambda one: number(one["id"]))), default=0)
    fields = "creation,creator,title,messages" + (",remote_id" if shape.holds_marker else "")
    for first in range(max(1, int(after or 0) + 1 - _LATE), end + 1, _TOGETHER):
        numbers = [str(one) for one in range(first, min(first + _TOGETHER, end + 1))]
        found, _ = session.listed(path, (("@fields", fields), ("@verbose", "1"), *(("id", one) for one in numbers)))
        items = [one for one in found if isinstance(one, dict)]
        carried = _carried(session, [each for one in items for each in ids(one.get("messages"))])

        def newborn(raw: Json, carried: Mapping[str, str] = carried) -> Newborn:
            return _newborn(shape.name, raw, carried, session.user.id)

        yield Births(born_of(items, newborn), numbers[-1])
    yield Births((), str(max(end, int(after or 0))))


def _carried(session: Session, messages: Sequence[str]) -> Mapping[str, str]:
    """The correlation ids of items by the numbers of the messages that carry them."""
    carried: dict[str, str] = {}
    for place in range(0, len(messages), _TOGETHER):
        wish = [("messageid", _ITEM), ("@fields", "messageid"), ("@verbose", "1")]
        asked = [("id", one) for one in messages[place : place + _TOGETHER]]
        found, _ = session.listed("/rest/data/msg", [*wish, *asked])
        told = ((str(one["id"]), marked(one)) for one in found)
        carried |= {message: marker for message, (kind, marker) in told if kind == "item"}
    return carried


def _newborn(name: str, raw: Json, carried: Mapping[str, str], own: str) -> Newborn:
    designator = name + number(raw["id"])
    marker = str(raw.get("remote_id") or "")
    for one in ids(raw.get("messages")):
        marker = marker or carried.get(one, "")
    creator = raw.get("creator")
    by_us = isinstance(creator, dict) and str(creator.get("id")) == own
    made_at = heard(raw["creation"])
    return Newborn(designator, designator, str(raw.get("title") or ""), marker or None, by_us, made_at)
