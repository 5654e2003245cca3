"""Walks a list ordered by time of change without missing what changes meanwhile; it must not ask anything itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from server.domain.errors import TooLarge
from server.domain.item import Head, Page

_FEWEST: Final = 2
"""Entries of a page: one that was seen before, and one that brings the walk on."""

Query = Callable[[datetime | None, int, int], Sequence[Head]]
"""``(since, offset, limit)`` -> at most ``limit`` heads changed at or after ``since`` (None: ever), oldest first."""


def in_parts(page: Page, size: int) -> Iterator[Page]:
    """A page in parts of at most ``size`` entries, each of which claims only what the list has shown in order.

    What a part brings may be read again before it is given out, and be later then: that is no news of what lies
    between, so it claims nothing. No part claims more than the page, or than an entry that is still to come.
    """
    heads = page.heads
    for start in range(0, len(heads), size):
        part, rest = heads[start : start + size], heads[start + size :]
        claims = [max(one.updated_at for one in heads[: start + size]), *(one.updated_at for one in rest)]
        if page.reached is not None:
            claims.append(page.reached)
        yield Page(part, min(claims), page.total if start == 0 else None, page.clock)


def walk(
    query: Query, since: datetime | None, limit: int, clock: Callable[[], datetime | None] = lambda: None
) -> Iterator[Page]:
    """Pages of all that changed at or after ``since``, oldest first; ``limit`` is at least 2.

    ``clock`` tells the app's own as of the last answer.

    Each request begins at the last time seen, because offsets shift when an item changes and moves to the end. An
    offset is used only among items of one and the same time, where more than ``limit`` share it. Such a page begins
    with the last item of the page before; where another stands there, something in front of it moved away, and that
    time is read again from its beginning. Where such a time was not over yet when it was read (an empty stamp says
    so), an item in front may have changed within it unseen: then no later page claims to have reached more.

    What was seen with the same time and stamp is left out; an item that changed meanwhile comes again. A page that is
    too large an answer is asked for in smaller ones.
    """
    seen: dict[str, tuple[datetime, str]] = {}
    reached, ceiling = since, None
    offset, anchor, open_ = 0, None, False
    while True:
        try:
            heads, now = query(reached, offset, limit), clock()
        except TooLarge:
            if limit <= _FEWEST:
                raise
            limit = max(_FEWEST, limit // 4)
            continue
        if anchor is not None and (not heads or (heads[0].id, heads[0].updated_at) != (anchor, reached)):
            offset, anchor, open_ = 0, None, False
            continue
        fresh = tuple(one for one in heads if seen.get(one.id) != (one.updated_at, one.stamp))
        open_ = open_ or any(one.updated_at == reached and not one.stamp for one in heads)
        last = heads[-1] if heads else None
        crossed = last is not None and (reached is None or last.updated_at > reached)
        if crossed and anchor is not None and open_ and ceiling is None:
            ceiling = reached
        if fresh:
            latest = max(one.updated_at for one in fresh)
            yield Page(fresh, latest if ceiling is None else min(latest, ceiling), clock=now)
        seen.update((one.id, (one.updated_at, one.stamp)) for one in fresh)
        if last is None or len(heads) < limit:
            return
        if crossed:
            reached, offset, anchor, open_ = last.updated_at, 0, None, False
            seen = {key: value for key, value in seen.items() if value[0] >= last.updated_at}
        else:
            offset, anchor = offset + len(heads) - 1, last.id
