"""One tenant's thread: sleeps until something is due or somebody wakes it, then works integrations page by page.

It holds no database connection while it sleeps, and serves the integrations of its tenant in turns: a page at a time.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from server.domain.errors import Fenced, LockstepError
from server.services.cluster import Tenure
from server.services.pacing import Paces
from server.services.scope import TenantScope
from server.services.sync.passes import Broken, Desk, Finished, Pass, Wanted
from server.worker.schedule import Slot, after_failure, after_pause, after_success, due, sleep

_LONGEST_SLEEP = 60.0
_REST_AFTER = 5.0


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
        self._tokens: dict[str, object] = {}

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
        desk = Desk(self._scope, self._epoch, self._holder, self._stopped.is_set, self._tenure.check, self._paces)
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
        while not self._stopped.is_set():
            self._wake.clear()
            wanted = desk.wanted()
            self._plan(wanted)
            ready = [one for one in wanted if self._slots[one.name].due <= time.monotonic()]
            if ready:
                self._work(desk, ready)
                continue
            seconds = sleep(self._slots, time.monotonic(), _LONGEST_SLEEP)
            desk.say("idle", "", seconds if self._slots else None)
            if seconds > _REST_AFTER:
                self._scope.rest()
            self._wake.wait(seconds)

    def _plan(self, wanted: list[Wanted]) -> None:
        """Keep a place for each integration that runs and each request; a new or changed one is due at once."""
        now = time.monotonic()
        known = {one.name for one in wanted}
        self._slots = {name: slot for name, slot in self._slots.items() if name in known}
        for one in wanted:
            if self._tokens.get(one.name) != one.news or one.name not in self._slots:
                self._tokens[one.name] = one.news
                self._slots[one.name] = Slot(now)

    def _work(self, desk: Desk, ready: list[Wanted]) -> None:
        """Work what is due, a page of each in turn, until each has come through.

        What becomes due meanwhile joins in: a run of hours holds back no live pass.
        """
        order = due(self._slots, float("inf"))
        ready.sort(key=lambda one: order.index(one.name))
        with ThreadPoolExecutor(self._threads, thread_name_prefix=f"work-{self.name}") as pool:
            passes = [desk.start(one, pool) for one in ready]
            while passes and not self._stopped.is_set():
                passes = [one for one in passes if not self._step(one)]
                if any(one.busy for one in passes):
                    desk.say("syncing", "", None)
                if passes:
                    passes += [desk.start(one, pool) for one in self._joining(desk, passes)]

    def _joining(self, desk: Desk, passes: list[Pass]) -> list[Wanted]:
        """What became due while other passes are under way."""
        under_way = {one.name for one in passes}
        now = time.monotonic()
        if not self._wake.is_set() and not set(due(self._slots, now)) - under_way:
            return []
        self._wake.clear()
        wanted = desk.wanted()
        self._plan(wanted)
        return [one for one in wanted if one.name not in under_way and self._slots[one.name].due <= time.monotonic()]

    def _step(self, one: Pass) -> bool:
        """One page of a pass; whether the pass is over."""
        outcome = one.step()
        if outcome is None:
            return False
        now = time.monotonic()
        if isinstance(outcome, Finished):
            self._slots[one.name] = after_success(now, outcome.poll_seconds, outcome.next_hold)
        elif isinstance(outcome, Broken):
            slot = self._slots.get(one.name, Slot(now))
            if outcome.slowed:
                self._slots[one.name] = after_pause(now, slot, outcome.retry_after or 0.0)
            else:
                self._slots[one.name] = after_failure(now, slot, outcome.retry_after)
        return True
