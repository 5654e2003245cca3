"""What a pass begins with, in one statement: how far the feeds are read, and whether anything is owed.

It must not say what is owed: ``journal`` and ``holds`` are asked only where something is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, select

from server.domain.item import Side
from server.store import tables as t
from server.store.journal import IN_DOUBT, OPEN

_MINE: BindParameter[str] = bindparam("integration")
_LEFT, _RIGHT = (
    select(t.cursors.c.at)
    .where(t.cursors.c.integration_id == _MINE, t.cursors.c.side == side.value)
    .scalar_subquery()
    .label(side.value)
    for side in Side
)
_OPEN = exists(select(OPEN.c.id).select_from(IN_DOUBT))
_DUE = exists().where(t.holds.c.integration_id == _MINE, t.holds.c.due_at <= func.now())
_OUTSET = select(_LEFT, _RIGHT, _OPEN.label("open"), _DUE.label("due"))


@dataclass(frozen=True, slots=True)
class Outset:
    """``cursors``: see ``cursors.read``. ``owed``: an outcome is unknown, or a held item's time has come."""

    cursors: Mapping[Side, datetime]
    owed: bool


def read(tx: Connection, integration: str) -> Outset:
    """Where a pass of this integration begins."""
    row = tx.execute(_OUTSET, {"integration": integration}).one()
    cursors = {side: at for side, at in ((Side.LEFT, row.left), (Side.RIGHT, row.right)) if at is not None}
    return Outset(cursors, row.open or row.due)
