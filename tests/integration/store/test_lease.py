from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from server.domain.errors import Fenced
from server.store import lease
from server.store.database import Database, Transaction
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


def held(tx: Transaction, holder: str) -> int | None:
    """How many tenants it holds; None: it is dead."""
    found = lease.renew(tx, holder)
    return None if found is None else len(found.epochs)


def test_a_lease_has_one_holder(database: Database) -> None:
    with database.control() as tx:
        lease.enrol(tx, "one")
        lease.enrol(tx, "two")
        assert len(lease.claim(tx, "one")) == 2
        assert lease.claim(tx, "two") == {}
        assert (held(tx, "one"), held(tx, "two"), held(tx, "three")) == (2, 0, None)


def test_an_expired_lease_goes_to_another_with_a_greater_epoch_and_its_holder_learns_that_it_is_dead(
    database: Database,
) -> None:
    with database.control() as tx:
        lease.enrol(tx, "one", lease=OVER)
        first = lease.claim(tx, "one")
    with database.control() as tx:
        lease.enrol(tx, "two")
        second = lease.claim(tx, "two")
        assert {tenant: epoch + 1 for tenant, epoch in first.items()} == second
        assert held(tx, "one") is None


def test_who_renews_late_but_before_another_came_goes_on(database: Database) -> None:
    with database.control() as tx:
        lease.enrol(tx, "two")
        lease.enrol(tx, "one")
        first = lease.claim(tx, "one")
        lease.renew(tx, "one", lease=OVER)
    with database.control() as tx:
        again = lease.renew(tx, "one")
        assert again is not None
        assert again.epochs == first
    with database.control() as tx:
        assert lease.claim(tx, "two") == {}


def test_a_released_lease_is_free_at_once_and_its_epoch_still_grows(database: Database) -> None:
    with database.control() as tx:
        lease.enrol(tx, "one")
        lease.enrol(tx, "two")
        first = lease.claim(tx, "one", limit=1)
        lease.release(tx, "one")
        assert held(tx, "one") is None
        tenant = next(iter(first))
        assert lease.claim(tx, "two")[tenant] == first[tenant] + 1


def test_a_suspended_tenant_is_neither_claimed_nor_renewed(database: Database) -> None:
    with database.control() as tx:
        lease.enrol(tx, "one")
        lease.enrol(tx, "two")
        mine = lease.claim(tx, "one")
        tx.execute(text("update control.tenants set state = 'suspended' where name = 'anna'"))
        assert held(tx, "one") == len(mine) - 1
        lease.release(tx, "one")
        assert len(lease.claim(tx, "two")) == 1


def test_what_is_held_is_read_again_only_when_it_has_changed(database: Database, two_tenants: TestCluster) -> None:
    with database.control() as tx:
        lease.enrol(tx, "one")
        lease.claim(tx, "one")
        first = lease.renew(tx, "one")
        assert first is not None
        assert not first.free
    two_tenants.create_tenant("carl")
    with database.control() as tx:
        second = lease.renew(tx, "one", first)
        assert second is not None
        assert second.free
        assert second.epochs is first.epochs
        lease.claim(tx, "one")
        third = lease.renew(tx, "one", second)
        assert third is not None
        assert len(third.epochs) == 3
        tx.execute(text("update control.leases set epoch = epoch + 1, holder = 'two' where epoch = 1"))
        assert held(tx, "one") == 0
        fourth = lease.renew(tx, "one", third)
        assert fourth is not None
        assert (fourth.epochs, fourth.free) == ({}, True)


def test_of_two_who_saw_the_same_lease_free_one_gets_it(database: Database) -> None:
    taken: list[int] = []

    def late() -> None:
        with database.control() as tx:
            taken.append(len(lease.claim(tx, "two")))

    with database.control() as tx:
        lease.enrol(tx, "two")
    with database.control() as tx:
        lease.enrol(tx, "one")  # the other does not know of it yet
        mine = lease.claim(tx, "one")
        other = threading.Thread(target=late)
        other.start()
        waits = text("select count(*) from pg_locks where not granted")
        while not tx.execute(waits).scalar_one():
            assert other.is_alive()
    other.join()
    assert (len(mine), taken) == (2, [0])


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
