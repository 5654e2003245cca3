"""More tenants than PostgreSQL has connections, and a stranger who takes them all: each process keeps to its share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest
import requests

from server.domain.budget import Ceiling, Crowd, Part, budget, needed
from server.services import integrations
from server.services.cluster import Cluster
from server.store.provision import FirstUser
from tests.bench.stand import integrate
from tests.chaos.panel import HASH, PASSWORD, Panel, wait_until
from tests.chaos.stage import House
from tests.support.fakeapp.joined import the_fake_app_known
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import Server, running_server
from tests.support.processes import Process

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

_ALLOWED = 30
_SUPERUSERS = 3
_TENANTS = 60
_PEOPLE = 16
_POLL = 10
_PAGES = ("/overview", "/integrations", "/connections", "/holds", "/runs")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A cluster on a server with few connections, and its web process."""
    with running_server(connections=_ALLOWED) as server, House(server, tmp_path_factory.mktemp("small")) as made:
        yield made


@pytest.fixture(scope="module")
def apps() -> Iterator[tuple[Running, Running]]:
    """Two apps with a container for each tenant."""
    with the_fake_app_known(), running() as left, running() as right:
        yield left, right


def settle_in(house: House, apps: tuple[Running, Running], names: list[str]) -> None:
    """Tenants, each with an integration that runs."""
    for name in names:
        house.cluster.create_tenant(name, FirstUser("admin", "admin@example.org", HASH))
    cluster = Cluster.open(house.settings)
    try:
        for name in names:
            scope = cluster.scope(name)
            made = integrate(scope, *apps, 1, poll_seconds=_POLL, container=name)
            integrations.start(scope, "test", made)
            scope.rest()
    finally:
        cluster.close()


def held(app: Running, container: str) -> int:
    """How many items there are."""
    return int(app.control("counts", container=container)["items"])


@contextmanager
def counted(server: Server, database: str) -> Iterator[Callable[[], int]]:
    """Counts the cluster's connections all the time; the most that there were."""
    stop, most = threading.Event(), 0

    def count() -> None:
        nonlocal most
        query = "select count(*) from pg_stat_activity where datname = %s and application_name like 'lockstep%%'"
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
            while not stop.wait(0.01):
                found = superuser.execute(query, (database,)).fetchone()
                most = max(most, int(found[0]) if found else 0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield lambda: most
    finally:
        stop.set()
        thread.join()


@contextmanager
def taken_by_a_stranger(server: Server) -> Iterator[None]:
    """Another role takes every connection that there is, and each that comes free, until the end of the context."""
    stop, full = threading.Event(), threading.Event()
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
        superuser.execute("create role stranger login password 'stranger'")
        superuser.execute("grant connect on database postgres to stranger")

    def take() -> None:
        with ExitStack() as held:
            while not stop.wait(0.002):
                try:
                    held.enter_context(psycopg.connect(server.dsn("postgres", "stranger", "stranger")))
                except psycopg.OperationalError as error:
                    if "connection slots" in str(error):
                        full.set()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        assert full.wait(30)
        yield
    finally:
        stop.set()
        thread.join()
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as superuser:
            superuser.execute("drop owned by stranger")
            superuser.execute("drop role stranger")


def test_sixty_tenants_are_used_while_they_sync_and_the_connections_stay_within_the_budget(
    small: House, apps: tuple[Running, Running], tmp_path: Path
) -> None:
    names = [f"t{number}" for number in range(_TENANTS)]
    settle_in(small, apps, names)
    for name in names:
        apps[0].control("create", container=name, fields={"title": f"of {name}"})

    def use(name: str) -> list[int]:
        panel = Panel(small.settings.web.port, name)
        panel.sign_in()
        return [panel.answer("GET", page).status_code for page in _PAGES]

    both = {Part.WEB: 1, Part.SYNC: 1}
    granted = budget(Ceiling(_ALLOWED, _SUPERUSERS), Crowd(strangers=0, processes=both))
    assert granted >= needed(both), "this server is too small to show anything"
    file = small.file
    with Process("sync", file, tmp_path / "sync.log") as sync:
        with counted(small.server, small.settings.database.name) as most, ThreadPoolExecutor(_PEOPLE) as people:
            said = [code for codes in people.map(use, names * 2) for code in codes]
            for name in names:
                wait_until(lambda: held(apps[1], name) == 1, f"the item of {name} to arrive", 90)  # noqa: B023 - at once
        assert said == [HTTPStatus.OK] * len(said)
        assert most() <= granted
        assert sync.alive()
        assert "Traceback" not in sync.said()


def test_a_stranger_who_takes_all_connections_is_waited_for_and_everything_comes_back(
    small: House, apps: tuple[Running, Running], tmp_path: Path
) -> None:
    calm = [f"calm{number}" for number in range(4)]
    settle_in(small, apps, ["busy"])
    for name in calm:
        small.cluster.create_tenant(name, FirstUser("admin", "admin@example.org", HASH))
    panels = [Panel(small.settings.web.port, name) for name in calm]
    log = tmp_path / "sync.log"
    with Process("sync", small.file, log) as sync:
        apps[0].control("create", container="busy", fields={"title": "before"})
        wait_until(lambda: held(apps[1], "busy") == 1, "the first item", 60)
        written = small.web.log.stat().st_size + log.stat().st_size
        with taken_by_a_stranger(small.server):
            apps[0].control("create", container="busy", fields={"title": "meanwhile"})
            answers: list[requests.Response] = []

            def told() -> bool:
                answers.append(panels[len(answers) % len(panels)].knock())
                return answers[-1].status_code == HTTPStatus.SERVICE_UNAVAILABLE

            wait_until(told, "the panel to say that there is no room", 60)
            wait_until(lambda: "no connection left" in log.read_text(), "the sync process to say so", 60)
            assert "PostgreSQL has no connection left" in answers[-1].json()["detail"]
            assert int(answers[-1].headers["Retry-After"]) > 0
            assert held(apps[1], "busy") == 1
        wait_until(lambda: held(apps[1], "busy") == 2, "the pass to come back by itself", 60)
        for panel in panels:
            assert panel.answer("POST", "/session", {"login": "admin", "password": PASSWORD}).ok
        assert sync.alive()
        assert small.web.log.stat().st_size + log.stat().st_size - written < 20_000, sync.said()
