"""Which sync process runs which tenant: leases with an epoch, and the fence that keeps a late one from committing.

A process enrols as a holder in the control schema, claims leases there and then raises the fence in each tenant's own
schema to the epoch it was given. It renews one row for all of its leases: hundreds of tenants cost what one costs.
Every commit of a run checks the fence in the same transaction. So a process that was paused past its lease, or
cut off from the control schema, cannot commit once another has raised the fence; what a killed process
held expires by the database's clock and is claimed by whoever asks next. It must not start or stop threads.

The fence keeps a late holder's commits out; no fence keeps out its writes to an app. ``Tenure`` does, as far as a
process can know by itself: it is asked right before every write leaves.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import bindparam, delete, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from server.domain.errors import Fenced
from server.store import control_tables as t
from server.store import tables
from server.store.database import Transaction

LEASE = timedelta(seconds=6)
"""How long a lease holds without being renewed; renew it every quarter of that.

A killed process's tenants are taken over after that and a quarter, at the latest: in under 10 seconds.
"""

_RENEW = text(
    "with alive as (update control.holders set expires_at = now() + :lease where holder = :holder returning holder),"
    " living as (select holder from control.holders where expires_at >= now() union select holder from alive)"
    " select exists (select from alive) as alive, count(*) filter (where l.holder = :holder) as held,"
    " coalesce(bit_xor(hashtextextended(t.id::text, l.epoch)) filter (where l.holder = :holder), 0) as mark,"
    " count(*) filter (where l.holder is null or l.holder not in (select holder from living)) as free"
    " from control.tenants t left join control.leases l on l.tenant_id = t.id where t.state = 'active'"
)
_HELD = (
    select(t.leases.c.tenant_id, t.leases.c.epoch)
    .join(t.tenants, t.tenants.c.id == t.leases.c.tenant_id)
    .where(t.leases.c.holder == bindparam("holder"), t.tenants.c.state == "active")
)
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


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds: the epoch by tenant id. ``free``: whether anything could be claimed.

    ``mark`` is another one when the tenants or their epochs are: they are read only then.
    """

    epochs: Mapping[str, int]
    mark: tuple[int, int]
    free: bool


def enrol(control: Transaction, holder: str, *, lease: timedelta = LEASE) -> None:
    """Begin to live. ``holder`` names this process and never another, nor itself once it was taken for dead."""
    control.execute(insert(t.holders).values(holder=holder, expires_at=func.now() + lease))


def claim(control: Transaction, holder: str, *, limit: int | None = None) -> dict[str, int]:
    """Take leases of active tenants that nobody living holds, at most ``limit``; the new epoch by tenant id.

    Whose time has run out is struck from the living first, under its row's lock: either it has renewed by then, or it
    learns that it is dead. The epoch grows with every claim.
    """
    control.execute(delete(t.holders).where(t.holders.c.expires_at < func.now()))
    free = (
        select(t.tenants.c.id, literal(holder), func.coalesce(t.leases.c.epoch, 0) + 1)
        .outerjoin(t.leases, t.leases.c.tenant_id == t.tenants.c.id)
        .where(t.tenants.c.state == "active")
        .where(or_(t.leases.c.tenant_id.is_(None), t.leases.c.holder.not_in(select(t.holders.c.holder))))
        .order_by(t.tenants.c.id)
        .limit(limit)
    )
    statement = insert(t.leases).from_select(["tenant_id", "holder", "epoch"], free)
    taken = control.execute(
        statement.on_conflict_do_update(
            index_elements=[t.leases.c.tenant_id],
            set_={"holder": statement.excluded.holder, "epoch": statement.excluded.epoch},
            # Asked again under the row's lock: of two that saw it free, one gets it.
            where=t.leases.c.epoch == statement.excluded.epoch - 1,
        ).returning(t.leases.c.tenant_id, t.leases.c.epoch)
    )
    return {row.tenant_id: row.epoch for row in taken}


def renew(control: Transaction, holder: str, known: Held | None = None, *, lease: timedelta = LEASE) -> Held | None:
    """Prolong all leases of this process; what it holds now, where ``known`` is what it held. None: it is dead.

    A tenant that is missing from the answer was taken over, suspended or deleted: its thread must stop. Who is dead
    holds nothing: it must stop everything, and enrol under another name.
    """
    found = control.execute(_RENEW, {"holder": holder, "lease": lease}).one()
    if not found.alive:
        return None
    mark = (found.held, found.mark)
    if known is not None and known.mark == mark:
        return replace(known, free=found.free > 0)
    rows = control.execute(_HELD, {"holder": holder})
    return Held({row.tenant_id: row.epoch for row in rows}, mark, free=found.free > 0)


def release(control: Transaction, holder: str) -> None:
    """Give all leases of this process back, so that another need not wait. The epochs stay."""
    control.execute(delete(t.holders).where(t.holders.c.holder == holder))
    control.execute(update(t.leases).where(t.leases.c.holder == holder).values(holder=""))


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
