"""What a run would have done, a line per item and effect; it must not judge them.

Only the newest preview of each kind is kept of an integration: a new one drops the lines of those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from server.domain.item import Side
from server.domain.preview import Line
from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line, as people read it."""

    id: int
    side: str
    item_id: str
    item_key: str
    twin_id: str
    twin_key: str
    action: str
    field: str
    before: Any
    after: Any
    reason: str


def add(tx: Transaction, run_id: str, lines: Sequence[Line]) -> None:
    """Append lines."""
    if not lines:
        return
    rows = [
        {
            "run_id": run_id,
            "side": one.side.value,
            "item_id": one.item_id,
            "item_key": one.item_key,
            "twin_id": one.twin_id,
            "twin_key": one.twin_key,
            "action": one.action,
            "field": one.field,
            "before": one.before,
            "after": one.after,
            "reason": one.reason,
        }
        for one in lines
    ]
    tx.execute(t.previews.insert(), rows)


def page(tx: Transaction, run_id: str, *, after: int, limit: int, action: str = "") -> tuple[LineRow, ...]:
    """Lines with an id greater than ``after``, in order; of one action only, if named."""
    query = select(t.previews).where((t.previews.c.run_id == run_id) & (t.previews.c.id > after))
    if action:
        query = query.where(t.previews.c.action == action)
    return tuple(_line(row) for row in tx.execute(query.order_by(t.previews.c.id).limit(limit)))


def begin(tx: Transaction, integration: str, run_id: str) -> None:
    """Drop what earlier previews of the same kind left, also that of a run that was killed."""
    kind = select(t.runs.c.trigger).where(t.runs.c.id == run_id).scalar_subquery()
    earlier = select(t.runs.c.id).where(
        (t.runs.c.integration_id == integration) & (t.runs.c.trigger == kind) & (t.runs.c.id != run_id)
    )
    for table in (t.previews, t.walked, t.candidates):
        tx.execute(delete(table).where(table.c.run_id.in_(earlier)))


def walk(tx: Transaction, run_id: str, side: Side, item_ids: Sequence[str]) -> set[str]:
    """Note that a preview has come by these items; those among them that it sees for the first time."""
    if not item_ids:
        return set()
    rows = [{"run_id": run_id, "side": side.value, "item_id": one} for one in dict.fromkeys(item_ids)]
    statement = insert(t.walked).values(rows).on_conflict_do_nothing().returning(t.walked.c.item_id)
    return set(tx.execute(statement).scalars())


def end_walk(tx: Transaction, run_id: str) -> None:
    """Let go of what only the walk itself needed."""
    for table in (t.walked, t.candidates):
        tx.execute(delete(table).where(table.c.run_id == run_id))


def missed(tx: Transaction, integration: str, run_id: str, after: str, limit: int) -> list[tuple[str, Side, str]]:
    """Pairs of which a feed did not bring an item (it was deleted or moved away): pair id, side and item id.

    ``after`` is the id of the last pair of the page before, empty for the first.
    """
    seen = {side: _seen(run_id, side) for side in Side}
    query = (
        select(t.pairs.c.id, t.pairs.c.left_id, t.pairs.c.right_id, (~seen[Side.LEFT]).label("no_left"))
        .where((t.pairs.c.integration_id == integration) & t.pairs.c.state.in_(("linked", "outside")))
        .where(~seen[Side.LEFT] | ~seen[Side.RIGHT])
        .order_by(t.pairs.c.id)
        .limit(limit)
    )
    if after:
        query = query.where(t.pairs.c.id > after)
    return [
        (row.id, Side.LEFT, row.left_id) if row.no_left else (row.id, Side.RIGHT, row.right_id)
        for row in tx.execute(query)
    ]


def _seen(run_id: str, side: Side) -> Any:
    item = t.pairs.c.left_id if side is Side.LEFT else t.pairs.c.right_id
    return (
        select(t.walked.c.item_id)
        .where((t.walked.c.run_id == run_id) & (t.walked.c.side == side.value) & (t.walked.c.item_id == item))
        .exists()
    )


def _line(row: Any) -> LineRow:
    return LineRow(
        row.id,
        row.side,
        row.item_id,
        row.item_key,
        row.twin_id,
        row.twin_key,
        row.action,
        row.field,
        row.before,
        row.after,
        row.reason,
    )
