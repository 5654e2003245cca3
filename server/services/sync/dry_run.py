"""A dry run: all items of both sides on the same path up to the journal, and nothing written but the preview.

It always begins at the beginning: a run that was killed leaves lines that the next one drops. It must not change what
a live pass goes by: no pair, cursor, hold, event or conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server import faults
from server.connectors.pace import Share
from server.domain.item import Head, Side
from server.engine.likeness import keeps_no_word
from server.engine.origin import age_of_the_moved
from server.services.sync import cap, preview
from server.services.sync import page as paging
from server.services.sync.feed import Reached, turns
from server.services.sync.work import Look, Work
from server.store import lease, previews

_MISSED_PAGE = 50


def run(work: Work) -> Iterator[Reached]:
    """Show what a run would do. Raises as ``feed.run``."""
    work.caller.share = Share.BACKFILL
    preview.begin(work)
    first, *rest = work.mapping.sides
    work.run.uncounted = " and ".join(work.end(side).name for side in rest)
    yield from _feed(work, first)
    work.run.uncounted = ""
    for side in rest:
        yield from _feed(work, side)
    yield from _missed(work)
    if not _over(work):
        cap.put(work)
    preview.end(work)
    if not _over(work):
        mute = [shape.name for shape in map(work.mapping.shape, Side) if not shape.marks]
        said = (age_of_the_moved(work.mapping), keeps_no_word(mute))
        work.run.message = " ".join(one for one in said if one)


def _over(work: Work) -> bool:
    return work.stopping() or work.run.cancelled


def _feed(work: Work, side: Side) -> Iterator[Reached]:
    if _over(work):
        return
    end = work.end(side)
    work.run.phase = f"reading {end.name}"
    for page in end.connector.changes(work.mapping.shape(side).container, None):
        faults.reach("preview.page")
        if page.total is not None:
            work.run.total = (work.run.total or work.run.done) + page.total
        for part, _ in turns(work, _fresh(work, side, page.heads)):
            paging.process(work, part, None)
            yield Reached(work.run.done, work.run.total)
            if _over(work):
                return


def _fresh(work: Work, side: Side, heads: Sequence[Head]) -> list[Look]:
    """Items that this run has not come by: none is counted twice, also not as the twin of another."""
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        fresh = previews.walk(tx, work.begin_run(), side, [head.id for head in heads])
    once = {head.id: head for head in heads}
    work.run.done += len(once) - len(fresh)
    return [Look(side, head.id, head) for head in once.values() if head.id in fresh]


def _missed(work: Work) -> Iterator[Reached]:
    """Pairs of which the feeds did not bring an item: deleted, or moved away."""
    after = ""
    while not _over(work):
        with work.scope.reading() as tx:
            rows = previews.missed(tx, work.integration, work.begin_run(), after, work.at_once(_MISSED_PAGE))
        if not rows:
            return
        work.run.phase = "looking for what is missing"
        paging.process(work, [Look(side, item_id) for _, side, item_id in rows], None)
        after = rows[-1][0]
        yield Reached(work.run.done, work.run.total)
