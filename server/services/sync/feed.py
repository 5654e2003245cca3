"""One pass of an integration: what was left open, what is due, then the changes of both sides, a page at a time.

A pass is a generator that yields after every page while others wait for a turn, else every second, so that integrations
of one tenant take turns. It stops there without losing anything: the cursor moves only with the page that it covers.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

from server import faults
from server.connectors.pace import Share
from server.domain.item import Head, Page, Side
from server.engine import dated
from server.services.pacing import NO_LIMIT
from server.services.sync import cap, clocks, ending, resting, revisit
from server.services.sync import page as paging
from server.services.sync.flow import Flow
from server.services.sync.work import Look, Work
from server.store import cursors, holds, lease, outset, requests, runs

_DUE_AT_ONCE = 200
_DUE_PAGE = 50
_STUMBLED_PAGE = 100
_LIVE_PAGES = 2
_NAP_SECONDS = 0.1
_BURST_SECONDS = 1.0
"""So long pages follow each other without a look at whether others have come to wait."""
_STOPPED = "The integration was paused or changed meanwhile, so the run ended there."


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a pass has come, given out after every page."""

    done: int
    total: int | None


def run(work: Work) -> Iterator[Reached]:
    """Work the integration through once.

    Raises what ``process`` raises, and any ``AppError`` of a feed itself: the pages before it are settled, the cursor
    stands where they end.
    """
    resting.tell(work)
    resting.tell_appeared(work)
    with work.scope.reading() as tx:
        begun = outset.read(tx, work.integration)
    if begun.owed:
        yield from errands(work)
        with work.scope.reading() as tx:
            begun = outset.read(tx, work.integration)
    fresh = [side for side in work.mapping.sides if side not in begun.cursors]
    for side in work.mapping.sides:
        if _over(work):
            return
        fresh = [one for one in fresh if one is not side]
        work.run.uncounted = " and ".join(work.end(one).name for one in fresh)
        yield from _feed(work, side, begun.cursors.get(side), begun.clocks.get(side))
    if begun.cursors.keys() >= set(work.mapping.sides):  # not while a backfill goes on
        for _ in revisit.run(work):
            yield Reached(work.run.done, work.run.total)
    yield from once_more(work)
    if not _over(work) and (work.cap is not None or work.mapping.document.migration is not None):
        yield Reached(work.run.done, work.run.total)  # what follows is for good; is it wanted still?
        cap.lift(work)
        ending.end(work)


def errands(work: Work) -> Iterator[Reached]:
    """Look up what was interrupted and try again what is due, without a look at the feeds. Raises as ``process``."""
    yield from _entries(work, "looking up what was interrupted", list(paging.open_entries(work)))
    with work.scope.reading() as tx:
        due = holds.due(tx, work.integration, _DUE_AT_ONCE)
    yield from _entries(
        work, "trying again", [Look(side, item_id, held=True, afresh=afresh) for side, item_id, afresh in due]
    )


def read_side(work: Work, side: Side) -> Iterator[Reached]:
    """Walk the changes of one side only. Raises as ``run``."""
    with work.scope.reading() as tx:
        cursor = cursors.read(tx, work.integration).get(side)
        expected = cursors.expected(tx, work.integration, side)
    yield from _feed(work, side, cursor, expected)


def _entries(work: Work, phase: str, entries: list[Look]) -> Iterator[Reached]:
    for part, _ in turns(work, entries, _DUE_PAGE) if entries else ():
        if _over(work):
            return
        work.run.phase, work.caller.share = phase, Share.RETRY
        paging.process(work, part, None)
        yield Reached(work.run.done, work.run.total)


def _feed(work: Work, side: Side, cursor: datetime | None, expected: datetime | None) -> Iterator[Reached]:
    work.run.phase = f"reading {work.end(side).name}"
    work.caller.share = Share.LIVE if cursor is not None else Share.BACKFILL
    cursor, since, pages = clocks.walk(work, side, cursor, expected)
    work.caller.share = Share.LIVE if since is not None else Share.BACKFILL
    with Flow(work) as flow:
        reached, until, told = cursor, time.monotonic() + _BURST_SECONDS, True
        for number, page in enumerate(pages, 1):
            faults.reach("feed.page")
            clock = clocks.clock_of(work, side, page)
            if page.total is not None and since is None:
                work.run.total = (work.run.total or work.run.done) + page.total
            there = dated.reached(page, clock)
            moved = there if there is not None and (reached is None or there > reached) else None
            looks = [Look(side, head.id, head) for head in _once(page)]
            in_parts = yield from _take(work, flow, looks, (side, moved) if moved is not None else None)
            if in_parts is None:
                return
            reached = moved or reached
            _tell_ahead(work, side, page, clock, flow)
            if number >= _LIVE_PAGES:  # a backlog, whatever the reason: it lets what changes now go first
                work.caller.share = Share.BACKFILL
            told = in_parts or time.monotonic() >= until or _over(work) or (number > 1 and work.waited_for())
            if told:
                flow.land()
                yield Reached(work.run.done, work.run.total)
                if _over(work):
                    return
                if len(work.stumbled) >= _STUMBLED_PAGE:
                    yield from once_more(work, patient=False)
                until = time.monotonic() + _BURST_SECONDS
    quiet = work.run.id is None and reached == cursor and time.monotonic() < until
    if not told and not (quiet and not work.others_wait()):
        yield Reached(work.run.done, work.run.total)


