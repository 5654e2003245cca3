"""Goal 12: a backfill between two apps that fail all the time, with a kill -9 in the middle, against a calm one."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from contextlib import ExitStack

import psutil
from sqlalchemy import text

from server.services import integrations
from server.services.scope import TenantScope
from tests.bench.ratio import Outcome, in_turns, median_ratio
from tests.bench.stand import Stand, durable_postgres, integrate, stand, wait_until
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import Server

_MOOD = Quirks(busy=0.05, retry_as="nothing", broken=0.05, lost=0.02)
_WORKERS = 8
_LEAST = 10_000
"""Fewer items are over before the first retry is due, and would measure the waiting only."""

_LOOK_SECONDS = 0.1
"""Looking takes a processor from who works: seldom enough to be noise."""


def faults(rounds: int, items: int) -> list[Outcome]:
    """The time between the kill and the next process's first write has a goal of its own and is not counted here."""
    items = max(items, _LEAST)
    waits: list[float] = []
    with durable_postgres() as server:
        found = in_turns(
            min(rounds, 3),
            lambda: _carry(server, items, _MOOD, waits),
            lambda: _carry(server, items, Quirks(), []),
        )
    rates = [statistics.median(one[which] for one in found) for which in (0, 1)]
    said = (
        f"{rates[0]:.0f} against {rates[1]:.0f} items/s; {items} items each, {len(found)} rounds; nothing lost or twice"
    )
    took = f"{statistics.median(waits):.1f} s from the kill to the next process's first write"
    return [
        Outcome("12", "rate among faults to the calm one", median_ratio(found), 0.8, True, said, tuple(found)),
        Outcome("12", "takeover after kill -9, to 10 s", statistics.median(waits) / 10, 1.0, False, took),
    ]


def _carry(server: Server, items: int, mood: Quirks, waits: list[float]) -> float:
    """Items a second until all is on both sides and nothing is open any more."""
    calm = mood == Quirks()
    with ExitStack() as stack:
        left, right = (stack.enter_context(running(items=n, quirks=mood, seed=n + 1)) for n in (items, 0))
        place = stack.enter_context(stand(server, _WORKERS))
        scope = stack.enter_context(place.tenant("faults"))
        integration = integrate(scope, left, right, _WORKERS)
        process = stack.enter_context(place.sync_process())
        wait_until(lambda: scope.sync_state().state == "idle", "the thread to be idle", 30)
        begun = time.perf_counter()
        integrations.start(scope, "bench", integration)
        pause = 0.0 if calm else _kill_halfway(stack, place, process, right, items)
        wait_until(lambda: _done(scope, integration, right, items), "everything to arrive", every=_LOOK_SECONDS)
        seconds = time.perf_counter() - begun - pause
        if pause:
            waits.append(pause)
        titles = Counter(one["fields"]["title"] for one in right.items())
        assert len(titles) == items, f"{items - len(titles)} of {items} items were lost"
        assert max(titles.values()) == 1, f"{sum(titles.values()) - len(titles)} items were made twice"
        assert left.counts()["items"] == items, "twins were given twins"
    return items / seconds


def _kill_halfway(stack: ExitStack, place: Stand, process: psutil.Process, right: Running, items: int) -> float:
    """Kill the sync process and start another; seconds until that one writes."""
    wait_until(lambda: right.counts()["items"] >= items // 2, "half of the items", every=_LOOK_SECONDS)
    process.kill()
    process.wait(10)
    killed, there = time.perf_counter(), right.counts()["writes"]
    stack.enter_context(place.sync_process())
    wait_until(lambda: right.counts()["writes"] > there, "the next process to write", 60)
    return time.perf_counter() - killed


def _done(scope: TenantScope, integration: str, right: Running, items: int) -> bool:
    if right.counts()["items"] < items:
        return False
    query = (
        "select (select count(*) from pairs where integration_id = :of and state = 'linked'),"
        " (select count(*) from holds where integration_id = :of),"
        " (select count(*) from operations where state = 'planned')"
    )
    with scope.reading() as tx:
        linked, held, open_ = tx.execute(text(query), {"of": integration}).one()
    return bool(linked == items and held == 0 and open_ == 0)
