"""When an integration is worked next; pure: both clocks are read elsewhere and given in.

Intervals and patience are counted on a clock that never jumps, set times and windows on the one on the wall. So a wall
clock that is put right moves the set times and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.domain.schedule import Timetable

_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_SHORTEST_ERRAND = 0.5
_SHORTEST_REST = 0.05


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks at one moment: seconds of the one that never jumps, and the time on the wall (UTC)."""

    now: float
    moment: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """One integration's place: when it is due, and how many passes failed in a row.

    ``at``: a set time before which it is not due. ``errand``: when its held items are due, without a look at the feeds.
    """

    due: float
    at: datetime | None = None
    failures: int = 0
    errand: float | None = None


def first(clock: Clock, table: Timetable, since: datetime) -> Slot:
    """The place of an integration that is new here: due at once, or at its first set time after ``since``.

    ``since`` is when it was worked last, so a set time that passed while nobody worked is made up for once. What was
    interrupted is looked up at once in any case.
    """
    at = table.set_time(since)
    return Slot(clock.now, at, errand=None if at is None else clock.now)


def after_success(clock: Clock, table: Timetable, next_hold: float | None, began: float | None = None) -> Slot:
    """The next place after a pass that came through; ``next_hold``: seconds until a held item is due.

    An interval is counted from when the pass ``began``, so that what a pass takes makes no news later; but an app that
    takes most of it to answer rests for half of it.
    """
    interval = table.interval or 0.0
    due = max((clock.now if began is None else began) + interval, clock.now + interval / 2)
    return Slot(due, table.set_time(clock.moment), errand=_errand(clock, next_hold))


def after_errand(clock: Clock, slot: Slot, next_hold: float | None) -> Slot:
    """The next place after held items were looked at: the feeds keep their time."""
    return replace(slot, failures=0, errand=_errand(clock, next_hold))


def after_retry(clock: Clock) -> Slot:
    """The next place after what a person retried was tried: more was asked for than one pass takes, if it is kept."""
    return Slot(clock.now + _SHORTEST_ERRAND)


def after_failure(clock: Clock, slot: Slot, retry_after: float | None, *, errand: bool = False) -> Slot:
    """The next place after a pass that broke: twice as late each time, and never before the app allows."""
    pause = min(_FIRST_PAUSE * 2.0 ** min(slot.failures, 10), _LONGEST_PAUSE)
    return _later(clock, slot, max(pause, retry_after or 0.0), slot.failures + 1, errand=errand)


def after_pause(clock: Clock, slot: Slot, seconds: float, *, errand: bool = False) -> Slot:
    """The next place after a pass that a pause or a window ended: nothing failed, so nobody loses patience."""
    return _later(clock, slot, max(seconds, _SHORTEST_REST), slot.failures, errand=errand)


def wait(clock: Clock, slot: Slot, table: Timetable) -> float:
    """Seconds until the integration may be worked: its time has come and no window holds it."""
    seconds = slot.due - clock.now
    if slot.at is not None:
        seconds = max(seconds, (slot.at - clock.moment).total_seconds())
    return _open_in(clock, table, seconds)


def errand_wait(clock: Clock, slot: Slot, table: Timetable) -> float | None:
    """Seconds until its held items may be looked at; None: nothing is held."""
    return None if slot.errand is None else _open_in(clock, table, slot.errand - clock.now)


def lateness(clock: Clock, slot: Slot) -> float:
    """Seconds since it was due: who waits longest goes first."""
    at = (slot.at - clock.moment).total_seconds() if slot.at is not None else slot.due - clock.now
    return -max(slot.due - clock.now, at)


def sleep(waits: Iterable[float], longest: float) -> float:
    """Seconds until the next one is due, at most ``longest``."""
    return min([longest, *waits])


def _open_in(clock: Clock, table: Timetable, seconds: float) -> float:
    moment = clock.moment + timedelta(seconds=max(0.0, seconds))
    return max(0.0, (table.opens(moment) - clock.moment).total_seconds())


def _errand(clock: Clock, next_hold: float | None) -> float | None:
    return None if next_hold is None else clock.now + max(next_hold, _SHORTEST_ERRAND)


def _later(clock: Clock, slot: Slot, seconds: float, failures: int, *, errand: bool) -> Slot:
    if errand:
        return replace(slot, failures=failures, errand=clock.now + seconds)
    return Slot(clock.now + seconds, None, failures)
