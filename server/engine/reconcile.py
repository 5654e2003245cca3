"""Both items and what was last seen of them in, a plan out; it must not know how a plan is carried out.

See ``fields`` for the three-way merge, ``comments``, ``attachments`` and ``links`` for what hangs on an item.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import replace

from server.domain.item import Draft, Item, Side
from server.domain.operation import CreateItem, Operation, RestrictItem, UpdateItem
from server.domain.pair import Pair, PairState
from server.domain.values import FieldKind, Value
from server.engine.attachments import plan_attachments
from server.engine.audience import to_restrict
from server.engine.comments import plan_comments
from server.engine.days import alike
from server.engine.displaced import as_it_was, noticed, put_back
from server.engine.fields import draft_fields, merge_fields
from server.engine.links import Relatives, links_unchanged, plan_links
from server.engine.mapping import CompiledType, Mapping
from server.engine.origin import tell_origin
from server.engine.plan import Draughtsman, Plan, attachment_ids, comment_ids, seen, snapshot
from server.engine.richtext import fingerprint
from server.engine.texts import Texts
from server.engine.undo import after_cut_off

_NOTHING: frozenset[str] = frozenset()
_NOBODY = Relatives()
Items = Dict[Side, Item]


def unchanged(type_: CompiledType, pair: Pair, side: Side, item: Item, mapping: Mapping) -> bool:
    """Whether ``item`` is what was last seen of it, so that its twin need not be looked at (an echo, mostly)."""
    if pair.state is not PairState.LINKED or pair.displaced or not _fields_unchanged(type_, pair, side, item):
        return False
    if pair.on(side).restricted != item.restricted:
        return False
    return (
        _comments_unchanged(pair, side, item, mapping)
        and _files_unchanged(pair, side, item, mapping)
        and links_unchanged(pair, side, item, mapping.document.links)
    )


def _fields_unchanged(type_: CompiledType, pair: Pair, side: Side, item: Item) -> bool:
    before, now = pair.on(side).snapshot, snapshot(type_, side, item)
    if before is not None and type_.resting:
        resting = {one.on(side) for one in type_.resting}
        before = {name: value for name, value in before.items() if name not in resting}
    if before == now:
        return True
    if before is None or before.keys() != now.keys():
        return False
    kinds = {one.spec(side).id: one.spec(side).kind for one in type_.fields}
    return all(alike(kinds[name], before[name], value) for name, value in now.items())


def absorb(type_: CompiledType, pair: Pair, side: Side, item: Item, mapping: Mapping) -> Pair:
    """The pair after an unchanged look at one side: its new stamp, and fingerprints of our own comments there."""
    format_ = mapping.shape(side).text_format
    bodies = {one.id: one.body for one in item.comments}
    comments = tuple(
        one.seen_on(side, there, fingerprint(bodies[there], format_))
        if (there := one.on(side)) in bodies and there is not None
        else one
        for one in pair.comments
    )
    return replace(pair.with_side(side, seen(type_, side, item, pair.on(side), _NOTHING)), comments=comments)


def _comments_unchanged(pair: Pair, side: Side, item: Item, mapping: Mapping) -> bool:
    direction = mapping.document.comments.direction
    if direction is None:
        return True
    known = comment_ids(pair.comments, side)
    format_ = mapping.shape(side).text_format
    for comment in item.comments:
        pair_ = known.pop(comment.id, None)
        if pair_ is None:
            if direction.allows(side.other):
                return False
            continue
        if pair_.hash_on(side) not in ("", fingerprint(comment.body, format_)):
            return False
        waits = pair_.on(side.other) is None and not pair_.note
        if waits or (side is pair_.origin and comment.private != pair_.private):
            return False
    return all(gone.note for gone in known.values())


def _files_unchanged(pair: Pair, side: Side, item: Item, mapping: Mapping) -> bool:
    direction = mapping.document.attachments.direction
    if direction is None or not direction.allows(side.other):
        return True
    known = attachment_ids(pair.attachments, side)
    for file in item.attachments:
        twin = known.pop(file.id, None)
        if twin is None or (twin.on(side.other) is None and not twin.note):
            return False
    return all(gone.note for gone in known.values())


def reconcile(
    pair: Pair,
    type_: CompiledType,
    left: Item | None,
    right: Item | None,
    mapping: Mapping,
    ids: Iterator[str],
    lost: tuple[Operation, ...] = (),
    relatives: Relatives = _NOBODY,
) -> Plan:
    """Decide what has to be done to bring both sides of ``pair`` in step.

    One of ``left`` and ``right`` may be None: it is to be created. ``ids`` yields fresh random ids. ``lost`` are
    operations of an earlier pass whose outcome is unknown. ``relatives``: what is known of items that links lead to.
    """
    now: dict[Side, Item | None] = {Side.LEFT: left, Side.RIGHT: right}
    pair = noticed(pair, lost, now, mapping)
    items = as_it_was(pair, now)
    plan = _reconcile(pair, type_, items[Side.LEFT], items[Side.RIGHT], mapping, ids, lost, relatives)
    return put_back(plan, now, ids)


def _reconcile(
    pair: Pair,
    type_: CompiledType,
    left: Item | None,
    right: Item | None,
    mapping: Mapping,
    ids: Iterator[str],
    lost: tuple[Operation, ...],
    relatives: Relatives,
) -> Plan:
    items = {Side.LEFT: left, Side.RIGHT: right}
    texts = Texts(mapping, items, pair.attachments, relatives.named)
    drawing = Draughtsman(pair.id, ids, lost, texts=texts)
    pair = after_cut_off(pair, lost, items)
    if left is None or right is None:
        return _plan_create(pair, type_, left, right, mapping, drawing, relatives)
    # Nothing was ever settled: the twin was created, but the answer was lost. What a person made comes first.
    first = pair.origin if pair.left.snapshot is None and pair.right.snapshot is None else None
    sent = _sent(lost, {Side.LEFT: left, Side.RIGHT: right})
    merged = merge_fields(_worded(type_, texts), pair, left, right, first, sent)
    narrow = to_restrict(mapping, type_, {Side.LEFT: left, Side.RIGHT: right})
    if narrow is not None:
        drawing.add(narrow[0], RestrictItem(narrow[1]))
    for target in (Side.RIGHT, Side.LEFT):
        if merged.writes[target]:
            drawing.add(target, UpdateItem(merged.writes[target], merged.before[target]))
    pair = tell_origin(pair, {Side.LEFT: left, Side.RIGHT: right}, mapping, drawing)
    comments = plan_comments(pair, left, right, mapping, drawing)
    attachments = plan_attachments(pair, left, right, mapping, drawing)
    links = plan_links(pair, left, right, mapping, drawing, relatives)
    held = {side: frozenset(names) for side, names in merged.held.items()}
    after = replace(
        pair,
        state=PairState.LINKED,
        left=replace(seen(type_, Side.LEFT, left, pair.left, held[Side.LEFT]), links=links.seen(Side.LEFT)),
        right=replace(seen(type_, Side.RIGHT, right, pair.right, held[Side.RIGHT]), links=links.seen(Side.RIGHT)),
        title=_title(type_, Side.LEFT, left),
        comments=comments,
        attachments=attachments,
        typed={**pair.typed, **merged.typed},
    )
    notes = (*merged.notes, *drawing.notes)
    conflicts = (*merged.conflicts, *links.conflicts)
    waits = tuple(links.waits)
    return Plan(after, type_, tuple(drawing.operations), notes, conflicts, held, waits=waits, bases=merged.bases)


def _worded(type_: CompiledType, texts: Texts | None) -> CompiledType:
    """The type's fields, with what is known for the texts of one pair."""
    if texts is None:
        return type_
    fields = (replace(one, texts=texts.towards) if one.is_rich else one for one in type_.fields)
    return replace(type_, fields=tuple(fields))


