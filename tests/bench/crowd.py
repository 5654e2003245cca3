"""Goal 6: many tenants with a running integration each, asleep and polling, and every panel used, on one PostgreSQL.

What is counted is the whole: the web process, the sync process and PostgreSQL with all that it has started.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import psutil
import psycopg
import requests

from server.domain.schedule import Schedule
from server.services import integrations, people
from server.services.access import Identity
from server.services.cluster import Cluster
from server.services.scope import TenantScope
from server.store import users
from tests.bench.ratio import Outcome
from tests.bench.stand import Stand, durable_postgres, integrate, stand, wait_until
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import Server
from tests.support.processes import Process

_ALLOWED_KB, _IDLE_CORE, _POLLING_CORE = 100.0, 0.01, 0.5
_HOUR, _MINUTE = 3600, 60
_QUIET_SECONDS = 45.0
"""Until what nobody uses is given back."""
_PEOPLE = 16
_PAGES = ("/overview", "/integrations", "/connections", "/holds", "/runs")


def crowd(_rounds: int, tenants: int) -> list[Outcome]:
    """Idle first, then polling each minute while somebody looks at each panel; nothing is asked twice."""
    with durable_postgres() as server, ExitStack() as stack:
        apps = stack.enter_context(running()), stack.enter_context(running())
        place = stack.enter_context(stand(server, 4))
        whole = _Whole(server, tuple(stack.enter_context(_node(place))))
        time.sleep(_QUIET_SECONDS / 3)
        empty = whole.memory()
        cluster = stack.enter_context(_opened(place))
        made = [_settle(place, cluster, apps, f"t{number}") for number in range(tenants)]
        _all_idle(cluster)
        time.sleep(_QUIET_SECONDS)
        grown = whole.memory() - empty
        each = grown.total() / tenants / 1024
        parts = ", ".join(f"{name} {size / tenants / 1024:.0f}" for name, size in grown.most_common())
        asleep = whole.cores(20.0)
        for one in made:
            one.poll_each_minute()
        time.sleep(_MINUTE)
        polling = whole.cores(_MINUTE)
        most = stack.enter_context(_most_connections(server, place.settings.database.name))
        begun = time.perf_counter()
        with ThreadPoolExecutor(_PEOPLE) as persons:
            answers = [code for codes in persons.map(lambda one: one.look(place), made) for code in codes]
        seconds = time.perf_counter() - begun
        assert set(answers) == {200}, f"the panels answered {sorted(set(answers))}"
        arrived = _news_arrives(apps, made)
        granted = cluster.standing().budget
    looked = (
        f"{len(answers)} answers of {tenants} panels in {seconds:.0f} s, none refused; the news of all {arrived:.0f} s"
    )
    return [
        Outcome(
            "6", f"KB a tenant asleep, to 100, {tenants}", each / _ALLOWED_KB, 1.0, False, f"{each:.0f} KB: {parts}"
        ),
        Outcome("6", "cores of all asleep, to 0.01", asleep / _IDLE_CORE, 1.0, False, f"{asleep:.3f} of a core"),
        Outcome("6", "cores when polling, to 0.5", polling / _POLLING_CORE, 1.0, False, f"{polling:.2f} of a core"),
        Outcome("6", "connections to the budget", most() / granted, 1.0, False, f"{most()} of {granted}; {looked}"),
    ]


@dataclass(frozen=True, slots=True)
class _Made:
    """A tenant with its integration and somebody's token."""

    scope: TenantScope
    integration: str
    token: str

    def poll_each_minute(self) -> None:
        """From now on."""
        row = integrations.get(self.scope, self.integration)
        document = replace(row.document, schedule=Schedule(_MINUTE))
        integrations.change(self.scope, "bench", row.id, row.name, document)
        self.scope.rest()

    def look(self, place: Stand) -> list[int]:
        """What somebody at the panel asks for; the status of each answer."""
        headers = {"X-Lockstep-Tenant": self.scope.name, "Authorization": f"Bearer {self.token}"}
        base = f"http://127.0.0.1:{place.settings.web.port}/api/v1"
        with requests.Session() as session:
            return [session.get(base + page, headers=headers, timeout=60).status_code for page in _PAGES]


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everything that runs for a cluster."""

    server: Server
    processes: tuple[psutil.Process, ...]

    def memory(self) -> Counter[str]:
        """Bytes by whose they are, what is shared counted once; PostgreSQL's shared memory (its page cache) apart."""
        found = Counter({name: _pss(one) for name, one in zip(("web", "sync"), self.processes, strict=True)})
        for one in self._postgres():
            cache = _shared(one)
            found += Counter({"cache": cache, "postgres": _pss(one) - cache})
        return found

    def cores(self, seconds: float) -> float:
        """How many cores were busy for so long."""
        before, begun = self._cpu(), time.perf_counter()
        time.sleep(seconds)
        return (self._cpu() - before) / (time.perf_counter() - begun)

    def _postgres(self) -> list[psutil.Process]:
        postmaster = psutil.Process(int((self.server.folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
        return [postmaster, *postmaster.children(recursive=True)]

    def _cpu(self) -> float:
        postmaster, *backends = self._postgres()
        times = postmaster.cpu_times()  # those that have ended are in its own account
        total = times.user + times.system + times.children_user + times.children_system
        for one in (*self.processes, *backends):
            try:
                now = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += now.user + now.system
        return float(total)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _shared(process: psutil.Process) -> int:
    """A PostgreSQL process's share of what they all share."""
    try:
        return sum(int(one.pss) for one in process.memory_maps() if one.path.startswith("/dev/zero"))
    except psutil.NoSuchProcess:
        return 0


@contextmanager
def _node(place: Stand) -> Iterator[list[psutil.Process]]:
    """Both processes of a node, serving."""
    with ExitStack() as stack:
        found = []
        for part in ("web", "sync"):
            log = place.file.with_name(f"{part}.log")
            found.append(stack.enter_context(Process("web" if part == "web" else "sync", place.file, log)).seen)
        address = f"http://127.0.0.1:{place.settings.web.port}/-/node/health"
        wait_until(lambda: _serves(address), "the web process to serve", 60, every=0.1)
        yield found


def _serves(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


@contextmanager
def _opened(place: Stand) -> Iterator[Cluster]:
    cluster = Cluster.open(place.settings)
    try:
        yield cluster
    finally:
        cluster.close()


def _settle(place: Stand, cluster: Cluster, apps: tuple[Running, Running], name: str) -> _Made:
    place.cluster.create_tenant(name)
    scope = cluster.scope(name)
    integration = integrate(scope, *apps, 1, poll_seconds=_HOUR, container=name)
    integrations.start(scope, "bench", integration)
    with scope.reading() as tx:
        admin = users.every(tx)[0]
    _, token, _ = people.make_token(scope, Identity(admin.id, admin.login, admin.name, admin.role), "bench", None)
    scope.rest()
    return _Made(scope, integration, token)


def _all_idle(cluster: Cluster) -> None:
    wait_until(lambda: all(said.state == "idle" for _, said in cluster.tenants()), "all to be idle", 300, every=1.0)


def _news_arrives(apps: tuple[Running, Running], made: list[_Made]) -> float:
    """An item of each tenant's; seconds until the last has its twin."""
    begun = time.perf_counter()
    for one in made:
        apps[0].control("create", container=one.scope.name, fields={"title": f"of {one.scope.name}"})

    def there(name: str) -> Callable[[], bool]:
        return lambda: bool(apps[1].control("counts", container=name)["items"])

    for one in made:
        wait_until(there(one.scope.name), f"the item of {one.scope.name}", 180, every=0.1)
    return time.perf_counter() - begun


@contextmanager
def _most_connections(server: Server, database: str) -> Iterator[Callable[[], int]]:
    """The most connections that the cluster held at any time within the context."""
    stop, most = threading.Event(), 0
    query = "select count(*) from pg_stat_activity where datname = %s and application_name like 'lockstep%%'"

    def count() -> None:
        nonlocal most
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
            while not stop.wait(0.1):
                found = superuser.execute(query, (database,)).fetchone()
                most = max(most, int(found[0]) if found else 0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield lambda: most
    finally:
        stop.set()
        thread.join()
