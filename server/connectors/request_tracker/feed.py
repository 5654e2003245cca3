"""Walks through an RT queue without missing what changes meanwhile; it must not keep what it has seen.

Each request asks for what lies behind the last ticket seen, by time and then by number, so nothing can slip past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from server.connectors.request_tracker.read import Json, read_head
from server.connectors.request_tracker.write import spoken
from server.domain.item import Page

PAGE = 100
"""As many tickets as RT gives at once."""

_SECOND = timedelta(seconds=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Search = Callable[[str, tuple[str, ...], str], tuple[list[Json], int | None]]
"""Asks for tickets by a query, ordered by these columns, with these fields: one page, and the total if RT tells it."""


def in_queue(container: str) -> str:
    """All tickets of the queue, whatever their status (RT shows deleted ones in no search)."""
    return f"Queue = {int(container)}"


def walk_changes(
    search: Search, container: str, since: datetime | None, zone: tzinfo, now: Callable[[], datetime | None]
) -> Iterator[Page]:
    """Tickets changed at or after ``since``, oldest first, a page a request.

    ``zone`` is our account's, ``now`` RT's own time.
    """
    at, after = (since or _BEGINNING).replace(microsecond=0), 0
    total: int | None = None
    while True:
        behind = f"LastUpdated >= '{spoken(at, zone)}'"
        if after:
            later = f"LastUpdated >= '{spoken(at + _SECOND, zone)}'"
            behind = f"({later} OR ({behind} AND id > {after}))"
        tickets, count = search(f"{in_queue(container)} AND {behind}", ("LastUpdated", "id"), "LastUpdated")
        total = count if total is None else total
        heads = tuple(read_head(one, now()) for one in tickets)
        if not heads:
            return
        yield Page(heads, max(one.updated_at for one in heads), total)
        if count is not None and count <= len(heads):
            return
        at, after = heads[-1].updated_at, int(heads[-1].id)


def walk_census(search: Search, container: str) -> Iterator[tuple[str, ...]]:
    """The numbers of all tickets of the queue."""
    after = 0
    while True:
        tickets, count = search(f"{in_queue(container)} AND id > {after}", ("id",), "Queue")
        ids = tuple(str(one["id"]) for one in tickets)
        yield ids
        if not ids or (count is not None and count <= len(ids)):
            return
        after = int(ids[-1])