def _sent(lost: tuple[Operation, ...], items: Items) -> dict[Side, dict[str, Value]]:
    """What the writes with an unknown outcome carried; the later ones count. A step on the way was carried, too.

    Not those of an undo: what it put back is to stay on its side (``engine.undo`` believes it).
    """
    sent: dict[Side, dict[str, Value]] = {side: {} for side in Side}
    for one in lost:
        if one.undoes:
            continue
        if isinstance(one.step, CreateItem):
            sent[one.side] |= one.step.draft.fields
        elif isinstance(one.step, UpdateItem):
            sent[one.side] |= one.step.changed
            now = items[one.side].fields
            sent[one.side] |= {name: now[name] for name, steps in one.step.via.items() if now.get(name) in steps}
    return sent


def _plan_create(
    pair: Pair,
    type_: CompiledType,
    left: Item | None,
    right: Item | None,
    mapping: Mapping,
    drawing: Draughtsman,
    relatives: Relatives,
) -> Plan:
    source, origin = (left, Side.LEFT) if left is not None else (right, Side.RIGHT)
    if source is None:
        raise ValueError("a pair without any item cannot be reconciled")
    target = origin.other
    values, notes = draft_fields(_worded(type_, drawing.texts), source, target)
    moved = mapping.document.migration is not None and mapping.shape(target).takes_created_at
    created_at = source.created_at if moved else None
    narrow = to_restrict(mapping, type_, {Side.LEFT: left, Side.RIGHT: right})
    restrict = narrow[1] if narrow is not None else ""
    draft = Draft(mapping.shape(target).container, type_.on(target), values, pair.id, created_at, restrict)
    drawing.add(target, CreateItem(draft))
    pair = tell_origin(pair, {Side.LEFT: left, Side.RIGHT: right}, mapping, drawing)
    comments = plan_comments(pair, left, right, mapping, drawing)
    attachments = plan_attachments(pair, left, right, mapping, drawing)
    links = plan_links(pair, left, right, mapping, drawing, relatives)
    known = replace(seen(type_, origin, source, pair.on(origin), _NOTHING), links=links.seen(origin))
    made = replace(pair.on(target), links=links.seen(target))
    after = replace(
        pair.with_side(origin, known).with_side(target, made),
        state=PairState.RESERVED,
        title=_title(type_, origin, source),
        comments=comments,
        attachments=attachments,
    )
    waits = tuple(links.waits)
    return Plan(after, type_, tuple(drawing.operations), (*notes, *drawing.notes), waits=waits)


def _title(type_: CompiledType, side: Side, item: Item) -> str:
    """What people read in lists: the first mapped short text, else the key."""
    for one in type_.fields:
        spec = one.spec(side)
        if spec.kind is FieldKind.TEXT and isinstance(value := item.fields.get(spec.id), str) and value:
            return value
    return item.key
