"""How far each feed has been settled; a cursor holds the app's time, never ours."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from server import faults
from server.domain.item import Side
from server.store import tables as t

_GIVEN = insert(t.cursors).values(
    integration_id=bindparam("integration"),
    side=bindparam("on_side"),
    at=bindparam("moment", type_=t.cursors.c.at.type),
)
_ADVANCE = _GIVEN.on_conflict_do_update(
    index_elements=[t.cursors.c.integration_id, t.cursors.c.side],
    set_={"at": _GIVEN.excluded.at},
    where=t.cursors.c.at < _GIVEN.excluded.at,
)


def read(tx: Connection, integration: str) -> dict[Side, datetime]:
    """The largest time seen of each side; a side that was never read is missing."""
    query = select(t.cursors.c.side, t.cursors.c.at).where(t.cursors.c.integration_id == integration)
    return {Side(row.side): row.at for row in tx.execute(query)}


def advance(tx: Connection, integration: str, side: Side, at: datetime) -> None:
    """Move a cursor forward; it never moves back."""
    tx.execute(_ADVANCE, {"integration": integration, "on_side": side.value, "moment": at})
    faults.reach("cursor.moved")
