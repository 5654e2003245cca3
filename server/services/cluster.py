"""One cluster as a node sees it: its tenants' scopes, its leases, its wake-ups; it must not serve or sync anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import structlog

from server.connectors.reach import Reach
from server.domain.budget import Part
from server.domain.errors import LockstepError, NotFound
from server.services.reach import nothing_listed, reach_of
from server.services.scope import TenantScope
from server.settings import Settings
from server.store import guard, lease, provision, tenants
from server.store.activity import Standing
from server.store.crypto import MasterKey
from server.store.database import Database, TenantLogin, wake
from server.store.hub import Hub
from server.store.lease import LEASE, Held, Tenure, elapsed
from server.store.tenants import SyncState, Tenant

_SCOPE_SECONDS = 2.0
"""How long a tenant's row is believed before it is read again: so long a suspended tenant may still be served."""
_MOST_MISSED = 1000
_NOBODY = "There is no tenant of that name in this cluster; check the address."
_TEND_SECONDS = 5.0
"""So often it is looked how many connections the server leaves us, and those that nobody uses are given back."""


@dataclass(slots=True)
class Cluster:
    """The way to every tenant of a cluster. Thread-safe."""

    name: str
    database: Database = field(repr=False)
    master: MasterKey = field(repr=False)
    reach: Callable[[], Reach] = field(default=nothing_listed, repr=False)
    _scopes: dict[str, tuple[float, TenantScope]] = field(default_factory=dict, repr=False)
    _missed: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @staticmethod
    def open(settings: Settings, part: Part = Part.ADMIN) -> Cluster:
        """The cluster that the settings name; connections open at first use. Raises ``PutRight``.

        ``part``: what this process is. One that stays has ``tend`` run in a thread of its own.
        """
        database, master = Database(settings.database, part), MasterKey.read(settings.master_key_file)
        return Cluster(settings.cluster, database, master, reach_of(settings.reach_file))

    def scope(self, name: str) -> TenantScope:
        """The tenant of that name, whatever its state. Raises ``NotFound`` or ``Unavailable``."""
        now = time.monotonic()
        with self._lock:
            known, missed = self._scopes.get(name), self._missed.get(name)
        if known is not None and now - known[0] < _SCOPE_SECONDS:
            return known[1]
        if missed is not None and now - missed < _SCOPE_SECONDS:
            raise NotFound(_NOBODY)
        try:
            with self.database.control() as control:
                scope = self._scope(tenants.by_name(control, name), known[1] if known else None)
        except NotFound as error:
            self._miss(name, now)
            raise NotFound(_NOBODY) from error
        with self._lock:
            self._scopes[name] = (now, scope)
        return scope

    def _miss(self, name: str, now: float) -> None:
        """Whether a name is a tenant's shall not show by how long it takes; so those that are not are kept, too."""
        with self._lock:
            if len(self._missed) >= _MOST_MISSED:
                self._missed.clear()
            self._missed[name] = now

    def known(self, name: str) -> TenantScope | None:
        """The tenant of that name if it was here lately; nothing is looked up."""
        with self._lock:
            found = self._scopes.get(name)
        return None if found is None else found[1]

    def scope_by_id(self, tenant_id: str) -> TenantScope:
        """The tenant with that id, read anew. Raises ``NotFound`` or ``Unavailable``."""
        with self.database.control() as control:
            return self._scope(tenants.by_id(control, tenant_id), None)

    def tenants(self) -> tuple[tuple[Tenant, SyncState], ...]:
        """Every tenant with what its sync thread last said."""
        with self.database.control() as control:
            return tenants.all_with_state(control)

    def set_state(self, name: str, state: Literal["active", "suspended"]) -> None:
        """Suspend or resume a tenant and let every sync process look. Raises ``NotFound``."""
        with self.database.control() as control:
            tenants.set_state(control, name, state)
            wake(control, name)

    def enrol(self, holder: str) -> None:
        """Begin to hold leases under that name, which nobody ever had."""
        with self.database.leases() as control:
            lease.enrol(control, holder)

    def claim(self, holder: str, limit: int | None = None) -> dict[str, int]:
        """Take leases that nobody holds; the epoch by tenant id. Raise each tenant's fence before any work."""
        with self.database.leases() as control:
            return lease.claim(control, holder, limit=limit)

    def renew(self, holder: str, known: Held | None = None) -> Held | None:
        """Prolong this process's leases; who is missing must stop. None: it was taken for dead, and holds nothing."""
        with self.database.leases() as control:
            return lease.renew(control, holder, known)

    def release(self, holder: str) -> None:
        """Give all leases back."""
        with self.database.leases() as control:
            lease.release(control, holder)

    def hub(self) -> Hub:
        """A listener for wake-ups of all tenants. Close it."""
        return Hub(self.database)

    def standing(self) -> Standing:
        """How many database connections the cluster may hold, and who holds them."""
        return self.database.standing()

    def answers(self) -> None:
        """Whether the database does. Raises ``Unavailable``."""
        with self.database.control() as control:
            tenants.answers(control)

    def tend(self, stopping: threading.Event) -> None:
        """Keep this process's connections within what the server allows, until ``stopping`` is set."""
        guarded: bool | None = None
        while True:
            try:
                self.database.tend()
                guarded = self._end_overlong(guarded)
            except LockstepError as error:
                structlog.get_logger().warning("nobody can say how many connections are allowed", reason=error.message)
            if stopping.wait(_TEND_SECONDS):
                return

    def _end_overlong(self, guarded: bool | None) -> bool:  # noqa: FBT001 - what was found the last time
        with self.database.control() as control:
            if guarded is None:
                guarded = guard.is_there(control)
            ended = guard.end_overlong(control) if guarded else 0
        if ended:
            structlog.get_logger().warning(
                "sessions of tenants' logins were ended that had lasted too long", ended=ended
            )
        return guarded

    def close(self) -> None:
        """Close every idle connection."""
        self.database.close()

    def _scope(self, tenant: Tenant, known: TenantScope | None) -> TenantScope:
        if known is not None and (known.id, known.title, known.state) == (tenant.id, tenant.title, tenant.state):
            return known
        password = self.master.cipher.open(tenant.role_password, provision.ROLE_PASSWORD).decode()
        return TenantScope(
            id=tenant.id,
            name=tenant.name,
            title=tenant.title,
            cluster=self.name,
            state=tenant.state,
            cipher=self.master.tenant_cipher(tenant.id),
            log=structlog.get_logger().bind(tenant=tenant.name),
            database=self.database,
            login=TenantLogin(tenant.id, tenant.role, password),
            reach=self.reach,
        )


__all__ = ["LEASE", "Cluster", "Held", "Hub", "Part", "Standing", "Tenure", "elapsed"]
