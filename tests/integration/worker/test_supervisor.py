"""Two sync processes and a few tenants: never both on one, and a dead one's tenants are taken over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from server.services.cluster import LEASE, Cluster
from server.worker.supervisor import Supervisor
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback

pytestmark = pytest.mark.postgres


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while time.monotonic() < deadline:
        if true():
            return True
        tick.wait(0.05)
    return False


@contextmanager
def supervised(test_cluster: TestCluster, node: str) -> Iterator[threading.Event]:
    """A sync process's supervisor in a thread of its own."""
    cluster = Cluster("c", test_cluster.database(), test_cluster.master, loopback)
    stop = threading.Event()
    thread = threading.Thread(target=Supervisor(cluster, node, 2, stop).run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        cluster.close()
    assert not thread.is_alive()


def holders(test_cluster: TestCluster) -> dict[str, str]:
    """Tenant -> node of the lease that is in force."""
    with psycopg.connect(test_cluster.owner_dsn) as owner:
        rows = owner.execute(
            "select t.name, l.holder from control.leases l join control.tenants t on t.id = l.tenant_id"
            " join control.holders h on h.holder = l.holder where h.expires_at > now()"
        ).fetchall()
    return {name: holder.split("/")[0] for name, holder in rows}


def states(test_cluster: TestCluster) -> dict[str, str]:
    """Tenant -> what its thread last said."""
    cluster = Cluster("c", test_cluster.database(), test_cluster.master, loopback)
    try:
        return {tenant.name: said.state for tenant, said in cluster.tenants()}
    finally:
        cluster.close()


def test_every_tenant_gets_a_thread_that_says_how_it_is(fresh_cluster: TestCluster) -> None:
    for name in ("anna", "bert"):
        fresh_cluster.create_tenant(name)
    with supervised(fresh_cluster, "one"):
        assert eventually(lambda: states(fresh_cluster) == {"anna": "idle", "bert": "idle"})
        fresh_cluster.create_tenant("carl")
        assert eventually(lambda: states(fresh_cluster).get("carl") == "idle")


def test_two_processes_never_hold_the_same_tenant(fresh_cluster: TestCluster) -> None:
    fresh_cluster.create_tenant("anna")
    with supervised(fresh_cluster, "one"):
        assert eventually(lambda: holders(fresh_cluster) == {"anna": "one"})
        with supervised(fresh_cluster, "two"):
            assert not eventually(lambda: holders(fresh_cluster) != {"anna": "one"}, LEASE.total_seconds() / 2)


def test_a_process_that_stops_hands_its_tenants_over_at_once(fresh_cluster: TestCluster) -> None:
    fresh_cluster.create_tenant("anna")
    with supervised(fresh_cluster, "one") as stop_one:
        assert eventually(lambda: holders(fresh_cluster) == {"anna": "one"})
        with supervised(fresh_cluster, "two"):
            stop_one.set()
            assert eventually(lambda: holders(fresh_cluster) == {"anna": "two"}, LEASE.total_seconds())


def test_the_tenants_of_a_dead_process_are_taken_over_in_under_ten_seconds(fresh_cluster: TestCluster) -> None:
    fresh_cluster.create_tenant("anna")
    dead = Cluster("c", fresh_cluster.database(), fresh_cluster.master, loopback)
    dead.enrol("dead/host/1/x")
    dead.claim("dead/host/1/x")  # and never renews
    dead.close()
    died = time.monotonic()
    with supervised(fresh_cluster, "two"):
        assert eventually(lambda: holders(fresh_cluster) == {"anna": "two"})
        assert time.monotonic() - died < 10
        assert eventually(lambda: states(fresh_cluster) == {"anna": "idle"})
