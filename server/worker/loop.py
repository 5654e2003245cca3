"""One tenant's thread: sleeps until something is due or somebody wakes it, then works integrations page by page.

It holds no database connection while it sleeps, and serves the integrations of its tenant in turns: a page at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from datetime import UTC, datetime

from server.domain.errors import Fenced, LockstepError
from server.domain.schedule import Timetable
from server.services.cluster import Tenure
from server.services.pacing import Paces, Share, Turns
from server.services.scope import TenantScope
from server.services.sync.passes import Broken, Desk, Finished, Pass
from server.services.sync.wanted import Wanted
from server.worker.line import Line
from server.worker.schedule import (
    Clock,
    Slot,
    after_errand,
    after_failure,
    after_pause,
    after_retry,
    after_success,
    errand_wait,
    first,
    lateness,
    sleep,
    wait,
)

_LONGEST_SLEEP = 60.0
"""After so long the clocks are read again: people put the one on the wall right."""
_SOUND_SLEEP = 3600.0
"""After so long the database is asked what there is to do. Whoever gives it work wakes the thread, and the listener
makes sure that it would be heard; a look at a tenant that rests costs a sign-in.
"""
_REST_AFTER = 5.0
_BREATH = 0.2
"""So long after a look that found nothing no wake leads to another: any login of the database can wake any tenant."""


class TenantLoop:
    """The work of one tenant's thread, under the lease ``epoch``; ``tenure`` says how long that is certainly ours."""

    def __init__(self, scope: TenantScope, epoch: int, holder: str, threads: int, tenure: Tenure) -> None:
        self.name = scope.name
        self._scope = scope
        self._epoch = epoch
        self._holder = holder
        self._threads = threads
        self._tenure = tenure
        self._paces = Paces()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._slots: dict[str, Slot] = {}
        self._tables: dict[str, Timetable] = {}
        self._tokens: dict[str, object] = {}
        self._turns = Turns()
        self._line: Line | None = None

    def wake(self) -> None:
        """There may be work."""
        self._wake.set()

    def stop(self) -> None:
        """End after the page at hand."""
        self._stopped.set()
        self._paces.stop()
        self._wake.set()

    def run(self) -> None:
        """Work until stopped or fenced off. A fault is logged and retried: the thread itself does not end by it."""
        log = self._scope.log
        desk = Desk(
            self._scope,
            self._epoch,
            self._holder,
            self._stopped.is_set,
            self._tenure.check,
            self._paces,
            self._others_wait,
        )
        pause = 1.0
        while not self._stopped.is_set():
            try:
                desk.open()
                pause = 1.0
                self._serve(desk)
            except Fenced as error:
                log.info("fenced off", reason=error.message)
                break
            except LockstepError as error:
                log.warning("the tenant's thread has to wait", reason=error.message)
                desk.say("problem", error.message, None)
            except Exception:
                log.exception("the tenant's thread failed; it goes on")
                desk.say("problem", "Something unforeseen went wrong; the log has the details.", None)
            self._stopped.wait(pause)
            pause = min(pause * 2, 30.0)
        desk.close()

    def _serve(self, desk: Desk) -> None:
        looked_at = -_BREATH
        while not self._stopped.is_set():
            self._stopped.wait(looked_at + _BREATH - time.monotonic())
            self._wake.clear()
            looked_at = time.monotonic()
            ready, seconds = self._look(desk, ())
            if ready:
                self._work(desk, ready, seconds)
                looked_at = -_BREATH
                continue
            desk.say("idle", "", seconds if self._slots else None)
            until = time.monotonic() + min(_SOUND_SLEEP, desk.next_scan())
            if seconds > _REST_AFTER:
                desk.rest(seconds)
                self._scope.rest()
            self._sleep(until)

    def _sleep(self, until: float) -> None:
        """Sleep until something is due, somebody wakes this thread, or it is time for a look. Asks no database."""
        while not self._wake.is_set():
            clock = _read_clocks()
            seconds = sleep((self._due_in(name, clock) for name in self._slots), until - clock.now)
            if seconds <= 0:
                return
            by_the_wall = any(one.set_times or one.windowed for one in self._tables.values())
            self._wake.wait(min(seconds, _LONGEST_SLEEP) if by_the_wall else seconds)

    def _look(self, desk: Desk, under_way: Collection[str]) -> tuple[list[Wanted], float]:
        """What may be worked now besides, longest waiting first; and in how many seconds anything else may be."""
        wanted = desk.wanted()
        clock = _read_clocks()
        self._plan(wanted, clock)
        ready, waits = [], []
        for one in wanted:
            if one.name in under_way:
                continue
            slot = self._slots[one.name]
            seconds, errand = wait(clock, slot, one.timetable), errand_wait(clock, slot, one.timetable)
            if seconds <= 0:
                ready.append(one)
            elif errand is not None and errand <= 0:
                ready.append(one.for_errand())
            else:
                waits += [seconds] if errand is None else [seconds, errand]
        ready.sort(key=lambda one: -lateness(clock, self._slots[one.name]))
        return ready, sleep(waits, _SOUND_SLEEP)

    def _plan(self, wanted: list[Wanted], clock: Clock) -> None:
        """Keep a place for each integration that runs and each request; a new or changed one is looked at anew."""
        known = {one.name for one in wanted}
        self._tables = {one.name: one.timetable for one in wanted}
        self._slots = {name: slot for name, slot in self._slots.items() if name in known}
        for one in wanted:
            if self._tokens.get(one.name) != one.news or one.name not in self._slots:
                self._tokens[one.name] = one.news
                self._slots[one.name] = first(clock, one.timetable, one.since) if one.lasting else Slot(clock.now)

    def _work(self, desk: Desk, ready: list[Wanted], seconds: float) -> None:
        """Work what is due, a page of each in turn; what becomes due meanwhile (in ``seconds``) comes next.

        Live pages go first, the others get their shares. So a run of hours holds back no live pass by more than a page,
        nor by more than a second.
        """
        with Line(self.name, self._threads) as line:
            self._line = line
            line.join(desk, ready)
            look_at = time.monotonic() + seconds
            while any(line.passes()) and not self._stopped.is_set():
                for one, outcome in line.take(self._choose):
                    if outcome is not None:
                        self._note(one, outcome)
                        look_at = min(look_at, time.monotonic() + self._due_in(one.name, _read_clocks()))
                if any(one.busy for one in line.passes()):
                    desk.say("syncing", "", None)
                if any(line.passes()) and (self._wake.is_set() or time.monotonic() >= look_at):
                    self._wake.clear()
                    fresh, seconds = self._look(desk, {one.name for one in line.passes()})
                    line.join(desk, fresh)
                    look_at = time.monotonic() + seconds
        self._line = None

    def _others_wait(self) -> bool:
        """Whether a pass waits for its turn, or somebody has woken this thread. Asked by the pass whose turn it is."""
        return self._wake.is_set() or (self._line is not None and self._line.waits())

    def _choose(self, waiting: Collection[Share]) -> Share:
        share, self._turns = self._turns.next(waiting)
        return share

    def _due_in(self, name: str, clock: Clock) -> float:
        """Seconds until it may be worked again."""
        slot, table = self._slots.get(name), self._tables.get(name)
        if slot is None or table is None:
            return _LONGEST_SLEEP
        errand = errand_wait(clock, slot, table)
        return sleep([wait(clock, slot, table), *([] if errand is None else [errand])], _SOUND_SLEEP)

    def _note(self, one: Pass, outcome: Finished | Broken) -> None:
        """Give a pass that is over its next place."""
        clock, table, errand = _read_clocks(), one.wanted.timetable, one.wanted.errand
        slot = self._slots.get(one.name, Slot(clock.now))
        if isinstance(outcome, Broken):
            later = after_pause if outcome.slowed else after_failure
            self._slots[one.name] = later(clock, slot, outcome.retry_after or 0.0, errand=errand)
        elif errand:
            self._slots[one.name] = after_errand(clock, slot, outcome.next_hold)
        elif one.wanted.lasting:
            self._slots[one.name] = after_success(clock, table, outcome.next_hold, one.began)
        elif one.wanted.retried:
            self._slots[one.name] = after_retry(clock)
        else:
            self._slots.pop(one.name, None)


def _read_clocks() -> Clock:
    return Clock(time.monotonic(), datetime.now(UTC))