def _take(
    work: Work, flow: Flow, looks: list[Look], cursor: tuple[Side, datetime] | None
) -> Generator[Reached, None, bool | None]:
    """Take a page's items along in turns, the cursor with the last; whether there were several (None: it is over)."""
    several = False
    for part, last in turns(work, looks):
        flow.take(part, cursor if last else None)
        if not last:
            several = True
            flow.land()
            yield Reached(work.run.done, work.run.total)
            if _over(work):
                return None
    return several


def _tell_ahead(work: Work, side: Side, page: Page, clock: datetime, flow: Flow) -> None:
    """Say of the page's items that are dated beyond the app's clock that they are, by the keys they have by now."""
    odd = dated.ahead(page, clock)
    if odd:
        flow.land()
        clocks.tell_ahead(work, side, odd, clock)


def _over(work: Work) -> bool:
    return work.stopping() or work.run.cancelled


def once_more(work: Work, *, patient: bool = True) -> Iterator[Reached]:
    """Try items again that met a passing failure in this pass. ``patient``: wait for those whose time is to come."""
    while not _over(work) and (at := work.stumbled.next_at()) is not None:
        seconds = at - work.clock()
        if seconds > 0 and not patient:
            return
        if seconds > 0:
            work.wait(min(seconds, _NAP_SECONDS))
            if work.waited_for():
                yield Reached(work.run.done, work.run.total)
            continue
        entries = work.stumbled.take(work.clock(), work.at_once(_STUMBLED_PAGE))
        work.run.phase, work.caller.share = "trying again", Share.RETRY
        work.run.done -= len(entries)  # they were counted when they failed
        paging.process(work, [Look(side, item_id, again=True) for side, item_id in entries], None)
        yield Reached(work.run.done, work.run.total)


def turns(work: Work, looks: list[Look], most: int = NO_LIMIT) -> Iterator[tuple[list[Look], bool]]:
    """The looks in parts (at least one) that a slow connection lets through in a few seconds, at most ``most`` each.

    With each comes whether it is the last. They are taken out of the list: what was read for a part is let go of.
    """
    size = work.at_once(most)
    looks.reverse()
    while True:
        part = [looks.pop() for _ in range(min(size, len(looks)))]
        yield part, not looks
        del part
        if not looks:
            return


def _once(page: Page) -> list[Head]:
    return list({head.id: head for head in page.heads}.values())


def finish(work: Work, error: str | None, *, again: bool = False, cut_off: bool = False, stopped: bool = False) -> None:
    """End the pass's run, if it has one. ``error`` is the sentence that stopped it.

    ``cut_off``: its integration was paused or changed meanwhile, perhaps by who cancelled the run; ``stopped``: the
    process ends. The request that it answered is over with it, unless it is to be taken up ``again``. Raises
    ``Fenced``.
    """
    run = work.run
    if run.id is None:
        if error is None:
            return
        work.begin_run()
    if run.id is None:
        return
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        interrupted = cut_off or (stopped and not run.message)
        if (interrupted or again) and runs.is_cancelled(tx, run.id):
            run.cancelled, again, interrupted, error = True, False, False, None
        elif cut_off:
            again = again and work.request is not None and requests.is_open(tx, work.request.id)
            error = error if again else _STOPPED
        elif interrupted:
            error = error or runs.STOPPED
        state = "partial" if interrupted else _state(work, error)
        runs.finish(tx, run.id, state, error or run.message, run.counts)
        if work.request is not None and not again:
            requests.answered(tx, work.request.id)
    faults.reach("run.finished")


def _state(work: Work, error: str | None) -> runs.RunState:
    run = work.run
    if error is not None:
        return "partial" if run.done else "failed"
    if run.cancelled:
        return "cancelled"
    return "partial" if run.troubled else "succeeded"
