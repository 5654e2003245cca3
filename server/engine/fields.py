"""Three-way merge of the mapped fields of one pair; it must not know comments, files or how a write is done.

A field is changed when it differs from *its own side's* snapshot, so a lossy conversion never travels back.
Sets merge by element. Everything else that changed on both sides goes by the field's conflict policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from server.domain.item import Item, Side
from server.domain.mapping import ConflictPolicy
from server.domain.operation import Conflict, Note
from server.domain.pair import Pair
from server.domain.values import SETS, FieldKind, FieldSpec, Value
from server.engine.days import alike
from server.engine.mapping import CompiledField, CompiledType, Converted, Unconverted
from server.engine.typed import give_way, is_untyped, where_typed

_EMPTY: tuple[Value, ...] = (None, "", ())
_CHOSEN = frozenset({FieldKind.OPTION, FieldKind.STATUS, FieldKind.USER, FieldKind.FLAG, FieldKind.NUMBER})
"""What an app likes to fill in by itself when an item is made."""

Sent = Mapping[Side, Mapping[str, Value]]
"""What writes whose answer was lost carried, by side and field. Found there, it is ours, and no edit of a person."""
NOTHING_SENT: Sent = MappingProxyType({Side.LEFT: {}, Side.RIGHT: {}})
Bases = Mapping[Side, Mapping[str, Value]]
"""What a side's fields were compared with where operations with an unknown outcome told better than its snapshot.

