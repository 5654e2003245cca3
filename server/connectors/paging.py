"""Walks a list ordered by time of change without missing what changes meanwhile; it must not ask anything itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from server.domain.item import Head, Page

Query = Callable[[datetime | None, int, int], Sequence[Head]]
"""``(since, offset, limit)`` -> at most ``limit`` heads changed at or after ``since`` (None: ever), oldest first."""


def walk(query: Query, since: datetime | None, limit: int) -> Iterator[Page]:
    """Pages of all that changed at or after ``since``, oldest first.

    Each request begins at the last time seen, because offsets shift when an item changes and moves to the end. An
    offset is used only among items of one and the same time, where more than ``limit`` share it; should one of these
    change then, what moved up is asked for again until a round over that time brings nothing new. What was seen with
    the same time and stamp is left out; an item that changed meanwhile comes again.
    """
    seen: dict[str, tuple[datetime, str]] = {}
    reached = since
    offset, fresh_in_round = 0, False
    while True:
        heads = query(reached, offset, limit)
        fresh = tuple(one for one in heads if seen.get(one.id) != (one.updated_at, one.stamp))
        if fresh:
            yield Page(fresh, max(one.updated_at for one in fresh))
        seen.update((one.id, (one.updated_at, one.stamp)) for one in fresh)
        if len(heads) < limit:
            if offset == 0 or not fresh_in_round:
                return
            offset, fresh_in_round = 0, False
            continue
        last = heads[-1].updated_at
        if reached is None or last > reached:
            reached, offset, fresh_in_round = last, 0, False
            seen = {key: value for key, value in seen.items() if value[0] >= last}
        else:
            offset, fresh_in_round = offset + len(heads), fresh_in_round or bool(fresh)
