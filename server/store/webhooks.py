"""The public address of a connection, by which an app tells of itself; its secret is kept only as a hash.

It must not know what is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Webhook:
    """The address of a connection. ``dropped``: items whose hints gave way to a look at the whole feed."""

    created_at: datetime
    heard_at: datetime | None
    received: int
    dropped: int


def get(tx: Transaction, connection_id: str) -> Webhook | None:
    """The address of a connection, None when it has none."""
    row = tx.execute(select(t.webhooks).where(t.webhooks.c.connection_id == connection_id)).one_or_none()
    return None if row is None else Webhook(row.created_at, row.heard_at, row.received, row.dropped)


def put(tx: Transaction, connection_id: str, digest: bytes) -> None:
    """Give a connection an address; the one that it had is worth nothing any more."""
    statement = insert(t.webhooks).values(connection_id=connection_id, hash=digest)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[t.webhooks.c.connection_id], set_={"hash": digest, "created_at": func.now()}
        )
    )


def remove(tx: Transaction, connection_id: str) -> None:
    """Take a connection's address away."""
    tx.execute(delete(t.webhooks).where(t.webhooks.c.connection_id == connection_id))


def connection_of(tx: Transaction, digest: bytes) -> str | None:
    """The connection whose address has this secret; None: no connection has."""
    found: str | None = tx.execute(select(t.webhooks.c.connection_id).where(t.webhooks.c.hash == digest)).scalar()
    return found


def count(tx: Transaction, digest: bytes, cost: timedelta, credit: timedelta) -> bool:
    """Count a delivery and pay ``cost`` for it; False: too many came, and this one is not counted.

    ``credit`` is how far ahead of the clock deliveries may be paid for.
    """
    paid = tx.execute(
        update(t.webhooks)
        .where(t.webhooks.c.hash == digest, t.webhooks.c.free_at <= func.now() + credit)
        .values(
            free_at=func.greatest(t.webhooks.c.free_at, func.now()) + cost,
            heard_at=func.now(),
            received=t.webhooks.c.received + 1,
        )
    )
    return paid.rowcount == 1


def dropped(tx: Transaction, connection_id: str, items: int, quiet_for: timedelta) -> bool:
    """Count hints that were given up; whether nobody was told of it for ``quiet_for``."""
    before = select(t.webhooks.c.dropped_at).where(t.webhooks.c.connection_id == connection_id)
    told = tx.execute(select(func.coalesce(before.scalar_subquery() > func.now() - quiet_for, False))).scalar_one()
    values = {"dropped": t.webhooks.c.dropped + items}
    if not told:
        values["dropped_at"] = func.now()
    tx.execute(update(t.webhooks).where(t.webhooks.c.connection_id == connection_id).values(**values))
    return not told
