"""Walks through an RT queue without missing what changes meanwhile; it must not keep what it has seen.

Each request asks for what lies behind the last ticket seen, by time and then by number, so nothing can slip past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from server.connectors.reading import heads_of, ids_of, number
from server.connectors.request_tracker.read import Json, read_head
from server.connectors.request_tracker.write import spoken
from server.domain.item import Head, Page

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
    search: Search,
    container: str,
    since: datetime | None,
    zone: Callable[[], tzinfo],
    now: Callable[[], datetime | None],
) -> Iterator[Page]:
    """Tickets changed at or after ``since``, oldest first, a page a request.

    ``zone`` is our account's, asked for before each page: a time in a query means what the account's zone is then.
    ``now`` is RT's own time.
    """
    at, after = (since or _BEGINNING).replace(microsecond=0), 0
    total: int | None = None
    ceiling: datetime | None = None
    while True:
        here = zone()
        behind = f"LastUpdated >= '{spoken(at, here)}'"
        if after:
            later = f"LastUpdated >= '{spoken(at + _SECOND, here)}'"
            behind = f"({later} OR ({behind} AND id > {after}))"
        tickets, count = search(f"{in_queue(container)} AND {behind}", ("LastUpdated", "id"), "LastUpdated")
        total = count if total is None else total
        heads = tuple(heads_of(tickets, partial(read_head, now=now()), _numbered, at))
        if not heads:
            return
        latest = max(one.updated_at for one in heads)
        yield Page(heads, latest if ceiling is None else min(latest, ceiling), total)
        if count is not None and count <= len(heads):
            return
        if ceiling is None and not heads[-1].stamp:
            ceiling = heads[-1].updated_at  # a ticket in front may change within this second still: the next look's
        at, after = heads[-1].updated_at, _last(tickets)


def walk_merges(listed: Callable[[int], list[Json]], now: datetime | None) -> Iterator[Page]:
    """The tickets that were merged into others: no list of tickets shows them any more, and no time of theirs moves.

    ``listed`` asks for a page of the records of that; the ticket that stays has one as well. They claim no time: what
    comes after is asked for by the tickets' own.
    """
    page = 1
    while True:
        records = listed(page)
        gone = [one for one in records if not str(one.get("NewValue") or "").endswith(f"/{one.get('ObjectId')}")]
        heads = tuple(heads_of(gone, partial(_merged, now=now), _object, _BEGINNING))
        if heads:
            yield Page(heads, None)
        if len(records) < PAGE:
            return
        page += 1


def _object(record: Json) -> str:
    return number(record["ObjectId"])


def _merged(record: Json, now: datetime | None) -> Head:
    """A record of a merge as an entry of the feed, for the ticket that is gone."""
    return read_head({"id": record["ObjectId"], "LastUpdated": record["Created"]}, now)


def _numbered(ticket: Json) -> str:
    return number(ticket["id"])


def _last(tickets: list[Json]) -> int:
    """The number of the last ticket that has one."""
    return int(ids_of(tickets, _numbered)[-1])


def walk_census(search: Search, container: str) -> Iterator[tuple[str, ...]]:
    """The numbers of all tickets of the queue."""
    after = 0
    while True:
        tickets, count = search(f"{in_queue(container)} AND id > {after}", ("id",), "Queue")
        yield ids_of(tickets, _numbered)
        if not tickets or (count is not None and count <= len(tickets)):
            return
        after = _last(tickets)
