"""Which tenants this process runs: claims leases, starts a thread for each, stops what it lost; it must not sync.

A lease that is not renewed in time is as good as lost: the thread is stopped at once, and even if it were not, its
next write would find its tenure over and its next commit would meet the fence that the new holder raised.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

import structlog

from server import faults
from server.domain.errors import LockstepError
from server.services.cluster import LEASE, Cluster, Held, Hub, Tenure, elapsed
from server.worker.loop import TenantLoop

_LOG = structlog.get_logger()
_ROUND = LEASE.total_seconds() / 4
_LISTEN_SECONDS = 5.0
_STOP_SECONDS = 20.0
_AT_ONCE = 50
"""So many tenants are begun between two renewals: beginning hundreds takes longer than a lease holds."""


@dataclass(slots=True)
class _Running:
    loop: TenantLoop
    thread: threading.Thread
    epoch: int
    tenure: Tenure


class Supervisor:
    """Runs the tenants whose leases this process holds, until it is told to stop."""

    def __init__(self, cluster: Cluster, node: str, threads_per_tenant: int, stopping: threading.Event) -> None:
        self._cluster = cluster
        self._node = node
        self._holder = ""
        self._held: Held | None = None
        self._threads = threads_per_tenant
        self._running: dict[str, _Running] = {}
        self._named: dict[str, TenantLoop] = {}
        self._stopping = stopping
        self._renewed = 0.0

    def run(self) -> None:
        """Claim, start, renew and stop until ``stopping`` is set; then give the leases back.

        Returns when every tenant's thread has come to the end of its page.
        """
        hub = self._cluster.hub()
        listening = threading.Thread(target=self._listen, args=(hub,), name="hub", daemon=True)
        listening.start()
        threading.Thread(target=self._cluster.tend, args=(self._stopping,), name="connections", daemon=True).start()
        try:
            while not self._stopping.is_set():
                if not self._round():
                    self._stopping.wait(_ROUND)
        finally:
            self._stop_all()
            hub.stop()
            listening.join(timeout=5)

    def _round(self) -> bool:
        """Renew, claim, start and stop once; whether there may be more to claim."""
        try:
            asked_at = elapsed()
            self._held = held = self._cluster.renew(self._holder, self._held)
            if held is None:
                self._begin_anew()
            claimed = self._cluster.claim(self._holder, _AT_ONCE) if held is None or held.free else {}
            if claimed:
                faults.reach("lease.claimed")
            self._renewed = asked_at
        except LockstepError as error:
            _LOG.warning("the leases could not be renewed", reason=error.message)
            if elapsed() - self._renewed > LEASE.total_seconds() - _ROUND:
                self._stop_lost({})
            return False
        except Exception:  # noqa: BLE001 - ending the process would help nobody; its threads work as long as their tenure
            _LOG.exception("the leases could not be renewed")
            return False
        ours = {**(held.epochs if held is not None else {}), **claimed}
        self._stop_lost(ours)
        for tenant_id, epoch in ours.items():
            running = self._running.get(tenant_id)
            if running is None:
                self._start(tenant_id, epoch, asked_at)
            elif running.epoch == epoch:
                running.tenure.renewed(asked_at)
        return len(claimed) == _AT_ONCE

    def _begin_anew(self) -> None:
        """Hold leases under a name that nobody ever had: at the beginning, and when others took us for dead."""
        self._stop_lost({})
        self._holder = f"{self._node}/{socket.gethostname()}/{os.getpid()}/{token_hex(4)}"
        self._cluster.enrol(self._holder)

    def _stop_lost(self, held: Mapping[str, int]) -> None:
        for tenant_id, running in list(self._running.items()):
            if held.get(tenant_id) != running.epoch or not running.thread.is_alive():
                _LOG.info("the lease is no longer ours: the tenant's thread is stopped", tenant=running.loop.name)
                running.loop.stop()
                running.thread.join(timeout=0.05)
                if not running.thread.is_alive():
                    del self._running[tenant_id]
                    del self._named[running.loop.name]

    def _start(self, tenant_id: str, epoch: int, asked_at: float) -> None:
        try:
            scope = self._cluster.scope_by_id(tenant_id)
        except LockstepError as error:
            _LOG.warning("a tenant could not be opened", tenant=tenant_id, reason=error.message)
            return
        tenure = Tenure()
        tenure.renewed(asked_at)
        loop = TenantLoop(scope, epoch, self._holder, self._threads, tenure)
        thread = threading.Thread(target=loop.run, name=f"tenant-{scope.name}", daemon=True)
        self._running[tenant_id] = _Running(loop, thread, epoch, tenure)
        self._named[scope.name] = loop
        thread.start()

    def _listen(self, hub: Hub) -> None:
        """One listener for all tenants: a notification sets the event of the thread that it names."""
        try:
            while not self._stopping.is_set():
                try:
                    named = hub.wait(_LISTEN_SECONDS)
                except LockstepError as error:
                    _LOG.warning("nobody can be woken just now", reason=error.message)
                    self._stopping.wait(1.0)
                    continue
                for name in list(self._named) if named is None else named:
                    if (loop := self._named.get(name)) is not None:
                        loop.wake()
        finally:
            hub.close()

    def _stop_all(self) -> None:
        for running in self._running.values():
            running.loop.stop()
        deadline = time.monotonic() + _STOP_SECONDS
        for running in self._running.values():
            running.thread.join(timeout=max(0.1, deadline - time.monotonic()))
        try:
            self._cluster.release(self._holder)
        except LockstepError as error:
            _LOG.warning("the leases could not be given back; they expire by themselves", reason=error.message)
