"""Lists an RT queue's tickets in the order of their making, with the correlation ids; it must not keep any.

Numbers are given out in order, but a ticket whose number was given out first may be stored last. So each look begins a
few numbers before the end of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.connectors.moments import moment
from server.connectors.reading import born_of, ids_of, number
from server.connectors.request_tracker.feed import Search, in_queue
from server.connectors.request_tracker.read import Json, own_id, read_marker
from server.domain.lineage import Births, Newborn

_LATE = 25
"""So many tickets may be stored later than one with a higher number."""
_FIELDS = "Subject,Created,Creator,CustomFields"


def walk_births(search: Search, container: str, after: str, marker_field: str, own: str) -> Iterator[Births]:
    """The tickets beyond the number ``after`` (empty: all)."""
    last = max(0, int(after or 0) - _LATE)
    while True:
        tickets, count = search(f"{in_queue(container)} AND id > {last}", ("id",), _FIELDS)
        last = max((int(one) for one in ids_of(tickets, _numbered)), default=last)
        yield Births(born_of(tickets, lambda one: _newborn(one, marker_field, own)), str(max(last, int(after or 0))))
        if not tickets or (count is not None and count <= len(tickets)):
            return


def _numbered(raw: Json) -> str:
    return number(raw["id"])


def _newborn(ticket: Json, marker_field: str, own: str) -> Newborn:
    numbered = number(ticket["id"])
    by_us = own_id(ticket.get("Creator")) == own
    made_at, title = moment(ticket["Created"]), str(ticket.get("Subject") or "")
    return Newborn(numbered, f"#{numbered}", title, read_marker(ticket, marker_field), by_us, made_at)
