"""What an app did not take of a pair: it is left out, and tried again once something changes that it depends on.

A refused value is sent again when it is another one, when the mapping or the field's options are others, or when the
item beside it holds something else. That our own attempt moved the item's time of change is none of these. It must not
write anything or know an app.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from server.domain.errors import Rejected
from server.domain.item import Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    EditComment,
    Operation,
    RemoveLink,
    RestrictItem,
    Step,
    UpdateItem,
)
from server.domain.pair import PARTED, Pair, Refusal
from server.domain.values import SETS, FieldKind, FieldSpec, Value
from server.engine.mapping import CompiledField, CompiledType
from server.engine.plan import Plan

FIELD: Final = "field"
MEMBER: Final = "member"
_ITEM: Final = "item"
WHOLE: Final = frozenset({_ITEM, "deletion", "restriction"})
"""A refusal of these is said in the connector's own sentence: it is no part that the rest could go without."""
_FREE: Final = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT, FieldKind.LABELS})
"""What stands in these makes no other value right or wrong."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What refusals depend on besides the value itself. ``items``: both items as they are now, None: not known.

    ``version`` is the mapping's; ``specs``: what both apps say about the fields of the items' types.
    """

    version: int
    type: CompiledType
    items: Mapping[Side, Item | None]
    specs: Mapping[Side, Sequence[FieldSpec]]
    locked: Mapping[Side, Sequence[str]] = field(default_factory=dict)
    """Who has an account in an app that it gives nothing to."""
    able: Mapping[Side, Sequence[str]] = field(default_factory=dict)
    """What an app lets our account do, where that decides about more than a field."""


