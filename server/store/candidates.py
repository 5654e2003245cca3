"""Items that a match may join, by what a rule compares; it must not decide which are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select, tuple_

from server.domain.item import Side
from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Candidate:
    """One item under one rule (its place among those that were asked for)."""

    side: Side
    item_id: str
    item_key: str
    rule: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Alike:
    """How many items of each side have one signature."""

    signature: bytes
    left: int
    right: int


def add(tx: Transaction, run_id: str, candidates: Sequence[Candidate]) -> None:
    """Write candidates down."""
    rows = [
        {
            "run_id": run_id,
            "side": one.side.value,
            "item_id": one.item_id,
            "item_key": one.item_key,
            "rule": one.rule,
            "signature": one.signature,
        }
        for one in candidates
    ]
    if rows:
        tx.execute(t.candidates.insert(), rows)


def alike(tx: Transaction, run_id: str, rule: int, after: bytes, limit: int) -> tuple[Alike, ...]:
    """Signatures that there are on both sides, in order, after ``after`` (empty: from the first)."""
    here = t.candidates.c
    left, right = (func.count().filter(here.side == side.value) for side in Side)
    query = (
        select(here.signature, left.label("left"), right.label("right"))
        .where((here.run_id == run_id) & (here.rule == rule) & (here.signature > after))
        .group_by(here.signature)
        .having((left > 0) & (right > 0))
        .order_by(here.signature)
        .limit(limit)
    )
    return tuple(Alike(bytes(row.signature), row.left, row.right) for row in tx.execute(query))


def members(
    tx: Transaction, run_id: str, rule: int, signatures: Sequence[bytes], after: tuple[str, str], limit: int
) -> tuple[Candidate, ...]:
    """Items with these signatures, by side and id, after ``after`` (side, id)."""
    here = t.candidates.c
    query = (
        select(t.candidates)
        .where((here.run_id == run_id) & (here.rule == rule) & here.signature.in_(signatures))
        .where(tuple_(here.side, here.item_id) > tuple_(*after))
        .order_by(here.side, here.item_id)
        .limit(limit)
    )
    return tuple(
        Candidate(Side(row.side), row.item_id, row.item_key, row.rule, bytes(row.signature))
        for row in tx.execute(query)
    )


def decided(tx: Transaction, run_id: str, rule: int, signatures: Sequence[bytes]) -> None:
    """No later rule speaks of the items that ``rule`` found alike, whether it joined them or not."""
    mine, later = t.candidates.alias(), t.candidates
    same = and_(mine.c.run_id == run_id, mine.c.side == later.c.side, mine.c.item_id == later.c.item_id)
    found = select(mine.c.item_id).where(same, mine.c.rule == rule, mine.c.signature.in_(signatures)).exists()
    tx.execute(delete(later).where((later.c.run_id == run_id) & (later.c.rule > rule) & found))
