"""How far full scans have come, and the ids that an app named in the one under way; it must not judge a missing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Column, ColumnElement, Select, delete, func, literal, select, union, update
from sqlalchemy.dialects.postgresql import insert

from server.domain.item import Side
from server.store import tables as t
from server.store.database import Transaction

Phase = Literal["census", "missing", "unknown", "look", "done"]


@dataclass(frozen=True, slots=True)
class Scan:
    """One side's scan. ``place``: how far its phase was settled: an item id, a time of the feed, or empty."""

    phase: Phase
    place: str


def read(tx: Transaction, integration: str, side: Side) -> Scan:
    """How far the scan of a side has come; a side that was never scanned has everything before it."""
    query = select(t.scans.c.phase, t.scans.c.place).where(*_of(integration, side))
    row = tx.execute(query).one_or_none()
    return Scan("done", "") if row is None else Scan(row.phase, row.place)


def open_(tx: Transaction, integration: str) -> bool:
    """Whether a scan has begun and not come through."""
    query = select(t.scans.c.side).where(t.scans.c.integration_id == integration, t.scans.c.phase != "done")
    return tx.execute(query).first() is not None


def begin(tx: Transaction, integration: str, side: Side) -> None:
    """Begin a scan with an empty census."""
    tx.execute(delete(t.census).where(t.census.c.integration_id == integration, t.census.c.side == side.value))
    statement = insert(t.scans).values(integration_id=integration, side=side.value, phase="census", place="")
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[t.scans.c.integration_id, t.scans.c.side],
            set_={"phase": "census", "place": "", "started_at": func.now()},
        )
    )


def move(tx: Transaction, integration: str, side: Side, phase: Phase, place: str = "") -> None:
    """Record how far the scan has come. A scan that is done needs its census no more."""
    values = {"phase": phase, "place": place} | ({"finished_at": func.now()} if phase == "done" else {})
    tx.execute(update(t.scans).where(*_of(integration, side)).values(values))
    if phase == "done":
        tx.execute(delete(t.census).where(t.census.c.integration_id == integration, t.census.c.side == side.value))


def named(tx: Transaction, integration: str, side: Side, ids: Sequence[str]) -> None:
    """Add ids that the app named."""
    if ids:
        rows = [{"integration_id": integration, "side": side.value, "item_id": one} for one in ids]
        tx.execute(insert(t.census).on_conflict_do_nothing(), rows)


def count(tx: Transaction, integration: str, side: Side) -> tuple[int, int, int]:
    """How many ids the census has, how many pairs are kept in step, and how many of those it does not name.

    A pair that is outside has parted already; where its item was moved away no census will name it again.
    """
    census = select(func.count()).select_from(t.census).where(*_census(integration, side))
    in_step = t.pairs.c.state == "linked"
    kept = select(func.count()).select_from(t.pairs).where(*_kept(integration, side), in_step)
    missing = select(func.count()).select_from(_missing(integration, side).where(in_step).subquery())
    row = tx.execute(select(census.scalar_subquery(), kept.scalar_subquery(), missing.scalar_subquery())).one()
    return int(row[0]), int(row[1]), int(row[2])


def missing(tx: Transaction, integration: str, side: Side, after: str, limit: int) -> list[str]:
    """Items that have a pair or are held back and that the census does not name, by id."""
    named_ = select(literal(1)).where(*_census(integration, side), t.census.c.item_id == t.holds.c.item_id)
    held = select(t.holds.c.item_id).where(t.holds.c.integration_id == integration, t.holds.c.side == side.value)
    both = union(_missing(integration, side), held.where(~named_.exists())).subquery()
    item = both.c[0]
    return list(tx.execute(select(item).where(item > after).order_by(item).limit(limit)).scalars())


def unknown(tx: Transaction, integration: str, side: Side, after: str, limit: int) -> list[str]:
    """Items that the census names and nobody has seen: no pair has them, and nothing holds them back."""
    known = select(literal(1)).where(t.pairs.c.integration_id == integration, _item(side) == t.census.c.item_id)
    held = select(literal(1)).where(
        t.holds.c.integration_id == integration,
        t.holds.c.side == side.value,
        t.holds.c.item_id == t.census.c.item_id,
    )
    query = select(t.census.c.item_id).where(*_census(integration, side), t.census.c.item_id > after)
    query = query.where(~known.exists(), ~held.exists())
    return list(tx.execute(query.order_by(t.census.c.item_id).limit(limit)).scalars())


def seconds_until_due(tx: Transaction, integration: str, hours: int) -> float:
    """Seconds until the next scan: ``hours`` after the last one of both sides, or after the integration was made."""
    last = select(func.min(t.scans.c.finished_at)).where(t.scans.c.integration_id == integration).scalar_subquery()
    since = func.now() - func.coalesce(last, t.integrations.c.updated_at)
    query = select(func.extract("epoch", since)).where(t.integrations.c.id == integration)
    return hours * 3600 - float(tx.execute(query).scalar_one())


def _missing(integration: str, side: Side) -> Select[str]:
    named_ = select(literal(1)).where(*_census(integration, side), t.census.c.item_id == _item(side))
    return select(_item(side)).where(*_kept(integration, side), ~named_.exists())


def _kept(integration: str, side: Side) -> tuple[ColumnElement[bool], ...]:
    there = t.pairs.c.integration_id == integration, t.pairs.c.state.in_(["linked", "outside"])
    return (*there, _item(side).is_not(None))


def _item(side: Side) -> Column[str]:
    return t.pairs.c.left_id if side is Side.LEFT else t.pairs.c.right_id


def _of(integration: str, side: Side) -> tuple[ColumnElement[bool], ...]:
    return t.scans.c.integration_id == integration, t.scans.c.side == side.value


def _census(integration: str, side: Side) -> tuple[ColumnElement[bool], ...]:
    return t.census.c.integration_id == integration, t.census.c.side == side.value
