"""Which sync process runs which tenant: leases with an epoch, and the fence that keeps a late one from committing.

A holder claims leases in the control schema and then raises the fence in the tenant's own schema to its epoch.
Every commit of a run checks the fence in the same transaction. So a process that was paused past its lease, or
cut off from the control schema, cannot commit once another has raised the fence; a lease that a killed process
leaves behind expires by the database's clock and is claimed by whoever asks next. It must not start or stop threads.

The fence keeps a late holder's commits out; no fence keeps out its writes to an app. ``Tenure`` does, as far as a
process can know by itself: it is asked right before every write leaves.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from server.domain.errors import Fenced
from server.store import control_tables as t
from server.store import tables
from server.store.database import Transaction

LEASE = timedelta(seconds=6)
"""How long a lease holds without being renewed; renew it every quarter of that.

A killed process's tenants are taken over after that and a quarter, at the latest: in under 10 seconds.
"""

_FENCE = select(tables.fence.c.epoch).with_for_update(read=True)


@dataclass(slots=True)
class Tenure:
    """How long a tenant is certainly ours. Thread-safe: one thread renews it, others ask."""

    _until: float = 0.0

    def renewed(self, asked_at: float) -> None:
        """The lease was renewed by a request that was sent at ``asked_at`` (of ``elapsed``)."""
        self._until = asked_at + LEASE.total_seconds()

    def check(self) -> None:
        """Raises ``Fenced`` when the lease has run out, as after a stop or a sleep of the machine."""
        if elapsed() >= self._until:
            raise Fenced("The lease of this tenant has run out; nothing more is written before it is renewed.")


def elapsed() -> float:
    """Seconds since some moment; they also pass while this process or its machine stands still, and never jump."""
    clock: int | None = getattr(time, "CLOCK_BOOTTIME", None)  # Linux: its monotonic one sleeps with the machine
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def claim(control: Transaction, holder: str, *, lease: timedelta = LEASE, limit: int | None = None) -> dict[str, int]:
    """Take leases of active tenants that nobody holds, at most ``limit``; the new epoch by tenant id.

    ``holder`` names this process and never another. The epoch grows with every claim.
    """
    free = (
        select(t.tenants.c.id, literal(holder), literal(1), func.now() + lease)
        .outerjoin(t.leases, t.leases.c.tenant_id == t.tenants.c.id)
        .where(t.tenants.c.state == "active")
        .where(or_(t.leases.c.tenant_id.is_(None), t.leases.c.expires_at < func.now()))
        .order_by(t.tenants.c.id)
        .limit(limit)
    )
    statement = insert(t.leases).from_select(["tenant_id", "holder", "epoch", "expires_at"], free)
    taken = control.execute(
        statement.on_conflict_do_update(
            index_elements=[t.leases.c.tenant_id],
            set_={
                "holder": statement.excluded.holder,
                "epoch": t.leases.c.epoch + 1,
                "expires_at": statement.excluded.expires_at,
            },
            # Asked again under the row's lock: of two that saw the lease expired, one gets it.
            where=t.leases.c.expires_at < func.now(),
        ).returning(t.leases.c.tenant_id, t.leases.c.epoch)
    )
    return {row.tenant_id: row.epoch for row in taken}


def renew(control: Transaction, holder: str, *, lease: timedelta = LEASE) -> dict[str, int]:
    """Prolong the leases that this process still holds, of active tenants; the epoch by tenant id.

    A tenant that is missing from the answer was taken over, suspended or deleted: its thread must stop.
    """
    rows = control.execute(
        update(t.leases)
        .where(t.leases.c.holder == holder, t.leases.c.tenant_id == t.tenants.c.id, t.tenants.c.state == "active")
        .values(expires_at=func.now() + lease)
        .returning(t.leases.c.tenant_id, t.leases.c.epoch)
    )
    return {row.tenant_id: row.epoch for row in rows}


def release(control: Transaction, holder: str, tenant_ids: Collection[str] | None = None) -> None:
    """Give leases back (None: all of this process), so that another need not wait. The epochs stay."""
    statement = update(t.leases).where(t.leases.c.holder == holder)
    if tenant_ids is not None:
        statement = statement.where(t.leases.c.tenant_id.in_(tenant_ids))
    control.execute(statement.values(holder="", expires_at=func.now() - timedelta(seconds=1)))


def raise_fence(tx: Transaction, epoch: int) -> None:
    """Shut out every earlier epoch of this tenant. Raises ``Fenced`` when a later one was here already."""
    now = tx.execute(
        update(tables.fence).where(tables.fence.c.epoch <= epoch).values(epoch=epoch).returning(tables.fence.c.epoch)
    ).scalar_one_or_none()
    if now is None:
        raise Fenced("Another sync process has taken this tenant over; this one stops working on it.")


def check_fence(tx: Transaction, epoch: int) -> None:
    """Make sure, until this transaction ends, that nobody took the tenant over. Raises ``Fenced``."""
    now = tx.execute(_FENCE).scalar_one()
    if now != epoch:
        raise Fenced("Another sync process has taken this tenant over; nothing of this step was saved.")
