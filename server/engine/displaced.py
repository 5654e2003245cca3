"""What an app moves by itself for something that we wrote: no edit of a person, and put back; it must not write.

A reply of ours opens a closed ticket. The connector puts the status back at once; a death, or an answer that was lost,
in between leaves the ticket open. Our operation is open in the journal then, and the app's own record says what it
moved for what was found to have arrived, and that nobody has set it since. So the item is looked at as it was before,
and the field is put back, whether it travels or not. What is not put back yet is remembered with the pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from server.domain.item import Attachment, Comment, Item, Side
from server.domain.operation import AddComment, AddFile, DeleteItem, Operation, RestrictItem, UpdateItem
from server.domain.pair import Displaced, Pair
from server.domain.values import Value
from server.engine import mapping as maps
from server.engine.plan import Plan, attachment_ids, comment_ids
from server.engine.richtext import same_meaning

PUT_BACK: Final = "the app had moved it by itself for what Lockstep wrote there; nobody typed that"

Items = Mapping[Side, Item | None]


def noticed(pair: Pair, lost: Sequence[Operation], items: Items, mapping: maps.Mapping) -> Pair:
    """The pair with all that is to be put back on the items as they are now. What somebody has set since is theirs."""
    if not lost and not pair.displaced:
        return pair
    found: dict[tuple[Side, str], Displaced] = {}
    for one in pair.displaced:
        item = items.get(one.side)
        if item is not None and (now := item.fields.get(one.field)) in (one.now, *_on_the_way(one, lost)):
            found[one.side, one.field] = replace(one, now=now)
    for operation in lost:
        item = items.get(operation.side)
        for name, before in _moved_for(operation, pair, item, mapping):
            now = item.fields.get(name) if item is not None else before
            if now != before:
                found.setdefault((operation.side, name), Displaced(operation.side, name, now, before))
    return replace(pair, displaced=tuple(found.values()))


def _on_the_way(one: Displaced, lost: Sequence[Operation]) -> list[Value]:
    """The statuses over which a write without an answer was to take a field back, or on."""
    steps = [each.step for each in lost if each.side is one.side and isinstance(each.step, UpdateItem)]
    return [value for step in steps for value in step.via.get(one.field, ())]


def _moved_for(
    operation: Operation, pair: Pair, item: Item | None, mapping: maps.Mapping
) -> tuple[tuple[str, Value], ...]:
    """What the app moved for a comment or file that was never confirmed, if it arrived; by field, as it was."""
    if item is None:
        return ()
    there: Comment | Attachment | None = None
    side, step = operation.side, operation.step
    if isinstance(step, AddComment):
        known, format_ = comment_ids(pair.comments, side), mapping.shape(side).text_format
        there = next(
            (
                one
                for one in sorted(item.comments, key=lambda each: (each.created_at, each.id))
                if _is_free(known, one.id, step.draft.marker)
                and (
                    one.marker == step.draft.marker
                    if one.marker is not None
                    else one.own and same_meaning(step.draft.body, format_, one.body, format_)
                )
            ),
            None,
        )
    elif isinstance(step, AddFile):
        files = attachment_ids(pair.attachments, side)
        there = next(
            (
                one
                for one in item.attachments
                if _is_free(files, one.id, step.marker) and one.own and (one.name, one.size) == (step.name, step.size)
            ),
            None,
        )
    return there.moved if there is not None else ()


def _is_free(known: Mapping[str, object], there: str, marker: str) -> bool:
    """Whether what is there is nobody's twin yet, or the one that is asked for."""
    return there not in known or getattr(known[there], "id", "") == marker


def as_it_was(pair: Pair, items: Items) -> dict[Side, Item | None]:
    """The items as if the app had moved nothing."""
    found = dict(items)
    for one in pair.displaced:
        item = found[one.side]
        if item is not None:
            fields = {**item.fields, one.field: one.before}
            found[one.side] = replace(item, fields=fields, untyped=item.untyped - {one.field})
    return found


def put_back(plan: Plan, items: Items, ids: Iterator[str]) -> Plan:
    """The plan with what is to be put back; a field that is written anyway only learns what stands there now."""
    owed = [one for one in plan.pair.displaced if items.get(one.side) is not None]
    if not owed:
        return plan
    planned = [_knowing(operation, owed) for operation in plan.operations]
    first = next((at for at, one in enumerate(planned) if not isinstance(one.step, RestrictItem)), len(planned))
    for side in Side:
        steps = [one.step for one in planned if one.side is side]
        if any(isinstance(step, DeleteItem) for step in steps):
            continue
        written = {name for step in steps if isinstance(step, UpdateItem) for name in step.changed}
        mine = [one for one in owed if one.side is side and one.field not in written]
        if mine:
            step = UpdateItem({one.field: one.before for one in mine}, {one.field: one.now for one in mine})
            planned.insert(first, Operation(next(ids), plan.pair.id, 0, side, step))
    return replace(plan, operations=tuple(replace(one, place=at) for at, one in enumerate(planned)))


def _knowing(operation: Operation, owed: Sequence[Displaced]) -> Operation:
    """The operation with what really stands in the fields that it writes."""
    step = operation.step
    if not isinstance(step, UpdateItem):
        return operation
    now = {one.field: one.now for one in owed if one.side is operation.side and one.field in step.changed}
    return replace(operation, step=replace(step, before={**step.before, **now})) if now else operation
