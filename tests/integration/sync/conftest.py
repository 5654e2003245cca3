"""What tests with fake apps over HTTP share: a cluster that knows their kind, a tenant for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from server.services.cluster import Cluster
from server.services.scope import TenantScope
from tests.support.fakeapp.joined import the_fake_app_known
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback

_NUMBERS = count()


@pytest.fixture(scope="module")
def opened(cluster: TestCluster) -> Iterator[Cluster]:
    """A cluster as the sync process opens it."""
    made = Cluster("c", cluster.database(), cluster.master, loopback)
    with the_fake_app_known():
        yield made
    made.close()


@pytest.fixture
def scope(opened: Cluster, cluster: TestCluster) -> TenantScope:
    """A tenant of the test's own."""
    name = f"joined{next(_NUMBERS)}"
    cluster.create_tenant(name)
    return opened.scope(name)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test opens and leaves to be closed."""
    with ExitStack() as made:
        yield made
