"""Which hosts were contacted for which connection, and how often; counted, never judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Contact:
    """One host as contacted for one connection; ``refused`` requests never left."""

    host: str
    port: int
    connection: str
    connection_name: str
    requests: int
    refused: int
    first_at: datetime
    last_at: datetime


def count(tx: Transaction, host: str, port: int, connection_id: str, *, requests: int, refused: int) -> None:
    """Add to the counters."""
    statement = insert(t.egress).values(
        host=host, port=port, connection_id=connection_id, requests=requests, refused=refused
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[t.egress.c.host, t.egress.c.port, t.egress.c.connection_id],
            set_={
                "requests": t.egress.c.requests + statement.excluded.requests,
                "refused": t.egress.c.refused + statement.excluded.refused,
                "last_at": func.now(),
            },
        )
    )


def every(tx: Transaction) -> tuple[Contact, ...]:
    """Every host, the last contacted first."""
    query = (
        select(t.egress, func.coalesce(t.connections.c.name, "").label("name"))
        .outerjoin_from(t.egress, t.connections, t.connections.c.id == t.egress.c.connection_id)
        .order_by(t.egress.c.last_at.desc())
    )
    return tuple(
        Contact(row.host, row.port, row.connection_id, row.name, row.requests, row.refused, row.first_at, row.last_at)
        for row in tx.execute(query)
    )
