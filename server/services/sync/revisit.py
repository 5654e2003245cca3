"""Looks again, every few minutes, at items that changed lately: some edits move no time, and no feed brings them.

A kill -9 leaves nothing behind: when each round was is kept in memory, and a look that finds nothing writes no row. It
must not decide anything, nor take a connection's pace from live work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from server.connectors.pace import Share
from server.domain.errors import Slowed
from server.domain.item import Head, Side
from server.services.sync import page as paging
from server.services.sync.work import Look, Work
from server.store import pairs
from server.store.pairs import Lately

EVERY = 120.0
"""Seconds between two rounds of an integration."""
LATELY = timedelta(hours=6)
"""So long after an item was last carried over people mostly put right what they said."""
_AT_ONCE = 20
"""Pairs that changed last, looked at in each round, and as many of the others in turn."""


def silent_sides(work: Work) -> list[Side]:
    """The sides whose app tells no time of some edits."""
    return [side for side in work.mapping.sides if work.end(side).connector.manifest.capabilities.silent_edits]


def run(work: Work) -> Iterator[int]:
    """One round, if it is due; yields the number of items after each part. Raises as ``page.process``."""
    kept, sides = work.revisits, silent_sides(work)
    if not sides or work.clock() < kept.due.get(work.integration, 0.0):
        return
    kept.due[work.integration] = work.clock() + EVERY
    share = work.caller.share
    work.caller.share, work.run.phase = Share.BACKFILL, "looking again at what changed lately"
    looks = [look for one in _chosen(work) for look in _looks(one, sides)]
    size = work.at_once(_AT_ONCE)
    try:
        for start in range(0, len(looks), size):
            if work.stopping() or work.run.cancelled:
                return
            paging.process(work, looks[start : start + size], None)
            yield work.run.done
    except Slowed:
        return  # the connection rests; this can wait for the next round
    finally:
        work.caller.share = share


def _chosen(work: Work) -> list[Lately]:
    """The pairs that changed last, and some of the others, each in its turn."""
    place = work.revisits.place.get(work.integration)
    with work.scope.reading() as tx:
        newest = pairs.lately(tx, work.integration, LATELY, None, _AT_ONCE)
        others = pairs.lately(tx, work.integration, LATELY, place or (newest[-1] if newest else None), _AT_ONCE)
    if len(others) == _AT_ONCE:
        work.revisits.place[work.integration] = others[-1]
    else:
        work.revisits.place.pop(work.integration, None)
    return list({one.pair: one for one in (*newest, *others)}.values())


def _looks(one: Lately, sides: list[Side]) -> list[Look]:
    """The items of a pair as a feed would bring them whose stamps tell nothing."""
    ids = {Side.LEFT: one.left, Side.RIGHT: one.right}
    return [Look(side, ids[side], Head(ids[side], datetime.now(UTC), "")) for side in sides]
