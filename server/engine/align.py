"""What counts as known of a pair before it is brought in step under rules that are new to it; it must not plan a write.

A mapping that changed, or two items that were joined, leave fields whose values never were in step. Which of them
travels is written into the snapshots: what counts as unchanged stays, what counts as changed is carried by the
ordinary merge, in this pass or, after a kill, in any later one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from server.domain.item import Item, Side
from server.domain.operation import Conflict
from server.domain.pair import Pair
from server.domain.rules import Precedence
from server.domain.values import SETS, FieldKind, Value
from server.engine.days import alike
from server.engine.mapping import CHOICES, CompiledField, CompiledType, Converted

_EMPTY: tuple[Value, ...] = (None, "", ())
_BY_TABLE = CHOICES | SETS | {FieldKind.USER}
"""Kinds whose counterpart is found in a table that a person may change; the others mean the same for ever."""

_WHY: Mapping[Precedence, str] = {
    Precedence.FILL: "the two values were never in step, and neither gives way",
    Precedence.LEFT: "the two values were never in step; the left side was to win",
    Precedence.RIGHT: "the two values were never in step; the right side was to win",
    Precedence.LATEST: "the two values were never in step; the item that was changed last was to win",
}
_STUCK = "the two values were never in step, and the one that was to win cannot travel there"


@dataclass(frozen=True, slots=True)
class Aligned:
    """The pair with the snapshots to merge by, and what was decided between two values that differ."""

    pair: Pair
    conflicts: tuple[Conflict, ...] = ()


def align(type_: CompiledType, pair: Pair, left: Item, right: Item, wins: Precedence) -> Aligned:
    """Settle every field whose two values were never in step, or are not under the mapping as it is now.

    A field that a person changed since it was last seen is left to the ordinary merge. A value that is empty never
    beats one that is not.
    """
    items = {Side.LEFT: left, Side.RIGHT: right}
    known = {side: dict(pair.on(side).snapshot or {}) for side in Side}
    conflicts: list[Conflict] = []
    for one in type_.fields:
        if one.rule.create_only:
            continue
        now = {side: items[side].fields.get(one.spec(side).id) for side in Side}
        if not _undecided(one, known, now):
            continue
        source = _source(one, now, items, wins, conflicts)
        for side in Side:
            if side is source or source == "both":
                known[side].pop(one.spec(side).id, None)
            else:
                known[side][one.spec(side).id] = now[side]
    for side in Side:
        pair = pair.with_side(side, replace(pair.on(side), snapshot=known[side]))
    return Aligned(pair, tuple(conflicts))


def _undecided(one: CompiledField, known: Mapping[Side, Mapping[str, Value]], now: Mapping[Side, Value]) -> bool:
    """Whether the field was never in step; or is not now although nobody touched it, because its table changed."""
    there = [side for side in Side if one.spec(side).id in known[side]]
    if not there:
        return True
    if len(there) == 1 or not all(_as_known(one, side, known, now) for side in Side):
        return False
    if one.left.kind not in _BY_TABLE or one.same(now[Side.LEFT], now[Side.RIGHT]):
        return False
    return any(_carries(one, now, side) for side in Side)


def _as_known(
    one: CompiledField, side: Side, known: Mapping[Side, Mapping[str, Value]], now: Mapping[Side, Value]
) -> bool:
    return alike(one.spec(side).kind, known[side][one.spec(side).id], now[side])


def _carries(one: CompiledField, now: Mapping[Side, Value], source: Side) -> bool:
    """Whether the value of ``source`` may travel, has a counterpart, and is not there already."""
    if not one.rule.direction.allows(source.other):
        return False
    converted = one.convert(now[source], source.other)
    if not isinstance(converted, Converted):
        return False
    there = now[source.other]
    if one.left.kind in SETS:
        return bool(_members(converted.value) - _members(there))
    return converted.value != there


def _members(value: Value) -> frozenset[str]:
    return frozenset(value if isinstance(value, tuple) else ())


def _source(
    one: CompiledField,
    now: Mapping[Side, Value],
    items: Mapping[Side, Item],
    wins: Precedence,
    conflicts: list[Conflict],
) -> Side | Literal["both"] | None:
    """Whose value travels: a side's, for sets each one's members, or nobody's."""
    if one.same(now[Side.LEFT], now[Side.RIGHT]):
        return None
    filled = [side for side in Side if now[side] not in _EMPTY]
    if len(filled) == 1:
        return filled[0] if one.rule.direction.allows(filled[0].other) else None
    winner = _winner(items, wins)
    if one.left.kind in SETS:
        # Members are added and none is taken away, so nothing gives way and there is nothing to record.
        return winner if winner is not None else "both"
    if winner is not None and not _carries(one, now, winner):
        conflicts.append(_conflict(one, now, "held", _STUCK))
        return None
    conflicts.append(_conflict(one, now, winner.value if winner else "held", _WHY[wins]))
    return winner


def _winner(items: Mapping[Side, Item], wins: Precedence) -> Side | None:
    if wins is Precedence.LATEST:
        return Side.RIGHT if items[Side.RIGHT].updated_at > items[Side.LEFT].updated_at else Side.LEFT
    return {Precedence.LEFT: Side.LEFT, Precedence.RIGHT: Side.RIGHT}.get(wins)


def _conflict(
    one: CompiledField, now: Mapping[Side, Value], winner: Literal["left", "right", "held"], reason: str
) -> Conflict:
    return Conflict(one.left.id, one.right.id, now[Side.LEFT], now[Side.RIGHT], winner, reason)
