"""An app that does not answer holds back its own integration, and neither another one nor another tenant."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from server.services.cluster import Cluster
from server.services.scope import TenantScope
from server.worker.supervisor import Supervisor
from tests.support.fakeapp.joined import integrate, the_fake_app_known
from tests.support.fakeapp.running import Running, running
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback

pytestmark = pytest.mark.postgres
_STALL_SECONDS = 45.0
_PATIENCE_SECONDS = 20.0


@contextmanager
def working(opened: Cluster) -> Iterator[None]:
    """A sync process's supervisor in a thread of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=Supervisor(opened, "one", 4, stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def arrive(app: Running, items: int, begun: float) -> None:
    """Wait for so many items, for less long than an app stalls."""
    tick = threading.Event()
    while app.counts()["items"] < items:
        assert time.monotonic() - begun < _PATIENCE_SECONDS, f"{app.counts()} after {_PATIENCE_SECONDS} s"
        tick.wait(0.05)


def join(stack: ExitStack, scope: TenantScope) -> tuple[Running, Running]:
    """An integration of two new apps, the left one with items."""
    left, right = (stack.enter_context(running(items=items)) for items in (7, 0))
    integrate(scope, left, right, {})
    return left, right


def test_an_app_that_stalls_holds_back_nobody_else(fresh_cluster: TestCluster) -> None:
    for name in ("anna", "bert"):
        fresh_cluster.create_tenant(name)
    opened = Cluster("c", fresh_cluster.database(), fresh_cluster.master, loopback)
    with the_fake_app_known(), ExitStack() as closing, ExitStack() as stack:
        closing.callback(opened.close)
        silent, empty = join(stack, opened.scope("anna"))
        silent.control("quirks", stalled=1, stall_seconds=_STALL_SECONDS)  # who saves asks the app, too
        closing.enter_context(working(opened))
        begun = time.monotonic()
        tick = threading.Event()
        while not silent.counts()["fates"]:  # from here on the tenant's own thread waits for an answer
            assert time.monotonic() - begun < _PATIENCE_SECONDS
            tick.wait(0.05)
        _, beside = join(stack, opened.scope("anna"))
        _, another = join(stack, opened.scope("bert"))
        opened.scope("anna").wake()
        for app in (beside, another):
            arrive(app, 7, begun)
        assert empty.counts()["items"] == 0
