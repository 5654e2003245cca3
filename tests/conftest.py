"""What every test may ask for; nothing here starts before a test asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.property.world import Stage
from tests.support.browser import chromium
from tests.support.postgres import Server, TestCluster, make_cluster, running_server

settings.register_profile("the same each time", deadline=None, derandomize=True)
settings.register_profile("new ones", deadline=None)
settings.load_profile(os.environ.get("LOCKSTEP_LAWS", "the same each time"))
"""Of one state of the code a run says one thing; who looks for more says ``LOCKSTEP_LAWS="new ones"``."""


_LONGEST = (
    "property/test_histories.py",
    "property/test_more_histories.py",
    "chaos/test_postgres.py",
    "e2e/trackers/test_redmine_and_request_tracker.py",
    "e2e/browser/test_to_the_end.py",
    "chaos/test_kill_in_writes.py",
    "e2e/browser/test_panel.py",
    "property/test_laws_bite.py",
    "e2e/trackers/test_roundup_and_redmine.py",
    "chaos/",
    "e2e/",
    "property/",
    "integration/",
)
"""Files (and folders) that take minutes, the longest first: begun last, one of them would keep one core waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; .ci/test has the workers keep to that order."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(here).as_posix()
        return next((number for number, begin in enumerate(_LONGEST) if name.startswith(begin)), len(_LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL of this test process."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def cluster(postgres_server: Server) -> TestCluster:
    """A prepared cluster that tests of this process share; give each test tenants of its own."""
    return make_cluster(postgres_server)


@pytest.fixture
def fresh_cluster(postgres_server: Server) -> TestCluster:
    """A prepared cluster for one test alone."""
    return make_cluster(postgres_server)


@pytest.fixture(scope="session")
def stage(cluster: TestCluster) -> Iterator[Stage]:
    """A tenant whose apps are models: for histories, and for stories of single steps."""
    cluster.create_tenant("histories")
    database = cluster.database()
    yield Stage(database, cluster.login("histories"), cluster, "histories")
    database.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of this test process: a second cannot be started in a thread while the first runs."""
    with chromium() as running:
        yield running
