"""Items that are held back while the others go on: why, since when, and when they are tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, tuple_

from server.domain.item import Side
from server.store import bulk
from server.store import tables as t

HoldKind = Literal["retry", "quarantine", "waiting", "skipped"]
"""``retry``: transient, tried again by itself; ``quarantine``: refused, waits for a change or a person;
``waiting``: for something else to happen first; ``skipped``: a rule leaves it out."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One item that is held back. ``reason`` is a sentence, ``words`` are the app's own.

    ``delay`` is how long until it is tried again (None: not by itself); it doubles with every attempt unless
    ``steady``: then nothing was attempted, and the item keeps its place. ``waits_for``: an item of the same side whose
    twin must come first.
    """

    side: Side
    item_id: str
    kind: HoldKind
    reason: str
    item_key: str = ""
    pair: str | None = None
    words: str = ""
    stamp: str = ""
    delay: timedelta | None = None
    attempts: int = 1
    steady: bool = False
    waits_for: str = ""


_LONGEST = timedelta(minutes=15)
_NEXT_DUE = select(func.extract("epoch", func.min(t.holds.c.due_at) - func.now())).where(
    t.holds.c.integration_id == bindparam("integration")
)


def put(tx: Connection, integration: str, holds: Sequence[Hold]) -> None:
    """Hold items back; one that is held already counts another attempt and waits twice as long, up to 15 minutes."""
    if not holds:
        return
    now = tx.execute(select(func.now())).scalar_one()
    before = _attempts(tx, integration, holds)
    rows = []
    for one in holds:
        attempts = max(1, before.get((one.side.value, one.item_id), 0) + (not one.steady))
        doubled = 0 if one.steady else min(attempts - 1, 12)
        delay = None if one.delay is None else min(one.delay * 2.0**doubled, max(one.delay, _LONGEST))
        rows.append(
            {
                "integration_id": integration,
                "side": one.side.value,
                "item_id": one.item_id,
                "item_key": one.item_key,
                "pair_id": one.pair,
                "kind": one.kind,
                "reason": one.reason,
                "words": one.words,
                "stamp": one.stamp,
                "attempts": attempts,
                "due_at": None if delay is None else now + delay,
                "asked_at": None,
                "waits_for": one.waits_for,
                "last_at": now,
            }
        )
    bulk.upsert(tx, t.holds, rows)


def _attempts(tx: Connection, integration: str, holds: Sequence[Hold]) -> dict[tuple[str, str], int]:
    where = _of(integration, [(one.side, one.item_id) for one in holds])
    query = select(t.holds.c.side, t.holds.c.item_id, t.holds.c.attempts).where(where)
    return {(row.side, row.item_id): row.attempts for row in tx.execute(query)}


def among(tx: Connection, integration: str, items: Sequence[tuple[Side, str]]) -> set[tuple[Side, str]]:
    """Those of the items that are held."""
    if not items:
        return set()
    rows = tx.execute(select(t.holds.c.side, t.holds.c.item_id).where(_of(integration, items)))
    return {(Side(row.side), row.item_id) for row in rows}


def clear(tx: Connection, integration: str, items: Sequence[tuple[Side, str]]) -> None:
    """Let go of items that have come through."""
    if items:
        tx.execute(t.holds.delete().where(_of(integration, items)))


def due(tx: Connection, integration: str, limit: int) -> list[tuple[Side, str, bool]]:
    """Items whose time has come, longest waiting first; each with whether it was refused, and is tried afresh."""
    query = (
        select(t.holds.c.side, t.holds.c.item_id, t.holds.c.kind)
        .where((t.holds.c.integration_id == integration) & (t.holds.c.due_at <= func.now()))
        .order_by(t.holds.c.due_at)
        .limit(limit)
    )
    return [(Side(row.side), row.item_id, row.kind == "quarantine") for row in tx.execute(query)]


def unpaired(tx: Connection, integration: str, after: tuple[str, str], limit: int) -> list[tuple[Side, str]]:
    """Held items that no pair in step has, by side and id, beyond ``after`` (two empty texts: from the first)."""
    query = (
        select(t.holds.c.side, t.holds.c.item_id)
        .join_from(t.holds, t.pairs, t.pairs.c.id == t.holds.c.pair_id, isouter=True)
        .where(
            t.holds.c.integration_id == integration,
            or_(t.pairs.c.id.is_(None), t.pairs.c.state == "reserved"),
            tuple_(t.holds.c.side, t.holds.c.item_id) > tuple_(*after),
        )
        .order_by(t.holds.c.side, t.holds.c.item_id)
        .limit(limit)
    )
    return [(Side(row.side), row.item_id) for row in tx.execute(query)]


def next_due(tx: Connection, integration: str) -> float | None:
    """Seconds until the next item's time comes (at least 0), None when nothing waits by itself."""
    seconds: float | None = tx.execute(_NEXT_DUE, {"integration": integration}).scalar_one()
    return None if seconds is None else max(0.0, float(seconds))


