"""The history: a line per item and run, and every conflict; it is only ever added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, exists, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from server.domain.item import Side
from server.domain.operation import Conflict, Note
from server.domain.values import Value
from server.store import bulk
from server.store import tables as t


@dataclass(frozen=True, slots=True)
class Event:
    """What a run did with one item, in words. ``outcome`` is created, updated, adopted, skipped, ..."""

    outcome: str
    summary: str
    pair: str | None = None
    side: Side | None = None
    item_id: str = ""
    item_key: str = ""
    notes: tuple[Note, ...] = ()


def add(tx: Connection, integration: str, run_id: str | None, events: Sequence[Event]) -> None:
    """Append lines to the history."""
    rows = [
        {
            "integration_id": integration,
            "run_id": run_id,
            "pair_id": one.pair,
            "side": one.side.value if one.side else "",
            "item_id": one.item_id,
            "item_key": one.item_key,
            "outcome": one.outcome,
            "summary": one.summary,
            "detail": [_note(note) for note in one.notes],
        }
        for one in events
    ]
    bulk.insert(tx, t.events, rows)


def is_told(tx: Connection, integration: str, summary: str) -> bool:
    """Whether the history has this very line."""
    mine = (t.events.c.integration_id == integration) & (t.events.c.summary == summary)
    return bool(tx.execute(select(exists().where(mine))).scalar_one())


def add_conflicts(tx: Connection, conflicts: Sequence[tuple[str, Conflict]]) -> None:
    """Append conflicts, each with the id of its pair."""
    rows = [
        {
            "pair_id": pair,
            "field_left": one.field_left,
            "field_right": one.field_right,
            "left_value": one.left_value,
            "right_value": one.right_value,
            "winner": one.winner,
            "reason": one.reason,
        }
        for pair, one in conflicts
    ]
    bulk.insert(tx, t.conflicts, rows)


def waiting(tx: Connection, pairs: Sequence[str]) -> set[tuple[str, Conflict]]:
    """The last conflict of each field of these pairs, where it waits for a person; each with the id of its pair."""
    if not pairs:
        return set()
    c = t.conflicts.c
    field = (c.pair_id, c.field_left, c.field_right)
    given = bulk.listed(Column("pair", c.pair_id.type), "pairs")
    last = select(t.conflicts).where(c.pair_id == given.c.pair).order_by(*field, c.id.desc()).ext(distinct_on(*field))
    each = bulk.each(last, "last")
    rows = tx.execute(select(*each.c).select_from(given.join(each, true())), {"pairs": list(pairs)})
    return {
        (
            row.pair_id,
            Conflict(
                row.field_left, row.field_right, _value(row.left_value), _value(row.right_value), "held", row.reason
            ),
        )
        for row in rows
        if row.winner == "held"
    }


def _value(json: Any) -> Value:
    return tuple(json) if isinstance(json, list) else json


def _note(note: Note) -> dict[str, Any]:
    return {
        "what": note.what,
        "side": note.side.value if note.side else "",
        "field": note.field,
        "before": note.before,
        "after": note.after,
        "reason": note.reason,
    }
