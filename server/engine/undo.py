"""What an undo of a run does to one pair: a step back where a value is still ours, else a note why not.

Only the side that the run wrote is written; the other one stays as it is. It must not ask an app or carry anything out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import replace

from server.domain.item import Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    Carried,
    CreateItem,
    DeleteComment,
    DeleteFile,
    DeleteItem,
    EditComment,
    Operation,
    RemoveLink,
    UpdateItem,
)
from server.domain.pair import Pair, PairState
from server.domain.values import FieldSpec, Value
from server.engine.mapping import CompiledType, Mapping
from server.engine.plan import Draughtsman, Plan
from server.engine.richtext import same_meaning
from server.engine.unlink import believed_links, take_back_links

_EMPTY: tuple[Value, ...] = (None, "", ())
_CHANGED = "it was changed since"
_ENDED = "The two are no longer kept in step: the run that made one of them was undone."


def take_back(
    pair: Pair,
    type_: CompiledType,
    carried: Sequence[Carried],
    items: Dict[Side, Item | None],
    mapping: Mapping,
    ids: Iterator[str],
    *,
    delete: bool = False,
    hushed: bool = False,
    walked: Sequence[Operation] = (),
) -> Plan:
    """Decide how to take back what a run did to ``pair``: ``carried``, the newest first.

    ``items`` are both items as they are now (None: gone, or the run did nothing there). An undone create ends its pair,
    so that the twin is not made again; the twin is deleted only if ``delete`` is asked for and nobody touched it.
    ``hushed``: one of the two is restricted and stays where it is, so what we put somewhere may go, and nothing is
    written. ``ids`` yields fresh random ids. ``walked``: earlier tries that did not come through: what they
    led over is ours.
    """
    drawing = Draughtsman(pair.id, ids)
    state = pair.state
    for side in Side:
        mine = [one for one in carried if one.operation.side is side]
        item = items.get(side)
        made = any(isinstance(one.operation.step, CreateItem) for one in mine)
        if made:
            _made(pair, mine, side, item, mapping, drawing, delete=delete)
            state = PairState.ENDED
        elif mine and item is None:
            drawing.note("not undone", side, reason="the item is not there any more")
        elif item is not None:
            _files(pair, mine, side, item, mapping, drawing)
            _comments(pair, mine, side, item, mapping, drawing)
            _fields(mine, side, item, mapping, drawing, walked)
            pair = take_back_links(pair, mine, side, items, mapping, drawing)
            _for_good(mine, side, drawing)
    if hushed:
        _only_removals(drawing)
    operations = tuple(replace(one, undoes=True) for one in drawing.operations)
    ended = "" if state is pair.state else _ENDED
    return Plan(replace(pair, state=state), type_, operations, tuple(drawing.notes), summary=ended)


def _only_removals(drawing: Draughtsman) -> None:
    """Leave out every step that writes something, on record."""
    removals = DeleteItem | DeleteComment | DeleteFile
    for side in Side:
        if any(one.side is side and not isinstance(one.step, removals) for one in drawing.operations):
            drawing.note("not undone", side, reason="one of the two is restricted now, so nothing is written to either")
    kept = [one for one in drawing.operations if isinstance(one.step, removals)]
    drawing.operations = [replace(one, place=place) for place, one in enumerate(kept)]


def _made(
    pair: Pair,
    mine: Sequence[Carried],
    side: Side,
    item: Item | None,
    mapping: Mapping,
    drawing: Draughtsman,
    *,
    delete: bool,
) -> None:
    """A twin that the run made: it stays, on record, or is deleted where nothing of anybody's would go with it."""
    why = "the run that made this item was undone"
    if item is not None and delete:
        kept = _worth_keeping(pair, mine, side, item, mapping)
        if not kept:
            drawing.add(side, DeleteItem(dict(item.fields), item.updated_at))
            return
        drawing.note("not deleted", side, reason=kept)
    if pair.state is not PairState.ENDED:
        stays = "; it stays" if item is not None else ""
        drawing.note("no longer kept in step", side, reason=f"{why}{stays}")


