"""Reads runs, lines of history, held items and conflicts for people; it must not write any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from server.domain.errors import Conflicting, NotFound
from server.domain.progress import Pace, pace
from server.store import tables as t
from server.store.bulk import among
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run with its integration's name."""

    id: str
    integration: str
    integration_name: str
    trigger: str
    argument: Mapping[str, Any]
    state: str
    phase: str
    done: int
    total: int | None
    counts: Mapping[str, int]
    message: str
    cancel_requested: bool
    started_at: datetime
    finished_at: datetime | None
    seconds: float = 0.0
    """How long it took, or has taken yet."""
    uncounted: str = ""
    """Whose items are not in ``total`` yet, by name."""

    @property
    def pace(self) -> Pace:
        """How fast it goes, and how long it has to go."""
        known = None if self.uncounted else self.total
        return pace(self.done, known, self.seconds, running=self.state == "running")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of history."""

    id: int
    at: datetime
    integration: str
    run: str | None
    pair: str | None
    side: str
    item_id: str
    item_key: str
    outcome: str
    summary: str
    detail: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One held item with its integration's name."""

    integration: str
    integration_name: str
    side: str
    item_id: str
    item_key: str
    pair: str | None
    kind: str
    reason: str
    words: str
    attempts: int
    due_at: datetime | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One field that changed on both sides."""

    id: int
    at: datetime
    field_left: str
    field_right: str
    left_value: Any
    right_value: Any
    winner: str
    reason: str


_SECONDS = func.extract("epoch", func.coalesce(t.runs.c.finished_at, func.now()) - t.runs.c.started_at)
_RUNS = select(t.runs, t.integrations.c.name.label("integration_name"), _SECONDS.label("seconds")).join_from(
    t.runs, t.integrations, t.integrations.c.id == t.runs.c.integration_id
)
_HOLDS = select(t.holds, t.integrations.c.name.label("integration_name")).join_from(
    t.holds, t.integrations, t.integrations.c.id == t.holds.c.integration_id
)


def runs(tx: Transaction, integration_id: str | None, limit: int) -> tuple[RunRow, ...]:
    """Runs of one integration (None: of all), the newest first."""
    query = _RUNS.order_by(t.runs.c.started_at.desc(), t.runs.c.id).limit(limit)
    if integration_id is not None:
        query = query.where(t.runs.c.integration_id == integration_id)
    return tuple(_run(row) for row in tx.execute(query))


def run(tx: Transaction, run_id: str) -> RunRow:
    """One run. Raises ``NotFound``."""
    row = tx.execute(_RUNS.where(t.runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound("This run does not exist any more.")
    return _run(row)


def runs_by_id(tx: Transaction, ids: Sequence[str]) -> tuple[RunRow, ...]:
    """These runs, the newest first."""
    query = _RUNS.where(among(t.runs.c.id, ids)).order_by(t.runs.c.started_at.desc(), t.runs.c.id)
    return tuple(_run(row) for row in tx.execute(query))


def last_runs(tx: Transaction) -> dict[str, RunRow]:
    """The newest run of each integration, by integration."""
    newest = _RUNS.ext(distinct_on(t.runs.c.integration_id)).order_by(
        t.runs.c.integration_id, t.runs.c.started_at.desc()
    )
    return {row.integration_id: _run(row) for row in tx.execute(newest)}


def request_cancel(tx: Transaction, run_id: str) -> None:
    """Ask a run to end at its next page. Raises ``NotFound`` or, when it has ended, ``Conflicting``."""
    asked = tx.execute(
        update(t.runs).where(t.runs.c.id == run_id, t.runs.c.state == "running").values(cancel_requested=True)
    )
    if asked.rowcount == 0:
        ended = run(tx, run_id)
        raise Conflicting(f"This run of {ended.integration_name} has ended already.")


def events_of_run(tx: Transaction, run_id: str, after: int, limit: int) -> tuple[EventRow, ...]:
    """Lines of a run with an id greater than ``after``, oldest first."""
    where = (t.events.c.run_id == run_id) & (t.events.c.id > after)
    return _events(tx, where, limit, newest_first=False)


def events_of_pair(tx: Transaction, pair_id: str, limit: int) -> tuple[EventRow, ...]:
    """The history of a pair, the newest line first."""
    return _events(tx, t.events.c.pair_id == pair_id, limit, newest_first=True)


def events_named(tx: Transaction, words: Sequence[str], limit: int) -> tuple[EventRow, ...]:
    """Lines about items with one of ``words`` for their key, or for their id where no key was known; newest first."""
    where = t.events.c.integration_id.in_(select(t.integrations.c.id)) & among(t.events.c.item_key, words)
    return _events(tx, where, limit, newest_first=True)


def conflicts_of_pair(tx: Transaction, pair_id: str, limit: int) -> tuple[ConflictRow, ...]:
    """The conflicts of a pair, the newest first."""
    query = select(t.conflicts).where(t.conflicts.c.pair_id == pair_id).order_by(t.conflicts.c.id.desc()).limit(limit)
    return tuple(
        ConflictRow(
            row.id,
            row.at,
            row.field_left,
            row.field_right,
            row.left_value,
            row.right_value,
            row.winner,
            row.reason,
        )
        for row in tx.execute(query)
    )


def holds(tx: Transaction, integration_id: str | None, limit: int = 1000) -> tuple[HoldRow, ...]:
    """Held items of one integration (None: of all), the latest first."""
    query = _HOLDS.order_by(t.holds.c.last_at.desc()).limit(limit)
    if integration_id is not None:
        query = query.where(t.holds.c.integration_id == integration_id)
    return tuple(_hold(row) for row in tx.execute(query))


def holds_of_pair(tx: Transaction, pair_id: str) -> tuple[HoldRow, ...]:
    """What is held back of a pair."""
    pair = t.pairs.alias()
    of_either_item = (t.holds.c.integration_id == pair.c.integration_id) & (
        ((t.holds.c.side == "left") & (t.holds.c.item_id == pair.c.left_id))
        | ((t.holds.c.side == "right") & (t.holds.c.item_id == pair.c.right_id))
    )
    query = _HOLDS.join(pair, (pair.c.id == t.holds.c.pair_id) | of_either_item).where(pair.c.id == pair_id)
    return tuple(_hold(row) for row in tx.execute(query))


def holds_named(tx: Transaction, words: Sequence[str], limit: int) -> tuple[HoldRow, ...]:
    """Held items with one of ``words`` for their id or key."""
    where = or_(among(t.holds.c.item_id, words), among(t.holds.c.item_key, words))
    return tuple(_hold(row) for row in tx.execute(_HOLDS.where(where).limit(limit)))


def hold_counts(tx: Transaction) -> dict[str, int]:
    """How many items are held back that want attention, by integration; what a rule leaves out is not counted."""
    query = (
        select(t.holds.c.integration_id, func.count())
        .where(t.holds.c.kind != "skipped")
        .group_by(t.holds.c.integration_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def open_conflicts(tx: Transaction) -> int:
    """How many fields wait for a person to decide."""
    query = select(func.count()).select_from(t.conflicts).where(t.conflicts.c.winner == "held")
    return int(tx.execute(query).scalar_one())


def _events(tx: Transaction, where: ColumnElement[bool], limit: int, *, newest_first: bool) -> tuple[EventRow, ...]:
    order = t.events.c.id.desc() if newest_first else t.events.c.id
    return tuple(
        EventRow(
            row.id,
            row.at,
            row.integration_id,
            row.run_id,
            row.pair_id,
            row.side,
            row.item_id,
            row.item_key,
            row.outcome,
            row.summary,
            tuple(row.detail),
        )
        for row in tx.execute(select(t.events).where(where).order_by(order).limit(limit))
    )


def _run(row: Any) -> RunRow:
    return RunRow(
        row.id,
        row.integration_id,
        row.integration_name,
        row.trigger,
        {name: value for name, value in row.argument.items() if name != "document"},  # too long for a list
        row.state,
        row.phase,
        row.done,
        row.total,
        row.counts,
        row.message,
        row.cancel_requested,
        row.started_at,
        row.finished_at,
        float(row.seconds),
        row.uncounted,
    )


def _hold(row: Any) -> HoldRow:
    return HoldRow(
        row.integration_id,
        row.integration_name,
        row.side,
        row.item_id,
        row.item_key,
        row.pair_id,
        row.kind,
        row.reason,
        row.words,
        row.attempts,
        row.due_at,
        row.first_at,
        row.last_at,
    )
