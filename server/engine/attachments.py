"""Which files need a twin, or only a note; it must not read a file's content."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import replace

from server.domain.item import Attachment, Item, Side
from server.domain.operation import AddFile, DeleteFile
from server.domain.pair import AttachmentPair, Pair
from server.domain.rules import PrivateComments
from server.engine.copies import by_lockstep, file_counterpart
from server.engine.file_names import kept_name, name_there
from server.engine.mapping import Mapping
from server.engine.plan import Draughtsman, attachment_ids

OF_A_PRIVATE_COMMENT = "it belongs to a private comment"
"""How the reason begins why a file has no twin that not everybody may see."""


def plan_attachments(
    pair: Pair, left: Item | None, right: Item | None, mapping: Mapping, drawing: Draughtsman
) -> tuple[AttachmentPair, ...]:
    """Account for every file of both items; the same shape as ``plan_comments``."""
    direction = mapping.document.attachments.direction
    pairs = {one.id: one for one in pair.attachments}
    if direction is None:
        return pair.attachments
    items = {Side.LEFT: left, Side.RIGHT: right}
    for side in Side:
        _adopt_lost(pairs, side, items[side], mapping, drawing)
    for side in Side:
        item = items[side]
        if item is None or not direction.allows(side.other):
            continue
        known = attachment_ids(tuple(pairs.values()), side)
        twins = {
            (file.name, file.size)
            for file in item.attachments
            if file.id in known and known[file.id].origin is not side
        }
        taken = {one.name for one in there.attachments} if (there := items[side.other]) is not None else set()
        for file in sorted(item.attachments, key=lambda one: (one.created_at, one.id)):
            old = known.get(file.id)
            if old is None:
                old = _joined(file, item, items[side.other], pairs, side, mapping, drawing)
                old = old or _first_sight(file, item, side, twins, pair.attachments, mapping, drawing)
                pairs[old.id] = old
            if old.origin is side and old.on(side.other) is None and not old.note:
                taken.add(_add(old.id, file, item, side.other, taken, mapping, drawing))
        _look_for_deleted(pairs, item, items[side.other], side, mapping, drawing)
    return tuple(pairs.values())


def _add(
    marker: str, file: Attachment, item: Item, target: Side, taken: set[str], mapping: Mapping, drawing: Draughtsman
) -> str:
    """Plan a file's twin; the name that it gets."""
    there = mapping.shape(target)
    name, why = name_there(file, item.attachments, there.file_names, taken, by_name=bool(there.syntax.pictures))
    drawing.add(target, AddFile(marker, file.id, name, file.content_type, file.size))
    if why:
        drawing.note("file renamed", target, field=file.name, after=name, reason=why)
    return name


def _joined(
    file: Attachment,
    item: Item,
    other: Item | None,
    pairs: Dict[str, AttachmentPair],
    side: Side,
    mapping: Mapping,
    drawing: Draughtsman,
) -> AttachmentPair | None:
    """A file and its copy that is there already, whoever carried it: before a restore, or round a circle."""
    theirs = file_counterpart(file, item, other, attachment_ids(tuple(pairs.values()), side.other), side, mapping)
    if theirs is None or other is None:
        return None
    origin = side.other if by_lockstep(file, item) and not by_lockstep(theirs, other) else side
    fresh = AttachmentPair(next(drawing.ids), origin, name=file.name, size=file.size)
    return fresh.seen_on(side, file.id).seen_on(side.other, theirs.id)


def _adopt_lost(
    pairs: dict[str, AttachmentPair], side: Side, item: Item | None, mapping: Mapping, drawing: Draughtsman
) -> None:
    """Find twins on ``side`` whose upload was sent but never confirmed: ours, unpaired, same name and size."""
    if item is None:
        return
    known = attachment_ids(tuple(pairs.values()), side)
    strangers = [one for one in item.attachments if one.id not in known and one.own]
    sent = {one.step.marker: one.step.name for one in drawing.lost if isinstance(one.step, AddFile)}
    for waiting in [one for one in pairs.values() if one.on(side) is None and not one.note]:
        expected = sent.get(waiting.id) or kept_name(waiting.name, mapping.shape(side).file_names)[0]
        for stranger in strangers:
            if stranger.size == waiting.size and stranger.name in {expected, waiting.name}:
                pairs[waiting.id] = waiting.seen_on(side, stranger.id)
                strangers.remove(stranger)
                break


