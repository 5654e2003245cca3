"""What of a pair is not the same on both sides although no edit waits to travel, and why it stays so.

It is asked of what was last seen, so that a page never calls a pair in step and marks a field of it without a word.
It must not decide what travels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from server.domain.item import Side
from server.domain.values import SETS, FieldKind, Value
from server.engine.mapping import CompiledField, CompiledType, Unconverted

_EMPTY: tuple[Value, ...] = (None, "", ())
_UNDECIDED = "Both sides changed it, and a person has to decide which one counts."
_QUIET = (
    "It was so when both were last seen, and nobody has changed it since, so neither value travels. An app may fill in"
    " or change a value by itself."
)


@dataclass(frozen=True, slots=True)
class Apart:
    """A field, by its id on either side, that the two hold differently. ``reason``: a sentence, why it stays so."""

    left: str
    right: str
    name: str
    reason: str


def apart(
    type_: CompiledType, seen: Mapping[Side, Mapping[str, Value]], undecided: Collection[str] = ()
) -> tuple[Apart, ...]:
    """The fields that differ. ``seen``: both sides as last seen; ``undecided``: left ids that wait for a person."""
    found = []
    for one in type_.fields:
        if one.rule.create_only or not any(one.spec(side).id in seen[side] for side in Side):
            continue
        now = {side: seen[side].get(one.spec(side).id) for side in Side}
        if not _agree(one, now):
            reason = _UNDECIDED if one.left.id in undecided else _why(one, now)
            found.append(Apart(one.left.id, one.right.id, one.left.name, reason))
    return tuple(found)


def _agree(one: CompiledField, now: Mapping[Side, Value]) -> bool:
    if all(value in _EMPTY for value in now.values()) or one.same(now[Side.LEFT], now[Side.RIGHT]):
        return True
    kinds = {one.left.kind, one.right.kind}
    if FieldKind.RICH_TEXT in kinds or FieldKind.USERS in kinds:
        # Another markup says the same in other characters; whoever writes is added to the watchers by many an app.
        return (now[Side.LEFT] in _EMPTY) == (now[Side.RIGHT] in _EMPTY)
    ways = [side for side in Side if one.rule.direction.allows(side)]
    if kinds & SETS:
        return not any(_lacks(one, now, target) or _lost(one, now, target) for target in ways)
    return any(_arrived(one, now, target) for target in ways)


def _arrived(one: CompiledField, now: Mapping[Side, Value], target: Side) -> bool:
    converted = one.convert(now[target.other], target)
    return not isinstance(converted, Unconverted) and _plain(converted.value) == _plain(now[target])


def _plain(value: Value) -> Value:
    """Blanks and case of a short text are no difference to people."""
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def _lacks(one: CompiledField, now: Mapping[Side, Value], target: Side) -> bool:
    there = {_plain(member) for member in _members(now[target])}
    carried = {one.element(member, target) for member in _members(now[target.other])}
    return any(_plain(member) not in there for member in carried if member is not None)


def _lost(one: CompiledField, now: Mapping[Side, Value], target: Side) -> tuple[str, ...]:
    return tuple(member for member in _members(now[target.other]) if one.element(member, target) is None)


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _why(one: CompiledField, now: Mapping[Side, Value]) -> str:
    for target in Side:
        if now[target.other] in _EMPTY:
            continue
        if not one.rule.direction.allows(target):
            if now[target] in _EMPTY:
                return "It travels the other way only."
            continue
        spec = one.spec(target)
        if spec.read_only or spec.create_only:
            return "The app takes it only when an item is made." if spec.create_only else "It is read only there."
        if one.left.kind in SETS:
            lost = _lost(one, now, target)
            if lost:
                names = ", ".join(f"“{one.named(member, target.other)}”" for member in lost)
                return f"{names} {'has' if len(lost) == 1 else 'have'} no counterpart, so it stays as it is."
            continue
        converted = one.convert(now[target.other], target)
        if isinstance(converted, Unconverted):
            return f"It stays as it is: {converted.reason}."
    return _QUIET
