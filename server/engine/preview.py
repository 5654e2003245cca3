"""A plan told as lines, counts and people before anything is done; it must not decide or carry out anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from server.domain.item import Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    Conflict,
    CreateItem,
    EditComment,
    Operation,
    RemoveLink,
    RestrictItem,
    UpdateItem,
)
from server.domain.pair import PairState
from server.domain.preview import Line
from server.domain.values import FieldKind, FieldSpec, Value
from server.engine.audience import restricted
from server.engine.mapping import CompiledField
from server.engine.plan import Plan

_LONGEST = 2000
"""Characters of a text that a line shows; the item itself has the rest."""

_OPENED = "Its app restricts it; whoever sees the twin reads there what it says."
_NAMES_A_FILE = frozenset({"add_file", "delete_file"})
_COUNTED: Mapping[str, str] = {
    "create": "creates",
    "update": "updates",
    "add_comment": "comments",
    "edit_comment": "edits",
    "add_file": "files",
    "add_link": "links",
    "remove_link": "links",
}


def lines(plan: Plan) -> list[Line]:
    """Everything that ``plan`` would do and what it says besides, in order."""
    found: list[Line] = []
    for operation in plan.operations:
        found += _of_operation(plan, operation)
    for note in plan.notes:
        line = _line(plan, note.side or plan.pair.origin.other, "note")
        quiet = restricted(plan.pair) or not note.reason  # a reason may quote a value
        reason = note.what if quiet else f"{note.what}: {note.reason}"
        one = next((each for each in plan.type.fields if note.side and each.spec(note.side).name == note.field), None)
        before = _said(one, line.side, note.before)
        after = _said(one, line.side.other, note.after)  # what could not be carried over is in its own side's terms
        found.append(replace(line, field=note.field, before=before, after=after, reason=reason))
    found += [_of_conflict(plan, clash) for clash in plan.conflicts]
    if plan.summary:
        found.append(replace(_line(plan, plan.pair.origin.other, _parting(plan) or "note"), reason=plan.summary))
    if restricted(plan.pair):  # whoever reads previews may not be one of those who see the item
        found = [_hushed(one) for one in found]
    return [*(replace(_line(plan, side, "opened"), reason=_OPENED) for side in opened(plan)), *found]


def counts(plan: Plan) -> Counter[str]:
    """How many effects of each kind there would be, under the names that people read."""
    found: Counter[str] = Counter()
    for operation in plan.operations:
        kind = operation.step.kind
        found["deletions" if kind.startswith("delete") else _COUNTED.get(kind, kind)] += 1
    if plan.conflicts:
        found["conflicts"] = len(plan.conflicts)
    if plan.summary and _parting(plan):
        found[_parting(plan)] = 1
        if plan.pair.state is PairState.OUTSIDE and restricted(plan.pair):
            found["restricted"] = 1
    if sides := opened(plan):
        found["opened"] = len(sides)
    return found


def opened(plan: Plan) -> list[Side]:
    """The sides where the words of a restricted item would be written for everybody to read."""
    narrowed = {one.side for one in plan.operations if isinstance(one.step, RestrictItem)}
    narrowed |= {one.side for one in plan.operations if isinstance(one.step, CreateItem) and one.step.draft.restrict}
    written = {one.side for one in plan.operations} - narrowed
    pair = plan.pair
    return [
        side for side in Side if side in written and pair.on(side.other).restricted and not pair.on(side).restricted
    ]


def people(plan: Plan, specs: Mapping[Side, tuple[FieldSpec, ...]], items: Mapping[Side, Item | None]) -> set[str]:
    """Who stands in a user field of an item that would be written, as ``side:user``.

    These are the people whom the app may tell of it; whom it really tells is up to its own settings.
    """
    found: set[str] = set()
    for operation in plan.operations:
        side, twin = operation.side, items[operation.side]
        names = [spec.id for spec in specs[side] if spec.kind in (FieldKind.USER, FieldKind.USERS)]
        there: dict[str, Value] = dict(twin.fields) if twin is not None else {}
        if isinstance(operation.step, CreateItem):
            there |= operation.step.draft.fields
        if isinstance(operation.step, UpdateItem):
            there |= operation.step.changed
        for name in names:
            found |= {f"{side}:{one}" for one in _users(there.get(name))}
    return found


def _users(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) and value else ()


def _of_operation(plan: Plan, operation: Operation) -> list[Line]:
    step: object = operation.step
    line = _line(plan, operation.side, operation.step.kind)
    fields = {one.spec(operation.side).id: one for one in plan.type.fields}

    def changed(name: str, before: Value, after: Value) -> Line:
        one = fields.get(name)
        label = one.spec(operation.side).name if one is not None else name
        before, after = _said(one, operation.side, before), _said(one, operation.side, after)
        return replace(line, field=label, before=before, after=after)

    if isinstance(step, CreateItem):
        values = step.draft.fields.items()
        return [replace(line, after=plan.pair.title), *(changed(name, None, value) for name, value in values)]
    if isinstance(step, UpdateItem):
        return [changed(name, step.before.get(name), value) for name, value in step.changed.items()]
    if isinstance(step, AddComment):
        return [_of_comment(line, step.draft.body, private=step.draft.private)]
    if isinstance(step, EditComment):
        private = any(one.private for one in plan.pair.comments if one.id == step.comment_pair)
        return [_of_comment(line, step.body, private=private)]
    if isinstance(step, AddFile):
        return [replace(line, field=step.name, reason=f"{step.size} bytes")]
    if isinstance(step, AddLink):
        return [replace(line, field=step.link.kind, after=step.link.target)]
    if isinstance(step, RemoveLink):
        return [replace(line, field=step.link.kind, before=step.link.target)]
    return [line]  # a kind without a text of its own: a deletion


def _of_comment(line: Line, body: str, *, private: bool) -> Line:
    """What is private is not shown here: people read previews who may not read it in its app."""
    return replace(line, reason="private") if private else replace(line, after=_short(body))


def _hushed(line: Line) -> Line:
    """A line about a restricted item: what would be done, and no word of what it says."""
    named = line.action in _NAMES_A_FILE or line.reason.startswith("file ")
    return replace(line, before=None, after=None, field="" if named else line.field)


def _parting(plan: Plan) -> str:
    """How the two items part, empty when they do not."""
    return {PairState.ENDED: "ended", PairState.OUTSIDE: "outside"}.get(plan.pair.state, "")


def _of_conflict(plan: Plan, clash: Conflict) -> Line:
    """Shown on the side whose value gives way; ``after`` is the other side's value."""
    side = Side.LEFT if clash.winner == "right" else Side.RIGHT
    values = {Side.LEFT: clash.left_value, Side.RIGHT: clash.right_value}
    line = _line(plan, side, "conflict")
    one = next((each for each in plan.type.fields if each.left.id == clash.field_left), None)
    name = one.spec(side).name if one is not None else clash.field_left if side is Side.LEFT else clash.field_right
    before, after = _said(one, side, values[side]), _said(one, side.other, values[side.other])
    return replace(line, field=name, before=before, after=after, reason=f"{clash.winner}: {clash.reason}")


def _line(plan: Plan, side: Side, action: str) -> Line:
    item, twin = plan.pair.on(side.other), plan.pair.on(side)
    return Line(side, item.item_id or "", action, item.key, twin.item_id or "", twin.key)


def _said(one: CompiledField | None, side: Side, value: Value) -> Value:
    """A value of a side as people call it, cut where it is long."""
    return _short(one.named(value, side) if one is not None else value)


def _short(value: Value) -> Value:
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[: _LONGEST - 1] + "…"
    return value