def _look_for_deleted(
    pairs: dict[str, AttachmentPair],
    item: Item,
    twin: Item | None,
    side: Side,
    mapping: Mapping,
    drawing: Draughtsman,
) -> None:
    """A file that is gone takes its twin with it, where the integration says so and a person put it here."""
    present = {one.id for one in item.attachments}
    there = {one.id for one in twin.attachments} if twin is not None else set()
    follows = mapping.document.attachments.deletions and mapping.shape(side.other).deletes_attachments
    for one in list(pairs.values()):
        mine, target = one.on(side), one.on(side.other)
        if mine is None or mine in present or one.note or target is None:
            continue
        if follows and one.origin is side and target in there:
            drawing.add(side.other, DeleteFile(one.id, target, one.name))
            continue
        reason = "its twin stays" if target in there else "its twin is gone, too"
        drawing.note("file deleted", side, field=one.name, reason=reason)
        pairs[one.id] = replace(one, note=f"deleted on the {side} side")


def _first_sight(
    file: Attachment,
    item: Item,
    side: Side,
    twins: set[tuple[str, int]],
    before: tuple[AttachmentPair, ...],
    mapping: Mapping,
    drawing: Draughtsman,
) -> AttachmentPair:
    """A file nobody has seen yet: a person's, or one of the ``twins`` (name, size) that a proxy sent again.

    It may as well be what an app kept of a file of ours that was too large for it: of one that was sent ``before``.
    """
    fresh = AttachmentPair(next(drawing.ids), side, name=file.name, size=file.size).seen_on(side, file.id)
    if by_lockstep(file, item) and (file.name, file.size) in twins:
        reason = f"{mapping.shape(side).name} took our file twice; delete one of the two there"
        drawing.note("file there twice", side, field=file.name, reason=reason)
        return replace(fresh, note=reason)
    whole = _cut_short(file, item, side, before, mapping)
    if whole is not None:
        reason = (
            f"{mapping.shape(side).name} kept {file.size} of the {whole.size} bytes of our copy; the whole file is on "
            f"{mapping.shape(side.other).name}, and this one can be deleted"
        )
        drawing.note("file cut short", side, field=file.name, reason=reason)
        return replace(fresh, note=reason)
    refusal = _refusal(file, side, mapping)
    if refusal:
        # The name of a private file may say what is private; it stands with the item, for administrators.
        drawing.note("file not carried over", side.other, field="" if file.private else file.name, reason=refusal)
        return replace(fresh, note=refusal)
    return fresh


def _cut_short(
    file: Attachment, item: Item, side: Side, before: tuple[AttachmentPair, ...], mapping: Mapping
) -> AttachmentPair | None:
    """The file of the other side of which this is what an app kept that takes no more: never a file of its own."""
    if not by_lockstep(file, item):
        return None
    for one in before:
        waits = one.origin is not side and one.on(side) is None and not one.note
        called = {one.name, kept_name(one.name, mapping.shape(side).file_names)[0]}
        if waits and file.size < one.size and file.name in called:
            return one
    return None


def _refusal(file: Attachment, side: Side, mapping: Mapping) -> str:
    target = mapping.shape(side.other)
    limit = mapping.document.attachments.max_bytes
    if not target.attachments:
        return f"{target.name} takes no files"
    if file.size > limit:
        return f"it has {file.size} bytes, more than the integration's limit of {limit}"
    if file.private and mapping.document.comments.private is not PrivateComments.PUBLISH:
        return f"{OF_A_PRIVATE_COMMENT}, and on {target.name} it would be public"
    return ""
