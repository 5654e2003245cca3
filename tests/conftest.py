"""What every test may ask for; nothing here starts before a test asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.property.world import Stage
from tests.support.postgres import Server, TestCluster, make_cluster, running_server


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
