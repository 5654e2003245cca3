"""Whether an operation whose answer was lost has arrived after all, by what the item holds; it must not ask an app.

Where that cannot be told it counts as not arrived: an undo then leaves alone what it may have written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.domain.item import Draft, Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    CreateItem,
    DeleteComment,
    DeleteItem,
    EditComment,
    Operation,
    RemoveLink,
    RestrictItem,
    UpdateItem,
)
from server.domain.values import FieldKind, TextFormat, Value
from server.engine.audience import hollow
from server.engine.links import has_link
from server.engine.mapping import CompiledType
from server.engine.plan import Plan, snapshot
from server.engine.richtext import same_meaning


def arrived(operation: Operation, item: Item | None, plan: Plan) -> Mapping[str, Value] | None:
    """What ``item`` holds in the fields that were written; None when it does not show that the operation arrived.

    ``item`` is on the operation's side; ``plan`` is what was decided since, its comments and files bound to the twins
    that were found.
    """
    side, step = operation.side, operation.step
    if item is None or isinstance(step, DeleteItem):
        return None
    if isinstance(step, AddLink | RemoveLink):
        return {} if has_link(item, step.link) is isinstance(step, AddLink) else None
    if isinstance(step, RestrictItem):
        return {} if item.restricted else None
    if isinstance(step, CreateItem):
        return snapshot(plan.type, side, item)
    if isinstance(step, UpdateItem):
        there = {name: item.fields.get(name) for name in step.changed}
        return there if there == dict(step.changed) else None
    if isinstance(step, AddComment):
        there_is = any(one.id == step.draft.marker and one.on(side) is not None for one in plan.pair.comments)
    elif isinstance(step, EditComment):
        there_is = any(one.id == step.target and one.body == step.body for one in item.comments)
    elif isinstance(step, DeleteComment):
        there_is = all(one.id != step.target for one in item.comments)
    elif isinstance(step, AddFile):
        there_is = any(one.id == step.marker and one.on(side) is not None for one in plan.pair.attachments)
    else:
        there_is = all(one.id != step.target for one in item.attachments)
    return {} if there_is else None


def guises(draft: Draft, type_: CompiledType | None, side: Side) -> list[Draft]:
    """What an item may say that was made of ``draft``, the likeliest first; an app without correlation ids is asked so.

    A restricted one is made hollow, and one whose description was refused is made without it.
    """
    if type_ is None:
        return [draft]
    texts = descriptions(type_, side)
    bare = replace(draft, fields={name: value for name, value in draft.fields.items() if name not in texts})
    less = [hollow(draft, type_, side)] if draft.restrict else [bare]
    return [draft, *(one for one in less if one.fields != draft.fields)]


def descriptions(type_: CompiledType, side: Side) -> set[str]:
    """The fields of an item that hold its description."""
    return {one.spec(side).id for one in type_.fields if one.spec(side).kind is FieldKind.RICH_TEXT}


def answers_to(sent: Sequence[Operation], item: Item, format_: TextFormat) -> tuple[int, int]:
    """How well an item of ours answers to what was ``sent`` for one pair, the greater the better.

    Where an app holds no correlation id, several items may be what an unconfirmed create has made. Minus what hangs on
    the item and was not sent for this pair (so it was sent for another), then what was. ``format_`` is the app's.
    """
    bodies = [one.step.draft.body for one in sent if isinstance(one.step, AddComment)]
    files = {(one.step.name, one.step.size) for one in sent if isinstance(one.step, AddFile)}
    comments = [
        any(same_meaning(body, format_, one.body, format_) for body in bodies) for one in item.comments if one.own
    ]
    attached = [(one.name, one.size) in files for one in item.attachments if one.own]
    explained = sum(comments) + sum(attached)
    return explained - len(comments) - len(attached), explained