def known(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Kind and stamp of the holds on these items, so that an unchanged one is not looked at again."""
    if not item_ids:
        return {}
    query = select(t.holds.c.item_id, t.holds.c.kind, t.holds.c.stamp).where(
        (t.holds.c.integration_id == integration)
        & (t.holds.c.side == side.value)
        & bulk.among(t.holds.c.item_id, item_ids)
        & or_(t.holds.c.due_at.is_(None), t.holds.c.due_at > func.now())
    )
    return {row.item_id: (row.kind, row.stamp) for row in tx.execute(query)}


def said(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Kind, reason and stamp of the holds on these items, by the item's id."""
    if not item_ids:
        return {}
    query = select(t.holds.c.item_id, t.holds.c.kind, t.holds.c.reason, t.holds.c.stamp).where(
        (t.holds.c.integration_id == integration)
        & (t.holds.c.side == side.value)
        & bulk.among(t.holds.c.item_id, item_ids)
    )
    return {row.item_id: (row.kind, row.reason, row.stamp) for row in tx.execute(query)}


def due_anew(tx: Connection, integration: str) -> int:
    """Let everything be tried again that was refused, or left out by a rule: the rules changed; how many."""
    changed = t.holds.c.kind.in_(("quarantine", "skipped", "waiting"))
    where = (t.holds.c.integration_id == integration) & changed
    return tx.execute(t.holds.update().where(where).values(due_at=func.now())).rowcount


def refused_anew(tx: Connection, integration: str, pair_ids: Sequence[str]) -> int:
    """Let what was refused of these pairs be tried again; how many items."""
    where = (t.holds.c.integration_id == integration) & (t.holds.c.kind == "quarantine")
    chosen = bulk.among(t.holds.c.pair_id, pair_ids)
    return tx.execute(t.holds.update().where(where & chosen).values(due_at=func.now())).rowcount


def release(tx: Connection, integration: str, items: Sequence[tuple[Side, str]] | None = None) -> int:
    """Let held items be tried again at once, because a person asks (None: all that no rule skips); how many."""
    where: ColumnElement[bool] = (t.holds.c.integration_id == integration) & (t.holds.c.kind != "skipped")
    if items is not None:
        where = _of(integration, items)
    return tx.execute(t.holds.update().where(where).values(due_at=func.now(), asked_at=func.now())).rowcount


def go_on(tx: Connection, integration: str, items: Sequence[tuple[Side, str]]) -> None:
    """What waited for one of these items may be tried now."""
    for side in Side:
        ids = [item_id for one, item_id in items if one is side]
        if ids:
            where = (t.holds.c.integration_id == integration) & (t.holds.c.side == side.value)
            waits = (t.holds.c.waits_for != bulk.constant("")) & bulk.among(t.holds.c.waits_for, ids)
            tx.execute(t.holds.update().where(where & waits).values(due_at=func.now()))


def look_again(tx: Connection, integration: str, items: Sequence[tuple[Side, str]], reason: str) -> None:
    """Let items that are not held be looked at once more, soon."""
    rows = [
        {
            "integration_id": integration,
            "side": side.value,
            "item_id": item_id,
            "item_key": "",
            "kind": "waiting",
            "reason": reason,
            "due_at": bulk.NOW,
        }
        for side, item_id in items
    ]
    bulk.add_missing(tx, t.holds, rows)


def _of(integration: str, items: Sequence[tuple[Side, str]]) -> ColumnElement[bool]:
    """The holds on these items."""
    by_side = {side: [item_id for one, item_id in items if one is side] for side in Side}
    each = ((t.holds.c.side == side.value) & bulk.among(t.holds.c.item_id, ids) for side, ids in by_side.items())
    return (t.holds.c.integration_id == integration) & or_(*each)
