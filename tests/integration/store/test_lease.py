from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.domain.errors import Fenced
from server.store import lease
from server.store.database import Database
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
OVER = timedelta(seconds=-1)


@pytest.fixture
def two_tenants(fresh_cluster: TestCluster) -> TestCluster:
    fresh_cluster.create_tenant("anna")
    fresh_cluster.create_tenant("berta")
    return fresh_cluster


@pytest.fixture
def database(two_tenants: TestCluster) -> Iterator[Database]:
    database = two_tenants.database()
    yield database
    database.close()


def test_a_lease_has_one_holder(database: Database) -> None:
    with database.control() as tx:
        assert len(lease.claim(tx, "one")) == 2
        assert lease.claim(tx, "two") == {}
        assert len(lease.renew(tx, "one")) == 2
        assert lease.renew(tx, "two") == {}


def test_an_expired_lease_goes_to_another_with_a_greater_epoch(database: Database) -> None:
    with database.control() as tx:
        first = lease.claim(tx, "one", lease=OVER)
    with database.control() as tx:
        second = lease.claim(tx, "two")
        assert {tenant: epoch + 1 for tenant, epoch in first.items()} == second
        assert lease.renew(tx, "one") == {}


def test_a_released_lease_is_free_at_once_and_its_epoch_still_grows(database: Database) -> None:
    with database.control() as tx:
        first = lease.claim(tx, "one", limit=1)
        lease.release(tx, "one")
        assert lease.renew(tx, "one") == {}
        tenant = next(iter(first))
        assert lease.claim(tx, "two")[tenant] == first[tenant] + 1


def test_a_suspended_tenant_is_neither_claimed_nor_renewed(database: Database) -> None:
    with database.control() as tx:
        held = lease.claim(tx, "one")
        tx.execute(text("update control.tenants set state = 'suspended' where name = 'anna'"))
        assert len(lease.renew(tx, "one")) == len(held) - 1
        lease.release(tx, "one")
        assert len(lease.claim(tx, "two")) == 1


def test_an_earlier_epoch_cannot_commit_once_the_fence_is_raised(database: Database, two_tenants: TestCluster) -> None:
    login = two_tenants.login("anna")
    with database.tenant(login) as tx:
        lease.raise_fence(tx, 1)
        lease.check_fence(tx, 1)
    with database.tenant(login) as tx:
        lease.raise_fence(tx, 2)
    with pytest.raises(Fenced), database.tenant(login) as tx:
        lease.check_fence(tx, 1)
    with pytest.raises(Fenced), database.tenant(login) as tx:
        lease.raise_fence(tx, 1)
