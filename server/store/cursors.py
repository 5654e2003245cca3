"""How far each feed has been settled; a cursor holds the app's time, never ours.

Beside it stands what the app's clock showed when the cursor last moved, and our database's, so that a clock that goes
back is noticed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from server import faults
from server.domain.item import Side
from server.store import tables as t

_GIVEN = insert(t.cursors).values(
    integration_id=bindparam("integration"),
    side=bindparam("on_side"),
    at=bindparam("moment", type_=t.cursors.c.at.type),
    app_at=bindparam("clock", type_=t.cursors.c.at.type),
    our_at=func.clock_timestamp(),
)
_ADVANCE = _GIVEN.on_conflict_do_update(
    index_elements=[t.cursors.c.integration_id, t.cursors.c.side],
    set_={one: _GIVEN.excluded[one] for one in ("at", "app_at", "our_at")},
    where=t.cursors.c.at < _GIVEN.excluded.at,
)


def read(tx: Connection, integration: str) -> dict[Side, datetime]:
    """The largest time seen of each side; a side that was never read is missing."""
    query = select(t.cursors.c.side, t.cursors.c.at).where(t.cursors.c.integration_id == integration)
    return {Side(row.side): row.at for row in tx.execute(query)}


def advance(tx: Connection, integration: str, side: Side, at: datetime, clock: datetime | None = None) -> None:
    """Move a cursor forward; it never moves back. ``clock``: what the app's own shows now, where it tells."""
    tx.execute(_ADVANCE, {"integration": integration, "on_side": side.value, "moment": at, "clock": clock})
    faults.reach("cursor.moved")


def set_back(tx: Connection, integration: str, side: Side, at: datetime, clock: datetime) -> None:
    """Move a cursor back, because it stands beyond the app's own clock, which shows ``clock``."""
    mine = (t.cursors.c.integration_id == integration) & (t.cursors.c.side == side.value)
    tx.execute(update(t.cursors).where(mine).values(at=at, app_at=clock, our_at=func.clock_timestamp()))


def expected(tx: Connection, integration: str, side: Side) -> datetime | None:
    """What the app's clock should show now, going by what it showed when the cursor last moved; None: not known."""
    now = t.cursors.c.app_at + (func.clock_timestamp() - t.cursors.c.our_at)
    mine = (t.cursors.c.integration_id == integration) & (t.cursors.c.side == side.value)
    found: datetime | None = tx.execute(select(now).where(mine)).scalar_one_or_none()
    return found
