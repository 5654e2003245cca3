"""Goals 9 and 10: what a request through the API costs, and what a new tenant costs."""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from server.services import integrations, people
from server.services.access import Identity
from server.store import migrate, users
from tests.bench.ratio import Outcome, in_turns, median_ratio
from tests.bench.stand import ROOT, Stand, durable_postgres, integrate, stand, wait_until
from tests.support.fakeapp.running import running

_THREADS = 16


def api(rounds: int, items: int) -> list[Outcome]:
    """Goal 9: an authenticated SELECT in the tenant's schema against W, quiet and beside four tenants that sync."""
    with durable_postgres() as server, ExitStack() as stack:
        place = stack.enter_context(stand(server))
        scope = stack.enter_context(place.tenant("web"))
        with scope.reading() as tx:
            admin = users.every(tx)[0]
        caller = Identity(admin.id, admin.login, admin.name, admin.role)
        _, token, _ = people.make_token(scope, caller, "bench", None)
        stack.enter_context(_web(place))
        hello = stack.enter_context(_hello())
        headers = ["X-Lockstep-Tenant: web", f"Authorization: Bearer {token}"]
        port = place.settings.web.port

        def ours() -> float:
            return _load(port, "/api/v1/connections", *headers)

        found = in_turns(rounds, ours, lambda: _load(hello, "/"))
        alone = statistics.median(rate for rate, _ in found)
        busy = _beside_four(place, stack, items, rounds, ours)
    said = f"{alone:.0f} against {statistics.median(rate for _, rate in found):.0f} answers/s"
    beside = [(rate, alone) for rate in busy]
    said_beside = f"{statistics.median(busy):.0f} against {alone:.0f} answers/s"
    return [
        Outcome("9", "SELECT through the API to W", median_ratio(found), 0.55, True, said, tuple(found)),
        Outcome("9", "the same while four sync", median_ratio(beside), 0.7, True, said_beside, tuple(beside)),
    ]


def tenants(rounds: int, items: int) -> list[Outcome]:
    """Goal 10: a tenant against its bare DDL; the last of many against the first."""
    many = 500 if items >= 2000 else 60
    with durable_postgres() as server, stand(server) as place:
        ours = place.cluster
        numbers = iter(range(10_000))

        def product() -> float:
            begun = time.perf_counter()
            ours.create_tenant(f"t{next(numbers)}")
            return time.perf_counter() - begun

        def bare() -> float:
            begun = time.perf_counter()
            _bare_ddl(ours.owner_dsn, f"bare_{next(numbers)}")
            return time.perf_counter() - begun

        found = in_turns(max(rounds, 9), product, bare)
        times = [product() for _ in range(many)]
    edge = max(5, many // 20)
    first, last = statistics.median(times[:edge]), statistics.median(times[-edge:])
    middle = [statistics.median(sample[which] for sample in found) * 1000 for which in (0, 1)]
    said = f"{middle[0]:.0f} ms against {middle[1]:.0f} ms"
    grown = f"{first * 1000:.0f} ms, then {last * 1000:.0f} ms after {many}"
    return [
        Outcome("10", "a new tenant to its bare DDL", median_ratio(found), 1.15, False, said, tuple(found)),
        Outcome("10", f"tenant {many} to the first", last / first, 1.5, False, grown),
    ]


def _bare_ddl(owner_dsn: str, name: str) -> None:
    """Role, schema and tables in one transaction, and nothing else."""
    with psycopg.connect(owner_dsn) as owner:
        role = sql.Identifier(name)
        owner.execute(sql.SQL("create role {} login password 'x' nosuperuser").format(role))
        owner.execute(sql.SQL("grant {} to current_user with set true, inherit false").format(role))
        owner.execute(sql.SQL("create schema {} authorization {}").format(role, role))
        owner.execute(sql.SQL("set local role {}").format(role))
        owner.execute(sql.SQL("set local search_path to {}").format(role))
        owner.execute(migrate.rendered("tenant", 0), prepare=False)
        owner.execute("reset role")


def _beside_four(place: Stand, stack: ExitStack, items: int, rounds: int, ours: Callable[[], float]) -> list[float]:
    """The rate of the API while four tenants backfill more than there is time for."""
    scopes = []
    for number in range(4):
        left = stack.enter_context(running(items=max(items * 10, 5000)))
        right = stack.enter_context(running())
        scope = stack.enter_context(place.tenant(f"busy{number}"))
        scopes.append((scope, integrate(scope, left, right, 8), right))
    process = stack.enter_context(place.sync_process())
    for scope, integration, _ in scopes:
        integrations.start(scope, "bench", integration)
    wait_until(
        lambda: all(right.counts()["items"] > 0 for _, _, right in scopes) and process.is_running(), "four at work"
    )
    assert callable(ours)
    rates = [ours() for _ in range(rounds)]
    done = [right.counts()["items"] for _, _, right in scopes]
    assert all(one < max(items * 10, 5000) for one in done), f"they were done before the measurement was: {done}"
    return rates


@contextmanager
def _web(place: Stand) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "web", "--settings", str(place.file)], cwd=ROOT, stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        wait_until(lambda: _answers(place.settings.web.port), "the web node", 30)
        yield
    finally:
        process.stdin.close()
        process.wait(timeout=20)


@contextmanager
def _hello() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.yard_hello", str(_THREADS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=20)


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/-/node/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _load(port: int, path: str, *headers: str) -> float:
    command = [sys.executable, "-m", "tests.bench.load", str(port), "3", "8", path, *headers]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
