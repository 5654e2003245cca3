"""The requests that all web processes of a cluster send to one connection, counted in one row; it must not wait."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from server.store import tables as t
from server.store.database import Transaction


def take(tx: Transaction, connection_id: str, rate: float, burst: float, patience: timedelta) -> timedelta | None:
    """Take the place of one request; how long to wait before it goes. None: longer than ``patience``, no place taken.

    ``rate`` is in requests a second, ``burst`` is how many may go at once. Every request is paid for with
    ``1 / rate`` seconds; who comes before the row is free again waits, less what a burst allows.
    """
    cost = timedelta(seconds=1 / rate)
    credit = timedelta(seconds=(burst - 1) / rate)
    statement = insert(t.paces).values(connection_id=connection_id, free_at=func.now() + cost)
    taken = tx.execute(
        statement.on_conflict_do_update(
            index_elements=[t.paces.c.connection_id],
            set_={"free_at": func.greatest(t.paces.c.free_at, func.now()) + cost},
            where=t.paces.c.free_at <= func.now() + credit + patience,
        ).returning((t.paces.c.free_at - cost - credit - func.now()).label("wait"))
    ).one_or_none()
    return None if taken is None else max(taken.wait, timedelta(0))