None: with nothing, so the value counts as changed.
"""


@dataclass(slots=True)
class Merged:
    """What a merge came to; lives only within one call of reconcile."""

    writes: dict[Side, dict[str, Value]] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})
    before: dict[Side, dict[str, Value]] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})
    held: dict[Side, set[str]] = field(default_factory=lambda: {Side.LEFT: set(), Side.RIGHT: set()})
    notes: list[Note] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    bases: dict[Side, dict[str, Value]] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})
    typed: dict[str, str] = field(default_factory=dict)
    """What is known better now of where values were typed (see ``Pair.typed``)."""


def draft_fields(type_: CompiledType, source: Item, target: Side) -> tuple[dict[str, Value], list[Note]]:
    """The fields of a twin to be created on ``target``, and notes on what could not be carried over."""
    values: dict[str, Value] = {}
    notes: list[Note] = []
    for one in type_.fields:
        spec = one.spec(target)
        if not one.rule.direction.allows(target) or spec.read_only:
            continue
        value = source.fields.get(one.spec(target.other).id)
        converted = one.convert(value, target)
        if isinstance(converted, Unconverted):
            if value not in _EMPTY:
                notes.append(Note("left out", target, spec.name, after=value, reason=converted.reason))
            continue
        notes.extend(_told(converted, target, spec.name))
        if converted.value not in _EMPTY:
            values[spec.id] = converted.value
    return values, notes


def _told(converted: Converted, target: Side, name: str) -> list[Note]:
    """What is to be said of a value that is not there as it was typed."""
    notes = [Note("shortened", target, name, reason=lost) for lost in converted.lost]
    if converted.stands_in:
        notes.append(Note("filled in", target, name, reason=converted.stands_in))
    return notes


def afresh(pair: Pair, side: Side) -> Pair:
    """The pair as if a person had changed every field of ``side`` since it was last seen."""
    seen = pair.on(side)
    return pair if seen.snapshot is None else pair.with_side(side, replace(seen, snapshot={}, stamp=""))


def merge_fields(
    type_: CompiledType,
    pair: Pair,
    left: Item,
    right: Item,
    first: Side | None,
    sent: Sent = NOTHING_SENT,
) -> Merged:
    """Compare both sides with their snapshots and decide every field.

    ``first`` is the side a person made when the pair has never been settled (its twin's create was cut off):
    its values count as changed, the twin's as not.
    """
    merged = Merged()
    for one in type_.fields:
        if one.rule.create_only and first is None:
            continue
        _merge_field(one, pair, left, right, first, sent, merged)
    return merged


def _merge_field(
    one: CompiledField,
    pair: Pair,
    left: Item,
    right: Item,
    first: Side | None,
    sent: Sent,
    merged: Merged,
) -> None:
    items = {Side.LEFT: left, Side.RIGHT: right}
    now = {side: items[side].fields.get(one.spec(side).id) for side in Side}
    changed = {side: _changed(pair, side, one.spec(side), now[side], first) for side in Side}
    _believe_sent(one, now, changed, first, sent, merged)
    untyped = {side: first is None and is_untyped(one, pair, side, items[side]) for side in Side}
    merged.notes += give_way(one, pair, items, changed, untyped)
    if not any(changed.values()) or _filled_in(one, now, first, sent):
        return
    merged.typed |= where_typed(one, pair, now, changed, untyped)
    if one.left.kind in SETS:
        bases = {side: _base(one, pair, side, now, first, sent) for side in Side}
        for side in Side:
            if bases[side] != _seen_members(one, pair, side):
                merged.bases[side][one.spec(side).id] = tuple(sorted(bases[side]))
        _merge_set(one, bases, now, merged)
        return
    if one.same(now[Side.LEFT], now[Side.RIGHT]):
        return
    source = _source(one, pair, items, now, changed, first, merged)
    if source is not None:
        if all(changed.values()):
            merged.typed[one.left.id] = source.value
        _carry(one, now, source.other, merged)


def _believe_sent(
    one: CompiledField,
    now: Mapping[Side, Value],
    changed: dict[Side, bool],
    first: Side | None,
    sent: Sent,
    merged: Merged,
) -> None:
    """Let what we sent without an answer, and is there, count as ours."""
    for side in Side:
        ours = _ours(one, side, now[side], sent)
        if ours:
            changed[side], changed[side.other] = False, True
        if ours or side.other is first:
            merged.bases[side][one.spec(side).id] = now[side]
            merged.bases[side.other][one.spec(side.other).id] = None


def _filled_in(one: CompiledField, now: Mapping[Side, Value], first: Side | None, sent: Sent) -> bool:
    """Whether a twin whose creation was cut off holds a choice that the app made for it: nobody's edit, so it stays.

    Nothing was sent, and the original has nothing to say there still. A person types texts and days, too; those go by
    the original, on record.
    """
    if first is None or one.spec(first.other).kind not in _CHOSEN:
        return False
    return one.spec(first.other).id not in sent[first.other] and now[first] in _EMPTY


def _changed(pair: Pair, side: Side, spec: FieldSpec, value: Value, first: Side | None) -> bool:
    name, kind = spec.id, spec.kind
    before = pair.on(side).snapshot
    if before is None and first is not None:
        return side is first
    return before is None or name not in before or not alike(kind, before[name], value)


def _ours(one: CompiledField, side: Side, value: Value, sent: Sent) -> bool:
    """Whether a side holds what we sent there without an answer, and nothing that a person typed since."""
    name = one.spec(side).id
    if name not in sent[side]:
        return False
    if one.left.kind in SETS:
        return _members(sent[side][name]) == _members(value)
    return sent[side][name] == value


def _source(
    one: CompiledField,
    pair: Pair,
    items: Mapping[Side, Item],
    now: Mapping[Side, Value],
    changed: Mapping[Side, bool],
    first: Side | None,
    merged: Merged,
) -> Side | None:
    """The side whose value travels, None when neither does. Records a conflict where one is decided."""
    if changed[Side.LEFT] != changed[Side.RIGHT]:
        source = Side.LEFT if changed[Side.LEFT] else Side.RIGHT
        if first is not None and now[source.other] not in _EMPTY:
            reason = "the answer to the twin's creation was lost, and its value differed from what was sent"
            _conflict(one, now, source.value, reason, merged)
        return source if one.rule.direction.allows(source.other) else None
    allowed = [side for side in Side if one.rule.direction.allows(side.other)]
    if len(allowed) == 1:
        _conflict(one, now, allowed[0].value, "the mapping goes this way only", merged)
        return allowed[0]
    if not any(_known(pair, side, one.spec(side).id) for side in Side):
        # The field is new in the mapping: an empty value is no edit, so it never beats one that was typed.
        filled = [side for side in Side if now[side] not in _EMPTY]
        if len(filled) == 1:
            return filled[0]
    return _by_policy(one, items, now, merged)


def _known(pair: Pair, side: Side, name: str) -> bool:
    return name in (pair.on(side).snapshot or {})


def _by_policy(
    one: CompiledField, items: Mapping[Side, Item], now: Mapping[Side, Value], merged: Merged
) -> Side | None:
    policy = one.rule.conflict
    if policy is ConflictPolicy.HOLD:
        for side in Side:
            merged.held[side].add(one.spec(side).id)
        _conflict(one, now, "held", "both sides changed it; a person has to decide", merged)
        return None
    if policy is ConflictPolicy.LATEST:
        later = items[Side.RIGHT].updated_at > items[Side.LEFT].updated_at
        winner = Side.RIGHT if later else Side.LEFT
        reason = "both sides changed it; the item that was changed last wins"
    else:
        winner = Side.LEFT if policy is ConflictPolicy.LEFT else Side.RIGHT
        reason = f"both sides changed it; the {winner} side wins"
    _conflict(one, now, winner.value, reason, merged)
    return winner


def _conflict(
    one: CompiledField,
    now: Mapping[Side, Value],
    winner: Literal["left", "right", "held"],
    reason: str,
    merged: Merged,
) -> None:
    merged.conflicts.append(Conflict(one.left.id, one.right.id, now[Side.LEFT], now[Side.RIGHT], winner, reason))


def _carry(one: CompiledField, now: Mapping[Side, Value], target: Side, merged: Merged) -> None:
    """Plan the write of the other side's value to ``target``, or note why it cannot be."""
    spec = one.spec(target)
    value = now[target.other]
    if spec.read_only or spec.create_only:
        why = "it is read only there" if spec.read_only else "the app takes it only when an item is created"
        merged.notes.append(Note("not written", target, spec.name, now[target], value, why))
        return
    converted = one.convert(value, target, now[target])
    if isinstance(converted, Unconverted):
        merged.notes.append(Note("not written", target, spec.name, now[target], value, converted.reason))
        return
    merged.notes.extend(_told(converted, target, spec.name))
    if converted.value == now[target]:
        return
    merged.writes[target][spec.id] = converted.value
    merged.before[target][spec.id] = now[target]


def _members(value: Value) -> set[str]:
    return set(value) if isinstance(value, tuple) else set()


def _base(
    one: CompiledField, pair: Pair, side: Side, now: Mapping[Side, Value], first: Side | None, sent: Sent
) -> set[str]:
    """The members that a side had when both were last in step: its snapshot, or what was sent since and arrived."""
    for there in (side, side.other):
        if first is there.other or _ours(one, there, now[there], sent):
            carried = _members(sent[there].get(one.spec(there).id))
            arrived = _arrived(one, there, carried, now)
            if there is not side:
                return _elements(one, arrived, side)
            # Who makes an item is put among its people by many an app; nobody did that.
            added = one.spec(there).kind is FieldKind.USERS and first is there.other
            return set(arrived.values()) | (_members(now[there]) - carried if added else set())
    return _seen_members(one, pair, side)


def _seen_members(one: CompiledField, pair: Pair, side: Side) -> set[str]:
    return _members((pair.on(side).snapshot or {}).get(one.spec(side).id))


def _arrived(one: CompiledField, there: Side, carried: set[str], now: Mapping[Side, Value]) -> dict[str, str]:
    """What a side holds of what it was sent and never told of: as it was sent, and as it is there.

    What is not there at all was not taken away by anybody that we know of: the app did not keep it, and it counts as
    never sent. An app may keep a word in another case. Where the source still has the word as it was sent, the other
    one counts as a word of its own, in case a person typed it; where the source has it no more, it is what has to go.
    """
    holds, source = _members(now[there]), _members(now[there.other])
    found = {member: member for member in carried & holds}
    if one.spec(there).kind is FieldKind.LABELS:
        for member in sorted(carried - holds):
            alike = sorted(each for each in holds - carried if each.casefold() == member.casefold())
            if alike and one.element(member, there.other) not in source:
                found[member] = alike[0]
    return found


def _elements(one: CompiledField, members: Iterable[str], target: Side) -> set[str]:
    return {there for member in members if (there := one.element(member, target)) is not None}


def _bereft(one: CompiledField, target: Side, bases: Mapping[Side, set[str]], source: set[str]) -> set[str]:
    """The members that ``target`` had, and of which everything is gone that stood for them on the other side.

    An app may keep free words in another case, and two of them as one. Then a word stands for each that has none in
    its own case over there. What was put on ``target`` since stands for nothing, so it stays.
    """
    before = {member: there for member in bases[target.other] if (there := one.element(member, target)) is not None}
    still = _elements(one, source, target)
    gone = set()
    for member in bases[target] - still:
        stood = {each for each, there in before.items() if there == member}
        if one.spec(target).kind is FieldKind.LABELS:
            merges = not stood and one.rule.direction.allows(target.other)  # it got there as one word with others
            stood |= {
                each
                for each, there in before.items()
                if there.casefold() == member.casefold() and (merges or there not in bases[target])
            }
        if stood and not stood & source:
            gone.add(member)
    return gone


def _merge_set(one: CompiledField, bases: Mapping[Side, set[str]], now: Mapping[Side, Value], merged: Merged) -> None:
    """Carry what was added to and taken from each side since its base; what has no counterpart stays."""
    result = {side: _members(now[side]) for side in Side}
    for source in Side:
        target = source.other
        if not one.rule.direction.allows(target):
            continue
        current = _members(now[source])
        result[target] -= _bereft(one, target, bases, current)
        for member in sorted(current - bases[source]):
            there = one.element(member, target)
            if there is not None:
                result[target].add(there)
            else:
                reason = f"“{member}” has no counterpart there"
                merged.notes.append(Note("not written", target, one.spec(target).name, reason=reason))
    for target in Side:
        spec = one.spec(target)
        if result[target] == _members(now[target]) or not one.rule.direction.allows(target):
            continue
        if spec.read_only or spec.create_only:
            merged.notes.append(Note("not written", target, spec.name, reason="it is read only there"))
            continue
        merged.writes[target][spec.id] = tuple(sorted(result[target]))
        merged.before[target][spec.id] = now[target]
