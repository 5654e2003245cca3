"""Tenants as the control schema knows them, and what each sync thread last said; it must not reach their data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.domain.errors import NotFound
from server.store import control_tables as t
from server.store.database import Transaction

TenantState = Literal["active", "suspended", "deleting"]
ThreadState = Literal["starting", "idle", "syncing", "problem", "suspended", "none"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant. ``role_password`` is sealed with the master key."""

    id: str
    name: str
    title: str
    state: TenantState
    role: str
    role_password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SyncState:
    """What a tenant's thread last said of itself; ``none`` when it never said anything."""

    state: ThreadState = "none"
    message: str = ""
    holder: str = ""
    last_pass_at: datetime | None = None
    next_pass_at: datetime | None = None


_TENANT = (
    t.tenants.c.id,
    t.tenants.c.name,
    t.tenants.c.title,
    t.tenants.c.state,
    t.tenants.c.role_name,
    t.tenants.c.role_password,
)
_STATE = (
    t.tenant_states.c.state.label("sync"),
    t.tenant_states.c.message,
    t.tenant_states.c.holder,
    t.tenant_states.c.last_pass_at,
    t.tenant_states.c.next_pass_at,
)


def by_name(control: Transaction, name: str) -> Tenant:
    """The tenant of that name. Raises ``NotFound``."""
    return _one(control.execute(select(*_TENANT).where(t.tenants.c.name == name)).one_or_none(), name)


def by_id(control: Transaction, tenant_id: str) -> Tenant:
    """The tenant with that id. Raises ``NotFound``."""
    return _one(control.execute(select(*_TENANT).where(t.tenants.c.id == tenant_id)).one_or_none(), tenant_id)


def all_with_state(control: Transaction) -> tuple[tuple[Tenant, SyncState], ...]:
    """Every tenant with what its thread last said, by name."""
    query = (
        select(*_TENANT, *_STATE)
        .outerjoin_from(t.tenants, t.tenant_states, t.tenant_states.c.tenant_id == t.tenants.c.id)
        .order_by(t.tenants.c.name)
    )
    return tuple((_tenant(row), _state(row)) for row in control.execute(query))


def answers(control: Transaction) -> None:
    """Whether the database does; nothing else."""
    control.execute(select(1))


def sync_state(control: Transaction, tenant_id: str) -> SyncState:
    """What the tenant's thread last said of itself."""
    row = control.execute(select(*_STATE).where(t.tenant_states.c.tenant_id == tenant_id)).one_or_none()
    return SyncState() if row is None else _state(row)


def set_state(control: Transaction, name: str, state: Literal["active", "suspended"]) -> None:
    """Suspend or resume a tenant. Raises ``NotFound``."""
    changed = control.execute(
        update(t.tenants).where(t.tenants.c.name == name, t.tenants.c.state != "deleting").values(state=state)
    )
    if changed.rowcount == 0:
        raise _unknown(name)


def say(control: Transaction, tenant_id: str, said: SyncState) -> None:
    """Record what the tenant's thread says of itself. A time that is None leaves the last one as it is."""
    statement = insert(t.tenant_states).values(
        tenant_id=tenant_id,
        state=said.state,
        message=said.message,
        holder=said.holder,
        last_pass_at=said.last_pass_at,
        next_pass_at=said.next_pass_at,
        updated_at=func.now(),
    )
    fresh, old = statement.excluded, t.tenant_states.c
    control.execute(
        statement.on_conflict_do_update(
            index_elements=[old.tenant_id],
            set_={
                "state": fresh.state,
                "message": fresh.message,
                "holder": fresh.holder,
                "last_pass_at": func.coalesce(fresh.last_pass_at, old.last_pass_at),
                "next_pass_at": fresh.next_pass_at,
                "updated_at": fresh.updated_at,
            },
        )
    )


def _one(row: Any, name: str) -> Tenant:
    if row is None:
        raise _unknown(name)
    return _tenant(row)


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no tenant named {name!r} in this cluster; check the address.")


def _tenant(row: Any) -> Tenant:
    return Tenant(row.id, row.name, row.title, row.state, row.role_name, row.role_password)


def _state(row: Any) -> SyncState:
    if row.sync is None:
        return SyncState()
    return SyncState(row.sync, row.message, row.holder, row.last_pass_at, row.next_pass_at)
