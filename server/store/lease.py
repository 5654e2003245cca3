"""Which sync process runs which tenant: leases with an epoch, and the fence that keeps a late one from committing.

A holder claims leases in the control schema and then raises the fence in the tenant's own schema to its epoch.
Every commit of a run checks the fence in the same transaction. So a process that was paused past its lease, or
cut off from the control schema, cannot commit once another has raised the fence; a lease that a killed process
leaves behind expires by the database's clock and is claimed by whoever asks next. It must not start or stop threads.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from server.domain.errors import Fenced
from server.store import tables as t
from server.store.database import Transaction

LEASE = timedelta(seconds=8)
"""How long a lease holds without being renewed; renew it every quarter of that."""


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
        update(t.fence).where(t.fence.c.epoch <= epoch).values(epoch=epoch).returning(t.fence.c.epoch)
    ).scalar_one_or_none()
    if now is None:
        raise Fenced("Another sync process has taken this tenant over; this one stops working on it.")


def check_fence(tx: Transaction, epoch: int) -> None:
    """Make sure, until this transaction ends, that nobody took the tenant over. Raises ``Fenced``."""
    now = tx.execute(select(t.fence.c.epoch).with_for_update(read=True)).scalar_one()
    if now != epoch:
        raise Fenced("Another sync process has taken this tenant over; nothing of this step was saved.")
