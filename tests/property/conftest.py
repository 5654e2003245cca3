"""The stage that histories share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.property.world import Stage
from tests.support.postgres import TestCluster


@pytest.fixture(scope="session")
def stage(cluster: TestCluster) -> Iterator[Stage]:
    """A tenant of its own for the histories of this process."""
    cluster.create_tenant("histories")
    database = cluster.database()
    yield Stage(database, cluster.login("histories"), cluster, "histories")
    database.close()