def _worth_keeping(pair: Pair, mine: Sequence[Carried], side: Side, item: Item, mapping: Mapping) -> str:
    """Why a twin must not be deleted; empty when it holds nothing but what we put there."""
    if not mapping.shape(side).deletes_items:
        return f"{mapping.shape(side).name} deletes no items"
    ours: dict[str, Value] = {}
    for one in reversed(mine):
        if isinstance(one.operation.step, CreateItem | UpdateItem):
            ours |= one.after
    if any(item.fields.get(name) != value for name, value in ours.items()):
        return _CHANGED
    comments = {one.on(side) for one in pair.comments if one.origin is not side}
    files = {one.on(side) for one in pair.attachments if one.origin is not side}
    if any(one.id not in comments for one in item.comments) or any(one.id not in files for one in item.attachments):
        return "somebody wrote or attached something there"
    return ""


def _fields(
    mine: Sequence[Carried],
    side: Side,
    item: Item,
    mapping: Mapping,
    drawing: Draughtsman,
    walked: Sequence[Operation],
) -> None:
    """Write back what each field held; where it was written several times, what it held before the first."""
    values: dict[str, Value] = {}
    on_the_way = _on_the_way(walked, side, item)
    updates = [(one.operation.step, one.after) for one in mine if isinstance(one.operation.step, UpdateItem)]
    first = {name: value for step, _ in updates for name, value in step.before.items()}
    specs = {spec.id: spec for spec in mapping.shape(side).fields.get(item.type, ())}
    # What holds its first value is as it was; a value that is not ours ends the way back for its field.
    kept = {name for name, value in first.items() if item.fields.get(name) == value}
    for step, after in updates:
        for name in step.changed.keys() - kept:
            now = values[name] if name in values else on_the_way.get(name, item.fields.get(name))
            if now == after.get(name, step.changed[name]):
                values[name] = step.before.get(name)
                continue
            kept.add(name)
            label = specs[name].name if name in specs else name
            drawing.note("not undone", side, field=label, before=first[name], after=now, reason=_CHANGED)
    changed = {name: value for name, value in values.items() if value != item.fields.get(name)}
    for name, value in list(changed.items()):
        why = item.computed.get(name) or _refusal(specs.get(name), value)
        if why:
            del changed[name]
            drawing.note("not undone", side, field=name, before=value, after=item.fields.get(name), reason=why)
    if changed:
        before = {name: on_the_way.get(name, item.fields.get(name)) for name in changed}
        drawing.add(side, UpdateItem(changed, before))


def _on_the_way(walked: Sequence[Operation], side: Side, item: Item) -> dict[str, Value]:
    """What stood in fields that an earlier try has left half-way, by their names."""
    found: dict[str, Value] = {}
    for one in reversed(walked):
        if one.side is side and isinstance(one.step, UpdateItem):
            ways = {name: steps for name, steps in one.step.via.items() if item.fields.get(name) in steps}
            found |= {name: one.step.before[name] for name in ways if name in one.step.before}
    return found


def _refusal(spec: FieldSpec | None, value: Value) -> str:
    if spec is None:
        return "the app does not have this field any more"
    if spec.read_only or spec.create_only:
        return "it cannot be written there any more"
    return "it may not be empty there" if spec.required and value in _EMPTY else ""


def _comments(
    pair: Pair, mine: Sequence[Carried], side: Side, item: Item, mapping: Mapping, drawing: Draughtsman
) -> None:
    """Give edited comments back what they said, and remove those that the run posted."""
    format_ = mapping.shape(side).text_format
    bodies = {one.id: one.body for one in item.comments}
    shown = {one.id: one.body[:200] for one in item.comments if not one.private}
    twins = {one.id: one.on(side) or "" for one in pair.comments}
    edits: dict[str, EditComment] = {}
    for one in mine:
        step = one.operation.step
        if isinstance(step, EditComment):
            target, posted = step.target, step.body
        elif isinstance(step, AddComment):
            target, posted = twins.get(step.draft.marker, ""), step.draft.body
        else:
            continue
        now = bodies.get(target)
        if now is None or (isinstance(step, EditComment) and now == step.before):
            continue
        if not same_meaning(posted, format_, now, format_):
            del bodies[target]
            drawing.note("not undone", side, after=shown.get(target), reason=f"the comment: {_CHANGED}")
        elif isinstance(step, AddComment):
            edits.pop(target, None)
            _remove_comment(step.draft.marker, target, side, mapping, drawing)
        elif step.before is None:
            reason = "what the comment said before is not on record"
            drawing.note("not undone", side, after=shown.get(target), reason=reason)
        else:
            edits[target] = EditComment(
                step.comment_pair, target, step.before, "", edits[target].before if target in edits else now
            )
            bodies[target] = step.before
    for edit in edits.values():
        drawing.add(side, edit)


