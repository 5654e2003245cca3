"""Which hosts were contacted for which connection, and how often; counted, never judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Contact:
    """One host as contacted for one connection; ``refused`` requests never left.

    ``address``: what its name came to; ``via``: the proxy that it was asked through.
    """

    host: str
    port: int
    address: str
    via: str
    connection: str
    connection_name: str
    requests: int
    refused: int
    first_at: datetime
    last_at: datetime


def count(tx: Transaction, what: Mapping[str, Any], connection_id: str, *, requests: int, refused: int) -> None:
    """Add to the counters of ``what``: its host, port, address and via."""
    statement = insert(t.egress).values(**what, connection_id=connection_id, requests=requests, refused=refused)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=list(t.egress.primary_key.columns),
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
        Contact(
            row.host,
            row.port,
            row.address,
            row.via,
            row.connection_id,
            row.name,
            row.requests,
            row.refused,
            row.first_at,
            row.last_at,
        )
        for row in tx.execute(query)
    )
