"""Goals 7 and 8: from a change in one app to the write in the other, and from a commit to a running worker."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from server.services import integrations, webhooks
from server.services.cluster import Cluster
from server.services.sync import passes
from server.services.sync.wanted import Wanted
from server.store.database import WAKE_CHANNEL
from server.worker import loop
from server.worker.supervisor import Supervisor
from tests.bench.ratio import Outcome
from tests.bench.stand import Stand, durable_postgres, integrate, stand, wait_until
from tests.support.fakeapp.running import Running, running

_OWN = 0.05
"""Seconds that goal 7 leaves us besides the interval and the apps' own time."""
_INTERVAL = 5
"""Seconds between polls: the least that an integration may be set to."""
_OVER = 0.25
"""Seconds by which an edit that was told of has travelled."""
_SAMPLES = 400


def reaction(rounds: int, items: int) -> list[Outcome]:
    """Goal 7. Both apps note the time of a change themselves, on one clock; nothing has to be asked meanwhile."""
    with durable_postgres() as server, ExitStack() as stack:
        left, right = (stack.enter_context(running(items=n)) for n in (min(items, 100), 0))
        place = stack.enter_context(stand(server, 8))
        scope = stack.enter_context(place.tenant("reaction"))
        integration = integrate(scope, left, right, 8, poll_seconds=_INTERVAL)
        integrations.start(scope, "bench", integration)
        stack.enter_context(place.sync_process())
        wait_until(lambda: right.counts()["items"] == min(items, 100), "the backfill to end", 60)
        wait_until(lambda: scope.sync_state().state == "idle", "the thread to be idle", 60)
        hook = webhooks.renew(scope, "bench", integrations.get(scope, integration).document.left.connection)
        woken = []
        for number in range(max(30, rounds * 10)):
            title = f"told {number}"
            told_of = json.dumps({"items": [_edit(left, number, title)]}).encode()
            webhooks.receive(scope, hook, {}, told_of)
            woken.append(_carried(left, right, title))
        polled = []
        for number in range(max(10, rounds * 2)):
            title = f"polled {number}"
            time.sleep(_INTERVAL * (number * 0.618 % 1))  # anywhere within the interval
            _edit(left, number, title)
            polled.append(_carried(left, right, title))
    own, late = statistics.median(woken), max(woken)
    said = f"{own * 1000:.0f} ms in the middle of {len(woken)}, {late * 1000:.0f} ms at most; told by webhook"
    beyond = statistics.median(polled) - _INTERVAL / 2
    told = f"{statistics.median(polled):.2f} s in the middle of {len(polled)}"
    told += f", {beyond * 1000:.0f} ms beyond half the interval"
    return [
        Outcome(
            "7",
            "by webhook: change to write, to 50 ms",
            own / _OWN,
            1.0,
            False,
            said,
            tuple((one, _OWN) for one in woken),
        ),
        Outcome(
            "7",
            "by poll: change to write, to interval + 50 ms",
            statistics.median(polled) / (_INTERVAL + _OWN),
            1.0,
            False,
            told,
            tuple((one, _INTERVAL + _OWN) for one in polled),
        ),
    ]


def waking(rounds: int, tenants: int) -> list[Outcome]:
    """Goal 8: with so many tenants asleep in one process, ours and a bare listener with as many bare threads."""
    with durable_postgres() as server, ExitStack() as stack:
        place = stack.enter_context(stand(server, 4))
        names = [f"t{number}" for number in range(tenants)]
        for name in names:
            place.cluster.create_tenant(name)
        ours = stack.enter_context(_ours(place, names))
        bare = stack.enter_context(_bare(place, names))
        sender = stack.enter_context(psycopg.connect(place.cluster.owner_dsn))
        found: dict[str, list[float]] = {"ours": [], "bare": []}
        for number in range(max(_SAMPLES, rounds * 20)):
            name = names[number * 7919 % tenants]
            for kind, heard in (("ours", ours), ("bare", bare)) if number % 2 else (("bare", bare), ("ours", ours)):
                found[kind].append(heard.after_commit(sender, name))
    middle = {kind: statistics.median(one) for kind, one in found.items()}
    last = {kind: statistics.quantiles(one, n=100)[98] for kind, one in found.items()}
    said = f"{middle['ours'] * 1000:.2f} against {middle['bare'] * 1000:.2f} ms"
    said += f", {tenants} tenants, {len(found['ours'])} each"
    told = f"{last['ours'] * 1000:.2f} ms, bare {last['bare'] * 1000:.2f} ms"
    samples = tuple(zip(found["ours"], found["bare"], strict=True))
    return [
        Outcome("8", "commit to worker, p50 to bare", middle["ours"] / middle["bare"], 1.3, False, said, samples),
        Outcome("8", "commit to worker, p99 to 5 ms", last["ours"] / 0.005, 1.0, False, told),
    ]