def _digest(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=repr, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def refusal(side: Side, step: Step, type_: CompiledType, error: Rejected) -> Refusal:
    """What is remembered of a step that an app refused as a whole (a single field comes as a step of its own).

    What it depends on is not known yet: see ``bound``.
    """
    what, name, value = _matter(step)
    if what in WHOLE:
        return Refusal(side, what, name, value, label=error.message, words=error.words)
    return Refusal(side, what, name, value, label=_label(side, step, type_), words=error.words or error.message)


def member_refusal(side: Side, name: str, member: str, type_: CompiledType, error: Rejected) -> Refusal:
    """What is remembered of one member that an app refused in a set."""
    one = _field(type_, side, name)
    shown = one.named(member, side) if one is not None else member
    label = f"“{shown}” of “{one.spec(side).name if one is not None else name}”"
    return Refusal(side, MEMBER, name, member, label=label, words=error.words or error.message)


def bound(one: Refusal, beside: Beside) -> Refusal:
    """The refusal with what it depends on as that is now."""
    return replace(one, rules=_rules(one, beside), beside=_around(one, beside.items.get(one.side), beside))


def holds_still(one: Refusal, beside: Beside) -> bool:
    """Whether nothing has changed since that the refusal depends on."""
    now, item = bound(one, beside), beside.items.get(one.side)
    if now.rules != one.rules or item is None:
        return now.rules == one.rules
    return now.beside == one.beside and set(one.among) <= set(_members(item.fields.get(one.name)))


def under_other_rules(one: Refusal, beside: Beside) -> bool:
    """Whether the mapping, the field's options or the people are others than when it was refused."""
    return _rules(one, beside) != one.rules


def withhold(plan: Plan, pair: Pair | None, beside: Beside) -> Plan:
    """The plan without what the apps refused before, as long as that still holds.

    ``pair`` is the pair as it was stored. The refusals of the plan's pair are those that still count for it.
    """
    known = [one for one in pair.refusals if holds_still(one, beside)] if pair is not None else []
    own = {one.id: _own_values(one, beside) for one in plan.operations}
    if not known and not any(own.values()):
        return replace(plan, pair=replace(plan.pair, refusals=())) if plan.pair.refusals else plan
    kept: list[Refusal] = []
    sent: list[Operation] = []
    withheld: list[Operation] = []
    for operation in plan.operations:
        rest, held, why = _divided(operation, [*known, *own[operation.id]])
        kept += why
        sent += [replace(operation, step=rest)] if rest is not None else []
        withheld += [replace(operation, step=held)] if held is not None else []
    if any(isinstance(one.step, CreateItem | RestrictItem) for one in withheld):
        sent, withheld = [], list(plan.operations)  # without it the rest has no place, or may be seen by everybody
    told = "" if withheld and plan.pair.state in PARTED else plan.summary  # the twin has not heard of it
    pair_ = replace(plan.pair, refusals=tuple(dict.fromkeys(kept)))
    return replace(plan, pair=pair_, operations=tuple(sent), withheld=tuple(withheld), summary=told)


def _own_values(operation: Operation, beside: Beside) -> list[Refusal]:
    """What of a write is not even tried: fields that the app works out by itself for this item as it is now."""
    item, step, side = beside.items.get(operation.side), operation.step, operation.side
    if item is None or not isinstance(step, UpdateItem):
        return []
    found = []
    for name in step.changed.keys() & item.computed.keys():
        label = _label(side, UpdateItem({name: step.changed[name]}, {}), beside.type)
        one = Refusal(side, FIELD, name, _digest(step.changed[name]), label=label, words=item.computed[name])
        found.append(bound(one, beside))
    return found


def members_kept_back(type_: CompiledType, pair: Pair, side: Side, snapshot: Mapping[str, Value]) -> dict[str, Value]:
    """The snapshot of ``side`` without the members that its twin's app refused: they have not been carried."""
    values = dict(snapshot)
    for one in pair.refusals:
        if one.what != MEMBER or one.side is side:
            continue
        mapped = _field(type_, one.side, one.name)
        members = values.get(mapped.spec(side).id) if mapped is not None else None
        if mapped is not None and isinstance(members, tuple):
            left = tuple(each for each in members if mapped.element(each, one.side) != one.value)
            values[mapped.spec(side).id] = left
    return values


def _divided(operation: Operation, known: Sequence[Refusal]) -> tuple[Step | None, Step | None, list[Refusal]]:
    """What of an operation is sent, what is not, and the refusals that say so."""
    side, step = operation.side, operation.step
    whole = _matter(step)
    found = [one for one in known if (one.side, one.what, one.name, one.value) == (side, *whole)]
    if found:
        return None, step, found
    if isinstance(step, UpdateItem):
        return _of_fields(side, step, known)
    return step, None, []


def _of_fields(
    side: Side, step: UpdateItem, known: Sequence[Refusal]
) -> tuple[UpdateItem | None, UpdateItem | None, list[Refusal]]:
    sent: dict[str, Value] = {}
    held: dict[str, Value] = {}
    why: list[Refusal] = []
    for name, value in step.changed.items():
        mine = [one for one in known if one.side is side and one.name == name]
        whole = [one for one in mine if one.what == FIELD and one.value == _digest(value)]
        if whole:
            why += whole
            held[name] = value
            continue
        rest, out = _without_members(value, step.before.get(name), [one for one in mine if one.what == MEMBER])
        why += out
        if out and set(_members(rest)) == set(_members(step.before.get(name))):
            held[name] = value
        else:
            sent[name] = rest
    return _part(step, sent), _part(step, held), why


def _part(step: UpdateItem, changed: Mapping[str, Value]) -> UpdateItem | None:
    before = {name: step.before[name] for name in changed if name in step.before}
    return UpdateItem(changed, before) if changed else None


def _without_members(value: Value, before: Value, refused: Sequence[Refusal]) -> tuple[Value, list[Refusal]]:
    out = [one for one in refused if one.value in _members(value) and one.value not in _members(before)]
    gone = {one.value for one in out}
    return (tuple(each for each in _members(value) if each not in gone) if out else value), out


def _members(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _matter(step: Step) -> tuple[str, str, str]:  # noqa: C901, PLR0911 - one kind of step a line
    """What a step is about, which one of its kind, and a fingerprint of what it would say."""
    match step:
        case CreateItem():
            return _ITEM, "", _digest(dict(step.draft.fields))
        case UpdateItem():
            if len(step.changed) != 1:
                return "fields", ", ".join(sorted(step.changed)), _digest(dict(step.changed))
            [(name, value)] = step.changed.items()
            return FIELD, name, _digest(value)
        case AddComment():
            return "comment", step.draft.marker, _digest(step.draft.body, step.draft.private)
        case EditComment():
            return "edit", step.comment_pair, _digest(step.body)
        case AddFile():
            return "file", step.marker, _digest(step.name, step.size)
        case DeleteComment():
            return "removal of a comment", step.comment_pair, ""
        case DeleteFile():
            return "removal of a file", step.attachment_pair, ""
        case AddLink():
            return "link", f"{step.link.kind} {step.link.target}", ""
        case RemoveLink():
            return "removal of a link", f"{step.link.kind} {step.link.target}", ""
        case DeleteItem():
            return "deletion", "", ""
        case RestrictItem():
            return "restriction", step.field, ""


def _label(side: Side, step: Step, type_: CompiledType) -> str:
    what, _, _ = _matter(step)
    if isinstance(step, UpdateItem):
        several = [_field(type_, side, name) for name in step.changed]
        return ", ".join(f"“{one.spec(side).name}”" for one in several if one is not None) or "a field"
    if isinstance(step, AddFile):
        return f"the file “{step.name}”"
    if isinstance(step, AddComment | EditComment):
        said = " ".join(step.body.split() if isinstance(step, EditComment) else step.draft.body.split())[:40]
        return f"the {'comment' if isinstance(step, AddComment) else 'edited comment'} “{said}”"
    return f"the {what}"


def _field(type_: CompiledType, side: Side, name: str) -> CompiledField | None:
    return next((one for one in type_.fields if one.spec(side).id == name), None)


def _rules(one: Refusal, beside: Beside) -> str:
    """The mapping's version; for a field what its app says about it, and for people whether they are known there."""
    specs = beside.specs.get(one.side, ())
    if one.what == _ITEM:
        return _digest(beside.version, [_spoken(spec) for spec in specs])
    if one.what not in (FIELD, MEMBER):
        return _digest(beside.version, *(sorted(each) for each in [beside.able.get(one.side, ())] if each))
    mapped = _field(beside.type, one.side, one.name)
    spec = mapped.spec(one.side) if mapped is not None else next((each for each in specs if each.id == one.name), None)
    people: list[str] = []
    if mapped is not None and spec is not None and spec.kind in (FieldKind.USER, FieldKind.USERS):
        there = mapped.directory.left if one.side is Side.LEFT else mapped.directory.right
        people = [*sorted(there), *(f"{each} is locked" for each in sorted(beside.locked.get(one.side, ())))]
    return _digest(beside.version, None if spec is None else _spoken(spec), people)


def _spoken(spec: FieldSpec) -> list[object]:
    options = [[each.id, each.name, each.closed] for each in spec.options]
    return [spec.id, spec.kind, spec.required, spec.read_only, spec.create_only, options, spec.max_length]


def _around(one: Refusal, item: Item | None, beside: Beside) -> str:
    """What the item holds, for what may be right or wrong by that: a field, a link, a deletion."""
    if item is None or not _is_judged_by_the_item(one.what):
        return ""
    free = {spec.id for spec in beside.specs.get(one.side, ()) if spec.kind in _FREE}
    fields = {name: value for name, value in item.fields.items() if name not in free and value not in (None, "", ())}
    links = sorted([each.kind, each.target] for each in item.links)
    computed = [sorted(item.computed)] if item.computed else []
    return _digest(fields, links, item.parent, item.type, item.container, *computed)


def _is_judged_by_the_item(what: str) -> bool:
    return what in (FIELD, MEMBER, "fields", "link", "removal of a link", "deletion", "restriction")


def is_set(type_: CompiledType, side: Side, name: str) -> bool:
    """Whether the field holds several members."""
    one = _field(type_, side, name)
    return one is not None and one.spec(side).kind in SETS
