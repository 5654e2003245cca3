"""The history: a line per item and run, and every conflict; it is only ever added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from server.domain.item import Side
from server.domain.operation import Conflict, Note
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


def _note(note: Note) -> dict[str, Any]:
    return {
        "what": note.what,
        "side": note.side.value if note.side else "",
        "field": note.field,
        "before": note.before,
        "after": note.after,
        "reason": note.reason,
    }