def _remove_comment(marker: str, target: str, side: Side, mapping: Mapping, drawing: Draughtsman) -> None:
    if mapping.shape(side).deletes_comments:
        drawing.add(side, DeleteComment(marker, target))
        return
    drawing.note("not undone", side, reason=f"{mapping.shape(side).name} lets nobody remove a comment; it stays")


def _files(pair: Pair, mine: Sequence[Carried], side: Side, item: Item, mapping: Mapping, drawing: Draughtsman) -> None:
    """Remove the files that the run attached."""
    there = {one.id: one for one in item.attachments}
    twins = {one.id: one.on(side) or "" for one in pair.attachments}
    for one in mine:
        step = one.operation.step
        if not isinstance(step, AddFile) or (target := twins.get(step.marker, "")) not in there:
            continue
        if mapping.shape(side).deletes_attachments:
            drawing.add(side, DeleteFile(step.marker, target, step.name))
        else:
            name = mapping.shape(side).name
            drawing.note("not undone", side, field=step.name, reason=f"{name} lets nobody remove a file; it stays")


def _for_good(mine: Sequence[Carried], side: Side, drawing: Draughtsman) -> None:
    """Name what cannot be taken back."""
    for one in mine:
        step = one.operation.step
        if isinstance(step, DeleteComment):
            drawing.note("not undone", side, reason="a comment that was removed does not come back")
        if isinstance(step, DeleteFile):
            drawing.note("not undone", side, field=step.name, reason="a file that was removed does not come back")


def after_cut_off(pair: Pair, lost: Sequence[Operation], items: Dict[Side, Item | None]) -> Pair:
    """The pair after an undo whose outcome is unknown: what it wrote, or was about to, is nobody's edit.

    A value that is neither what it wrote nor what it found was typed by a person, and travels as ever.
    """
    for one in lost:
        item, side, step = items.get(one.side), one.side, one.step
        if not one.undoes or item is None:
            continue
        if isinstance(step, UpdateItem):
            pair = _believed(pair, side, item, step)
        elif isinstance(step, AddLink | RemoveLink):
            pair = believed_links(pair, one, item)
        elif isinstance(step, EditComment):
            pair = replace(
                pair,
                comments=tuple(
                    each.seen_on(side, step.target, "") if each.id == step.comment_pair else each
                    for each in pair.comments
                ),
            )
        elif isinstance(step, DeleteComment) and all(each.id != step.target for each in item.comments):
            pair = replace(
                pair,
                comments=tuple(each.without(side) if each.id == step.comment_pair else each for each in pair.comments),
            )
        elif isinstance(step, DeleteFile) and all(each.id != step.target for each in item.attachments):
            pair = replace(
                pair,
                attachments=tuple(
                    each.without(side) if each.id == step.attachment_pair else each for each in pair.attachments
                ),
            )
    return pair


def _believed(pair: Pair, side: Side, item: Item, step: UpdateItem) -> Pair:
    seen = pair.on(side)
    here = {name: item.fields.get(name) for name in step.changed}
    ours = {
        name: now
        for name, now in here.items()
        if now in (step.changed[name], step.before.get(name), *step.via.get(name, ()))
    }
    return (
        pair.with_side(side, replace(seen, snapshot={**seen.snapshot, **ours})) if seen.snapshot is not None else pair
    )
