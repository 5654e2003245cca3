"""The full scan: finds deletions, moves, and changes that no time of change tells; it must not believe an error.

A side at a time: a census of all ids into the database; then the items of pairs that it does not name, looked at one
by one (only the app's own word on the item makes it gone); then the items that nobody has seen; then every item of the
feed from its beginning, whatever its stamp says. How far it came is kept after every page, so a killed scan goes on
there; only a census that was broken off begins again, because an app that is asked for its rest may have moved on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from server.connectors.pace import Share
from server.domain.errors import NeedsRelease
from server.domain.item import Side
from server.engine.guard import Harm
from server.services.sync import caution
from server.services.sync import page as paging
from server.services.sync.feed import Reached, turns
from server.services.sync.work import Look, Work
from server.store import lease, scans
from server.store.database import Transaction
from server.store.scans import Phase

_PAGE = 50


def run(work: Work) -> Iterator[Reached]:
    """Scan both sides. Raises what ``page.process`` and the apps raise; ``NeedsRelease`` when too much is missing."""
    work.caller.share = Share.BACKFILL
    for side in Side:
        if not _over(work):
            yield from _side(work, side)


def _side(work: Work, side: Side) -> Iterator[Reached]:
    with work.scope.reading() as tx:
        scan = scans.read(tx, work.integration, side)
    phase, place = scan.phase, scan.place
    if phase in {"done", "census"}:
        yield from _census(work, side)
        phase, place = "missing", ""
        if _over(work):
            return
    if phase == "missing":
        yield from _named(work, side, phase, place, scans.missing)
        phase, place = "unknown", ""
    if phase == "unknown":
        yield from _named(work, side, phase, place, scans.unknown)
        place = ""
    if not _over(work):
        yield from _feed(work, side, place)


def _census(work: Work, side: Side) -> Iterator[Reached]:
    """Write every id down that the app names, and judge the whole before anything follows from it."""
    end = work.end(side)
    work.run.phase = f"counting the items of {end.name}"
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        scans.begin(tx, work.integration, side)
    for ids in end.connector.census(work.mapping.shape(side).container):
        with work.scope.transaction() as tx:
            lease.check_fence(tx, work.epoch)
            scans.named(tx, work.integration, side, ids)
        yield Reached(work.run.done, work.run.total)
        if _over(work):
            return
    with work.scope.reading() as tx:
        named, kept, missing = scans.count(tx, work.integration, side)
    if kept and not named:
        raise NeedsRelease(
            f"{end.name} names no item at all where {kept} are kept in step. Nothing counts as deleted for that: see "
            "whether the account may still see the items there."
        )
    caution.allow(work, Harm(parted=missing))
    _move(work, side, "missing")
    work.run.total = (work.run.total or work.run.done) + named


def _named(
    work: Work, side: Side, phase: Phase, place: str, query: Callable[[Transaction, str, Side, str, int], list[str]]
) -> Iterator[Reached]:
    work.run.phase = {
        "missing": f"looking for items that {work.end(side).name} does not name any more",
        "unknown": f"looking at items of {work.end(side).name} that nobody has seen",
    }[phase]
    while not _over(work):
        with work.scope.reading() as tx:
            ids = query(tx, work.integration, side, place, work.at_once(_PAGE))
        if not ids:
            _move(work, side, "unknown" if phase == "missing" else "look")
            return
        paging.process(work, [Look(side, one) for one in ids], None)
        place = ids[-1]
        _move(work, side, phase, place)
        yield Reached(work.run.done, work.run.total)


def _feed(work: Work, side: Side, place: str) -> Iterator[Reached]:
    """Every item from the beginning (or from where a killed scan stood), whatever its stamp says."""
    end = work.end(side)
    work.run.phase = f"comparing all items of {end.name}"
    since = datetime.fromisoformat(place) if place else None
    for page in end.connector.changes(work.mapping.shape(side).container, since):
        if _over(work):
            return
        heads = {head.id: replace(head, stamp="") for head in page.heads}
        for part, last in turns(work, [Look(side, head.id, head) for head in heads.values()]):
            paging.process(work, part, None)
            if last:
                break
            yield Reached(work.run.done, work.run.total)
            if _over(work):
                return
        if page.reached is not None:
            _move(work, side, "look", page.reached.isoformat())
        yield Reached(work.run.done, work.run.total)
    if not _over(work):
        _move(work, side, "done")


def _move(work: Work, side: Side, phase: Phase, place: str = "") -> None:
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        scans.move(tx, work.integration, side, phase, place)


def _over(work: Work) -> bool:
    return work.stopping() or work.run.cancelled
