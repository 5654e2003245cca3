"""Reads a feed by its app's own clock, and tells what that clock makes odd; it must not work any item.

A kill before a commit here leaves the cursor where it stood, and the next pass finds the same; what was told twice for
that is no more than a line of history.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

from server.domain.item import Head, Page, Side
from server.engine import dated
from server.services.sync.work import Work
from server.store import ahead, cursors, events, lease, pairs
from server.store.events import Event


def walk(
    work: Work, side: Side, cursor: datetime | None, expected: datetime | None
) -> tuple[datetime | None, datetime | None, Iterator[Page]]:
    """The cursor, where the feed begins (None: at its beginning), and the feed. Raises what the feed raises.

    The first answer tells where the app's clock stands; a cursor that stands beyond it is set back. ``expected``: see
    ``engine.dated``.
    """
    end, container = work.end(side), work.mapping.shape(side).container
    overlap = end.connector.manifest.capabilities.overlap
    since = _since(cursor, overlap)
    pages = end.connector.changes(container, since)
    first = next(pages, None)
    clock = clock_of(work, side, first)
    back = dated.set_back(cursor, clock, expected, overlap)
    if back is None or cursor is None:
        return cursor, since, chain((first,), pages) if first is not None else iter(())
    if back.notable:
        _set_back(work, side, cursor, clock, back)
        cursor = back.at
    since = _since(back.at, overlap)
    return cursor, since, end.connector.changes(container, since)


def clock_of(work: Work, side: Side, page: Page | None) -> datetime:
    """The app's clock as of a page (None: of the last answer), and kept for the commit that moves the cursor.

    Ours where the app tells none: a cursor that stays behind for that costs a longer list, one that goes too far what
    changes until then.
    """
    told = page.clock if page is not None else None
    clock = told or work.end(side).connector.server_time
    if clock is None:
        return datetime.now(UTC)
    work.app_clocks[side] = clock, time.monotonic()
    return clock


def _since(cursor: datetime | None, overlap: timedelta) -> datetime | None:
    return None if cursor is None or cursor <= dated.BEGINNING else cursor - overlap


def _set_back(work: Work, side: Side, cursor: datetime, clock: datetime, back: dated.SetBack) -> None:
    name = work.end(side).name
    if back.by is None:
        why = f"{name} had been read up to {cursor:%Y-%m-%d %H:%M} UTC, and its own clock shows no more than"
        what = f"{why} {clock:%Y-%m-%d %H:%M} UTC. All its changes are looked at once more, so that none is missed."
    else:
        minutes = back.by.total_seconds() / 60
        what = (
            f"The clock of {name} went back by {minutes:.0f} min. Its changes are read again from "
            f"{back.at:%Y-%m-%d %H:%M} UTC on, so that none is missed."
        )
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        cursors.set_back(tx, work.integration, side, back.at, clock)
        events.add(tx, work.integration, run_id, [Event("noted", what, side=side)])


def tell_ahead(work: Work, side: Side, heads: Sequence[Head], clock: datetime) -> None:
    """Say once of each of these items that it is dated beyond its app's clock."""
    dates = {one.id: one.updated_at for one in heads}
    with work.scope.reading() as tx:
        fresh = ahead.untold(tx, work.integration, side, list(dates))
        known = pairs.by_items(tx, work.integration, side, fresh) if fresh else {}
    if not fresh:
        return
    name, keys = work.end(side).name, {one.id: one.item.key for one in heads if one.item is not None}
    lines = []
    for item_id in fresh:
        pair = known.get(item_id)
        key = (pair.on(side).key if pair is not None else "") or keys.get(item_id) or item_id
        what = (
            f"{key} is dated {dates[item_id]:%Y-%m-%d %H:%M} UTC by {name}, where it is {clock:%Y-%m-%d %H:%M} UTC "
            "now. It is kept in step like any other, and what changes before that time is seen, too."
        )
        lines.append(Event("noted", what, pair.id if pair is not None else None, side, item_id, key))
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        ahead.told(tx, work.integration, side, {one: dates[one] for one in fresh}, clock)
        events.add(tx, work.integration, run_id, lines)
