"""Looks for the ticket of a create whose answer was lost; it must not make one, nor decide whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo

from server.connectors.request_tracker.feed import PAGE, Search, in_queue
from server.connectors.request_tracker.learned import Learned
from server.connectors.request_tracker.read import Json
from server.connectors.request_tracker.write import quoted, spoken
from server.domain.item import Draft, Item

_APART = timedelta(seconds=2)
"""RT keeps whole seconds, and its answer's time may be of the second before."""


def find_lost(
    search: Search, learned: Learned, fetch: Callable[[str], Item], draft: Draft, reserved_at: datetime
) -> tuple[str, ...]:
    """Tickets that carry the correlation id; without a field for it, our own that are of that time and say the same."""
    marker = learned.marker(draft.container)
    if marker is not None:
        found, _ = search(f"CF.{{{marker.id}}} = {quoted(draft.marker)}", ("id",), "Queue")
        return tuple(str(one["id"]) for one in found)
    when = _made(draft, reserved_at, learned.zone())
    query = f"{in_queue(draft.container)} AND Creator = {quoted(learned.account().id)} AND ({when})"
    return tuple(str(one["id"]) for one in _every(search, query) if _alike(one, draft, fetch))


def _made(draft: Draft, reserved_at: datetime, zone: tzinfo) -> str:
    """When the ticket was made, as far as RT may say: now, or when its original was.

    Both are looked for whatever this RT did last: the answer may be from before it was updated.
    """
    when = f"Created >= '{spoken(reserved_at - _APART, zone)}'"
    old = draft.created_at
    if old is None:
        return when
    first, last = (spoken(one, zone) for one in (old - _APART, old + _APART))
    return f"{when} OR (Created >= '{first}' AND Created <= '{last}')"


def _every(search: Search, query: str) -> Iterator[Json]:
    after = 0
    while True:
        found, _ = search(f"{query} AND id > {after}", ("id",), "Subject")
        yield from found
        if len(found) < PAGE:
            return
        after = int(found[-1]["id"])


def _alike(ticket: Json, draft: Draft, fetch: Callable[[str], Item]) -> bool:
    if str(ticket.get("Subject") or "").strip() != str(draft.fields.get("Subject") or "").strip():
        return False
    held = fetch(str(ticket["id"])).fields.get("description")
    return str(held or "").strip() == str(draft.fields.get("description") or "").strip()