@dataclass(slots=True)
class _Heard:
    """When a worker last began to run, by tenant; ``channel`` is what wakes it."""

    channel: str
    names: list[str]
    at: dict[str, float] = field(default_factory=dict)
    running: threading.Event = field(default_factory=threading.Event)

    def note(self, name: str) -> None:
        """Called by the worker itself, as the first thing it does."""
        self.at[name] = time.perf_counter()
        self.running.set()

    def after_commit(self, sender: psycopg.Connection[Any], name: str) -> float:
        """Seconds from the commit that wakes a worker until it runs."""
        self.at.pop(name, None)
        self.running.clear()
        sender.execute("select pg_notify(%s, %s)", (self.channel, name))
        begun = time.perf_counter()
        sender.commit()
        while name not in self.at:
            assert self.running.wait(10), f"nobody woke {name}"
            self.running.clear()
        time.sleep(0.02)  # until it sleeps again
        return self.at[name] - begun


@contextmanager
def _ours(place: Stand, names: list[str]) -> Iterator[_Heard]:
    """The product's own supervisor with a thread for every tenant; its desk tells when it is asked for work."""
    heard = _Heard(WAKE_CHANNEL, names)

    class Desk(passes.Desk):
        """The desk, with a look at the clock."""

        def wanted(self) -> list[Wanted]:
            heard.note(self.scope.name)
            return passes.Desk.wanted(self)

    cluster, stop = Cluster.open(place.settings), threading.Event()
    thread = threading.Thread(target=Supervisor(cluster, "bench", 4, stop).run)
    vars(loop)["Desk"] = Desk
    thread.start()
    try:
        wait_until(lambda: set(heard.at) >= set(names), "every tenant's thread to have looked once", 240)
        wait_until(lambda: all(said.state == "idle" for _, said in cluster.tenants()), "all to be idle", 240)
        yield heard
    finally:
        stop.set()
        thread.join(60)
        vars(loop)["Desk"] = passes.Desk
        cluster.close()


@contextmanager
def _bare(place: Stand, names: list[str]) -> Iterator[_Heard]:
    """One connection that listens, one thread and one event a name: the least that wakes a worker."""
    heard, stop, listening = _Heard("bench_bare", names), threading.Event(), threading.Event()
    events = {name: threading.Event() for name in names}

    def work(name: str) -> None:
        while events[name].wait() and not stop.is_set():
            heard.note(name)
            events[name].clear()

    def listen() -> None:
        with psycopg.connect(place.cluster.owner_dsn, autocommit=True) as connection:
            connection.execute("listen bench_bare")
            listening.set()
            while not stop.is_set():
                for one in connection.notifies(timeout=1.0, stop_after=1):
                    events[one.payload].set()

    threads = [threading.Thread(target=work, args=(name,)) for name in names] + [threading.Thread(target=listen)]
    for thread in threads:
        thread.start()
    try:
        assert listening.wait(10)
        yield heard
    finally:
        stop.set()
        for event in events.values():
            event.set()
        for thread in threads:
            thread.join(10)


def _edit(app: Running, number: int, title: str) -> str:
    item = str(number % 50 + 1)
    app.control("edit", id=item, fields={"title": title})
    return item


def _carried(left: Running, right: Running, title: str) -> float:
    """Seconds between the edit and our write, as the two apps noted them; they are left alone until it is over."""
    time.sleep(_OVER)
    wait_until(lambda: _when(right, title) is not None, f"“{title}” to arrive", 30, every=_OVER)
    there, here = _when(right, title), _when(left, title)
    assert there is not None
    assert here is not None
    return (there - here).total_seconds()


def _when(app: Running, title: str) -> datetime | None:
    found = [one for one in app.items() if one["fields"]["title"] == title]
    return datetime.fromisoformat(found[0]["updated"]) if found else None
