"""What a pass begins with, in one statement: how far the feeds are read, and whether anything is owed.

It must not say what is owed: ``journal`` and ``holds`` are asked only where something is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, select

from server.domain.item import Side
from server.store import tables as t
from server.store.journal import IN_DOUBT, OPEN

_MINE: BindParameter[str] = bindparam("integration")
_NOW = t.cursors.c.app_at + (func.clock_timestamp() - t.cursors.c.our_at)
_AT, _EXPECTED = (
    {
        side: select(what)
        .where(t.cursors.c.integration_id == _MINE, t.cursors.c.side == side.value)
        .scalar_subquery()
        .label(f"{name}_{side.value}")
        for side in Side
    }
    for name, what in (("at", t.cursors.c.at), ("now", _NOW))
)
_OPEN = exists(select(OPEN.c.id).select_from(IN_DOUBT))
_DUE = exists().where(t.holds.c.integration_id == _MINE, t.holds.c.due_at <= func.now())
_OUTSET = select(*_AT.values(), *_EXPECTED.values(), _OPEN.label("open"), _DUE.label("due"))


@dataclass(frozen=True, slots=True)
class Outset:
    """``cursors``: see ``cursors.read``. ``owed``: an outcome is unknown, or a held item's time has come.

    ``clocks``: see ``cursors.expected``.
    """

    cursors: Mapping[Side, datetime]
    owed: bool
    clocks: Mapping[Side, datetime] = field(default_factory=dict)


def read(tx: Connection, integration: str) -> Outset:
    """Where a pass of this integration begins."""
    row = tx.execute(_OUTSET, {"integration": integration}).one()
    at = {Side.LEFT: row.at_left, Side.RIGHT: row.at_right}
    now = {Side.LEFT: row.now_left, Side.RIGHT: row.now_right}
    cursors, clocks = ({side: one for side, one in each.items() if one is not None} for each in (at, now))
    return Outset(cursors, row.open or row.due, clocks)
