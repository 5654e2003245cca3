"""Goals 1, 2, 3 and 11: how fast items are carried, what that costs, and what a quiet pass costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import count
from threading import Barrier
from typing import Any

import psycopg
import requests

from server.domain.item import Side
from server.services import integrations
from server.services.scope import TenantScope
from server.services.sync.crew import Crew
from server.services.sync.passes import Broken, Desk
from server.store import cursors
from tests.bench.ratio import Outcome, in_turns, median_ratio
from tests.bench.stand import Figures, backfill, durable_postgres, integrate, stand, wait_until, yardstick
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.running import running
from tests.support.fakeapp.serve import TOKEN
from tests.support.postgres import Server

_NUMBERS = count()
_WRITTEN = "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables where relname <> 'egress'"


def one_tenant(rounds: int, items: int) -> list[Outcome]:
    """Goals 1 and 2: the whole engine against R1, nothing in the way but itself."""
    with durable_postgres() as server:
        found = in_turns(rounds, lambda: engine(server, items), lambda: _yard(server, "yard_requests", items))
    rates = [(ours.rate, yard.rate) for ours, yard in found]
    costs = [(ours.cpu / ours.items * 1000, yard.cpu / yard.items * 1000) for ours, yard in found]
    said = _rates(rates)
    peak = statistics.median(ours.peak_mb for ours, _ in found)
    spent = f"{_median(costs, 0):.2f} against {_median(costs, 1):.2f} CPU s per 1,000; sync process {peak:.0f} MB"
    return [
        Outcome("1", "rate of one tenant to R1", median_ratio(rates), 2.0, True, said, tuple(rates)),
        Outcome("2", "CPU an item to R1", median_ratio(costs), 0.9, False, spent, tuple(costs)),
    ]


def two_tenants(rounds: int, items: int) -> list[Outcome]:
    """Goal 1, second half: two sync processes together against the limit of the machine."""
    what = "rate of two sync processes to L"
    if find_spec("pycurl") is None:
        return [Outcome("1", what, None, 0.6, True, "pycurl is not installed; it is the yardstick")]
    with durable_postgres() as server:
        found = in_turns(rounds, lambda: _two(server, items), lambda: _yard(server, "yard_curl", items).rate)
    return [Outcome("1", what, median_ratio(found), 0.6, True, _rates(found), tuple(found))]


def latency(rounds: int, items: int) -> list[Outcome]:
    """Goal 3: an app that takes 20 ms to answer, with 8 and 16 workers, against what so many could do at best."""
    outcomes = []
    with durable_postgres() as server:
        for workers in (8, 16):
            best = workers / 0.020
            slow = [engine(server, items, workers, Quirks(latency=0.020)).rate for _ in range(rounds)]
            samples = [(rate, best) for rate in slow]
            what = f"rate at 20 ms with {workers} workers to the best possible"
            outcomes.append(Outcome("3", what, median_ratio(samples), 0.85, True, _rates(samples), tuple(samples)))
    return outcomes


def quiet(rounds: int, items: int) -> list[Outcome]:
    """Goal 11: a pass with nothing changed against the bare reads that it cannot do without."""
    with durable_postgres() as server, ExitStack() as stack:
        left, right = (stack.enter_context(running(items=n)) for n in (items, 0))
        place = stack.enter_context(stand(server))
        scope = stack.enter_context(place.tenant("quiet"))
        integration = integrate(scope, left, right, 4)
        pool = stack.enter_context(Crew(4, "bench"))
        integrations.start(scope, "bench", integration)
        desk = Desk(scope, 1, "bench", lambda: False)
        desk.open()
        stack.callback(desk.close)
        _pass(desk, pool)
        time.sleep(1.5)  # past the overlap: what follows is the only change that later passes look back at
        left.control("edit", id="1", fields={"title": "the last change"})
        for _ in range(3):
            _pass(desk, pool)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        asked = [(app.url, _since(scope, integration, side)) for side, app in (("left", left), ("right", right))]

        def reads() -> float:
            begun = time.perf_counter()
            for _ in range(20):
                for url, since in asked:
                    query = {"container": "main", "offset": "0", "limit": "100", "since": since}
                    session.get(f"{url}/items", params=query).json()
            return (time.perf_counter() - begun) / 20

        def passes() -> float:
            begun = time.perf_counter()
            for _ in range(20):
                _pass(desk, pool)
            return (time.perf_counter() - begun) / 20

        before = _rows_written(server, scope, place.settings.database.name)
        found = in_turns(max(rounds, 5), passes, reads)
        written = _rows_written(server, scope, place.settings.database.name) - before
    said = f"{_median(found, 0) * 1000:.1f} ms against {_median(found, 1) * 1000:.1f} ms"
    what = "a quiet pass to its bare reads"
    rows = Outcome("11", "rows written by quiet passes", float(written), 0, False, f"in {20 * len(found)} passes")
    return [Outcome("11", what, median_ratio(found), 1.3, False, said, tuple(found)), rows]


def engine(
    server: Server,
    items: int,
    workers: int = 8,
    quirks: Quirks | None = None,
    together: Callable[[], object] = lambda: None,
) -> Figures:
    """One tenant, one sync process, everything new."""
    with ExitStack() as stack:
        left = stack.enter_context(running(items=items, quirks=quirks))
        right = stack.enter_context(running(quirks=quirks))
        place = stack.enter_context(stand(server, workers))
        scope = stack.enter_context(place.tenant(f"bench{next(_NUMBERS)}"))
        integration = integrate(scope, left, right, workers)
        process = stack.enter_context(place.sync_process())
        return backfill(scope, integration, process, right, items, together=together)


def _two(server: Server, items: int) -> float:
    """Two clusters with a sync process and a tenant each, begun at once; items a second of both together."""
    start = Barrier(2, timeout=120)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: engine(server, items, together=start.wait), range(2)))
    return sum(one.items for one in both) / max(one.seconds for one in both)


def _yard(server: Server, module: str, items: int) -> Figures:
    with running(items=items) as left, running() as right:
        return yardstick(module, left.url, right.url, server.dsn("postgres"))


def _pass(desk: Desk, pool: Crew) -> None:
    (wanted,) = desk.wanted()
    one = desk.start(wanted, pool)
    while True:
        outcome = one.step()
        if outcome is not None:
            assert not isinstance(outcome, Broken), outcome
            return


def _since(scope: TenantScope, integration: str, side: str) -> str:
    with scope.reading() as tx:
        cursor = cursors.read(tx, integration)[Side(side)]
    assert cursor is not None
    return cursor.isoformat()


def _rows_written(server: Server, scope: TenantScope, database: str) -> int:
    """Rows inserted, updated and deleted so far, but for the count of contacts: that is a row every ten seconds."""
    scope.rest()
    with psycopg.connect(server.dsn(database), autocommit=True) as superuser:
        wait_until(lambda: _settled(superuser), "the statistics to settle", 10)
        row = superuser.execute(_WRITTEN).fetchone()
    assert row is not None
    return int(row[0])


def _settled(superuser: Any) -> bool:
    """Backends report when they end, and ours were just let go; else it may take them ten seconds."""
    before = superuser.execute(_WRITTEN).fetchone()
    time.sleep(1.2)
    return bool(superuser.execute(_WRITTEN).fetchone()[0] == before[0])


def _rates(samples: list[tuple[float, float]]) -> str:
    return f"{_median(samples, 0):.0f} against {_median(samples, 1):.0f} items/s"


def _median(samples: list[tuple[float, float]], which: int) -> float:
    return statistics.median(sample[which] for sample in samples)
