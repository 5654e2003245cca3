"""Goal 4: a large backfill; whether its time stays linear and its memory flat, told by the run itself as it goes."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import psutil

from server.services.scope import TenantScope
from tests.bench.ratio import Outcome
from tests.bench.stand import backfill, durable_postgres, integrate, stand
from tests.support.fakeapp.running import Running, running

_WORKERS = 8
_WARM = 5_000
"""From so many items on the memory shall not grow."""
_PART = 10


@dataclass(slots=True)
class _Watch:
    """What was seen of the sync process while it worked: seconds, items that have arrived, megabytes."""

    process: psutil.Process
    target: Running
    items: int
    seen: list[tuple[float, int, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        begun, told = time.perf_counter(), 0
        while not self.over.wait(0.25):
            there = int(self.target.counts()["items"])
            self.seen.append((time.perf_counter() - begun, there, self.process.memory_info().rss / 2**20))
            if there * _PART // self.items > told:
                told = there * _PART // self.items
                seconds, _, memory = self.seen[-1]
                print(f"  {there} items after {seconds:.0f} s, {memory:.0f} MB", file=sys.stderr, flush=True)

    def rate(self, part: int) -> float:
        """Items a second within one tenth."""
        first, last = (self._reached(self.items * (part + more) // _PART) for more in (0, 1))
        return (last[1] - first[1]) / (last[0] - first[0])

    def _reached(self, items: int) -> tuple[float, int, float]:
        return next((one for one in self.seen if one[1] >= items), self.seen[-1])

    def growth(self) -> tuple[float, float]:
        """The largest memory after the warm-up, and that at its end."""
        warm = min(_WARM, self.items // 2)
        after = [one[2] for one in self.seen if one[1] >= warm]
        return max(after), after[0]


def volume(items: int) -> list[Outcome]:
    """One run of ``items`` items; its second and its last tenth are compared."""
    with durable_postgres() as server, ExitStack() as stack:
        left, right = (stack.enter_context(running(items=n)) for n in (items, 0))
        place = stack.enter_context(stand(server, _WORKERS))
        scope: TenantScope = stack.enter_context(place.tenant("volume"))
        integration = integrate(scope, left, right, _WORKERS)
        process = stack.enter_context(place.sync_process())
        watch = _Watch(process, right, items)
        watching = threading.Thread(target=watch.look)
        watching.start()
        try:
            figures = backfill(scope, integration, process, right, items, patience=3600.0)
        finally:
            watch.over.set()
            watching.join()
    early, late = watch.rate(1), watch.rate(_PART - 1)
    peak, warm = watch.growth()
    told = f"{late:.0f} against {early:.0f} items/s; {items} items in {figures.seconds:.0f} s, one run"
    grown = f"{peak:.0f} MB against {warm:.0f} MB at {min(_WARM, items // 2)} items, one run"
    return [
        Outcome("4", "rate of the last tenth to the second", late / early, 0.8, True, told, ((late, early),)),
        Outcome("4", "peak memory to that when warm", peak / warm, 1.2, False, grown, ((peak, warm),)),
    ]
