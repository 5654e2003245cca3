"""By what the items of a page are recognised, in one statement: nearly all that a feed shows again is dropped by it.

Whole pairs, with two snapshots each, are read of what goes on only (``pairs``). It must not decide what that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)

from server.domain.item import Side
from server.domain.pair import PairState
from server.store import bulk
from server.store import tables as t
from server.store.journal import PLANNED


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of an item: of its pair (None: it has none), and the stamp with which it is held (None: it is not).

    ``stamp`` is the pair's, of this side. ``open``: the outcome of an operation on the pair is unknown. A hold whose
    time has come is none.
    """

    pair: str | None
    state: PairState | None
    stamp: str
    held: str | None
    open: bool


def read(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, Mark]:
    """What is known of these items, by item id; of whom nothing is known is missing."""
    if not item_ids:
        return {}
    rows = tx.execute(_marks(side), {"integration": integration, "items": list(item_ids)})
    return {
        row.item: Mark(
            None if row.pair is None else str(row.pair),
            None if row.pair is None else PairState(row.state),
            row.stamp or "",
            row.held,
            bool(row.open),
        )
        for row in rows
    }


@cache
def _marks(side: Side) -> Any:
    """The statement is made once: to put it together takes longer than to carry it out."""
    pairs, holds = t.pairs.c, t.holds.c
    integration: BindParameter[str] = bindparam("integration")
    given = bulk.listed(Column("item", Text), "items")
    mine, stamp = (pairs.left_id, pairs.left_stamp) if side is Side.LEFT else (pairs.right_id, pairs.right_stamp)
    planned = exists().where(t.operations.c.pair_id == pairs.id, PLANNED)
    pair = bulk.each(
        select(pairs.id, pairs.state, stamp.label("stamp"), planned.label("open")).where(
            pairs.integration_id == integration, mine == given.c.item
        ),
        "pair",
    )
    hold = bulk.each(
        select(holds.stamp.label("held")).where(
            holds.integration_id == integration,
            holds.side == side.value,
            holds.item_id == given.c.item,
            or_(holds.due_at.is_(None), holds.due_at > func.now()),
        ),
        "hold",
    )
    return (
        select(given.c.item, pair.c.id.label("pair"), pair.c.state, pair.c.stamp, pair.c.open, hold.c.held)
        .select_from(given.outerjoin(pair, true()).outerjoin(hold, true()))
        .where(or_(pair.c.id.is_not(None), hold.c.held.is_not(None)))
    )
