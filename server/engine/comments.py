"""Which comments need a twin, an edit, or only a note; it must not know fields, and never makes private public.

A comment whose post was cut off is recognised by its correlation id where the app can hold one, else by being
ours, without a pair, and saying what we would have said.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import replace

from server.domain.item import Comment, CommentDraft, Item, Side
from server.domain.operation import AddComment, DeleteComment, EditComment
from server.domain.pair import CommentPair, Pair
from server.domain.rules import CommentRules, PrivateComments
from server.domain.values import TextFormat
from server.engine.copies import by_lockstep, carried, counterpart, fresh_id, is_copy, rendered, roots
from server.engine.mapping import Mapping
from server.engine.plan import Draughtsman, comment_ids
from server.engine.richtext import Converted, fingerprint, same_meaning

_PRIVATE = "it is private"
"""How each reason begins that holds only as long as a comment is private."""


def plan_comments(
    pair: Pair, left: Item | None, right: Item | None, mapping: Mapping, drawing: Draughtsman
) -> tuple[CommentPair, ...]:
    """Account for every comment of both items.

    Appends operations and notes to ``drawing`` and returns all comment pairs as they will be once those
    operations have been carried out (the new twin's id aside).
    """
    rules = mapping.document.comments
    pairs = {one.id: one for one in pair.comments}
    if rules.direction is None:
        return pair.comments
    items = {Side.LEFT: left, Side.RIGHT: right}
    for side in Side:
        adopted = _adopt_lost(pairs, side, items[side], items[side.other], mapping, drawing)
        _take_back_public(pairs, adopted, side, items, mapping, drawing)
    for side in Side:
        item = items[side]
        if item is None:
            continue
        known = comment_ids(tuple(pairs.values()), side)
        for comment in sorted(item.comments, key=lambda one: (one.created_at, one.id)):
            old = known.get(comment.id)
            if old is not None:
                done = _look_again(old, comment, item, side, items[side.other], mapping, drawing)
            elif (found := _joined(comment, item, items[side.other], pairs, side, mapping, drawing)) is not None:
                done = found
            elif _is_second_copy(comment, side, items, pairs, mapping):
                done = _told_twice(comment, side, mapping, drawing)
            elif rules.direction.allows(side.other):
                done = _first_sight(comment, item, side, mapping, drawing)
            else:
                continue
            pairs[done.id] = done
        _look_for_deleted(pairs, item, items[side.other], side, mapping, drawing)
    return tuple(pairs.values())


def _adopt_lost(
    pairs: dict[str, CommentPair],
    side: Side,
    item: Item | None,
    origin: Item | None,
    mapping: Mapping,
    drawing: Draughtsman,
) -> set[str]:
    """Find twins on ``side`` whose post was sent but never confirmed; the ids of their pairs."""
    open_ = [one for one in pairs.values() if one.on(side) is None and not one.note]
    found: set[str] = set()
    if item is None or not open_:
        return found
    known = comment_ids(tuple(pairs.values()), side)
    strangers = [one for one in item.comments if one.id not in known]
    originals = {one.id: one for one in origin.comments} if origin else {}
    sent = {one.step.draft.marker: one.step.draft.body for one in drawing.lost if isinstance(one.step, AddComment)}
    format_ = mapping.shape(side).text_format
    for waiting in open_:
        original = originals.get(waiting.on(side.other) or "")
        wanted = [sent[waiting.id]] if waiting.id in sent else []
        wanted += [rendered(original, origin, side.other, mapping, drawing.texts)] if original else []
        twin = next((one for one in strangers if _is_twin(one, waiting, wanted, format_)), None)
        if twin is not None:
            pairs[waiting.id] = waiting.seen_on(side, twin.id, fingerprint(twin.body, format_))
            strangers.remove(twin)
            found.add(waiting.id)
    return found


def _take_back_public(
    pairs: Dict[str, CommentPair],
    found: set[str],
    side: Side,
    items: Dict[Side, Item | None],
    mapping: Mapping,
    drawing: Draughtsman,
) -> None:
    """Of comments that were sent as private, remove those that are public there.

    Who posted them would have seen that at once, but for a death or a lost answer. ``found``: the pairs of those that
    were found just now; what was to be removed when the process died is planned once more.
    """
    there = {one.id: one for one in item.comments} if (item := items[side]) is not None else {}
    originals = {one.id: one for one in item.comments} if (item := items[side.other]) is not None else {}
    found = found | {one.step.comment_pair for one in drawing.lost if isinstance(one.step, DeleteComment)}
    for one in [pairs[each] for each in found if each in pairs]:
        original, twin = originals.get(one.on(side.other) or ""), there.get(one.on(side) or "")
        if original is None or twin is None or not (one.private and _is_exposed(original, twin, mapping)):
            continue
        name, able = mapping.shape(side).name, mapping.shape(side).deletes_comments
        what = "it is removed" if able else "hide it there by hand"
        drawing.note("private comment is public", side, reason=f"{name} made it public without a word; {what}")
        if able:
            drawing.add(side, DeleteComment(one.id, twin.id))


def _is_exposed(comment: Comment, twin: Comment | None, mapping: Mapping) -> bool:
    """Whether a comment is private and its twin is there for everybody, although nobody said that it may be."""
    publish = mapping.document.comments.private is PrivateComments.PUBLISH
    return comment.private and not publish and twin is not None and not twin.private


def _is_twin(stranger: Comment, waiting: CommentPair, wanted: list[str], format_: TextFormat) -> bool:
    if stranger.marker is not None:
        return stranger.marker == waiting.id
    return stranger.own and any(same_meaning(body, format_, stranger.body, format_) for body in wanted)


def _joined(
    comment: Comment,
    item: Item,
    other: Item | None,
    pairs: Dict[str, CommentPair],
    side: Side,
    mapping: Mapping,
    drawing: Draughtsman,
) -> CommentPair | None:
    """A comment and its copy that is there already, whoever carried it: before a restore, or round a circle."""
    if comment.marker in pairs:
        return None
    theirs = counterpart(comment, item, other, comment_ids(tuple(pairs.values()), side.other), side, mapping)
    if theirs is None or other is None or theirs.marker in pairs:
        return None
    copied = is_copy(comment, item, side, mapping) and not is_copy(theirs, other, side.other, mapping)
    fresh = CommentPair(next(drawing.ids), side.other if copied else side, private=comment.private)
    fresh = fresh.seen_on(side, comment.id, fingerprint(comment.body, mapping.shape(side).text_format))
    return fresh.seen_on(side.other, theirs.id, fingerprint(theirs.body, mapping.shape(side.other).text_format))


def _is_second_copy(
    comment: Comment, side: Side, items: Dict[Side, Item | None], pairs: Dict[str, CommentPair], mapping: Mapping
) -> bool:
    """Whether it is a twin that is there already (a request sent again, a second Lockstep): it must never travel."""
    item = items[side]
    if item is None or not (by_lockstep(comment, item) or comment.marker is not None):
        return False
    if comment.marker is not None:
        mine = roots(comment, side, mapping)
        return comment.marker in pairs or any(mine & one for one in _roots_of_known(items, pairs, mapping))
    twins = {one.on(side) for one in pairs.values() if one.origin is not side}
    format_ = mapping.shape(side).text_format
    return any(
        same_meaning(comment.body, format_, one.body, format_)
        for one in item.comments
        if one.id in twins and one.id != comment.id
    )


def _roots_of_known(
    items: Dict[Side, Item | None], pairs: Dict[str, CommentPair], mapping: Mapping
) -> Iterator[frozenset[int]]:
    """Of which originals the comments are that have a pair."""
    for side, item in items.items():
        known = comment_ids(tuple(pairs.values()), side)
        yield from (roots(one, side, mapping) for one in (item.comments if item is not None else ()) if one.id in known)


def _told_twice(comment: Comment, side: Side, mapping: Mapping, drawing: Draughtsman) -> CommentPair:
    name, format_ = mapping.shape(side).name, mapping.shape(side).text_format
    reason = f"{name} took our comment twice; delete one of the two there"
    drawing.note("comment there twice", side, reason=reason)
    fresh = CommentPair(next(drawing.ids), side, private=comment.private, note=reason)
    return fresh.seen_on(side, comment.id, fingerprint(comment.body, format_))


def _first_sight(comment: Comment, item: Item, side: Side, mapping: Mapping, drawing: Draughtsman) -> CommentPair:
    """A comment nobody has seen yet: plan its twin, or note why it has none."""
    body_hash = fingerprint(comment.body, mapping.shape(side).text_format)
    marker = fresh_id(comment, side, mapping, drawing.pair, next(drawing.ids))
    fresh = CommentPair(marker, side, private=comment.private).seen_on(side, comment.id, body_hash)
    refusal = _refusal(comment, side, mapping)
    if refusal:
        drawing.note("comment not carried over", side.other, reason=refusal)
        return replace(fresh, note=refusal)
    _post(fresh, comment, item, side, mapping, drawing)
    return fresh


def _post(
    one: CommentPair, comment: Comment, item: Item | None, side: Side, mapping: Mapping, drawing: Draughtsman
) -> None:
    private = comment.private and mapping.document.comments.private is not PrivateComments.PUBLISH
    done = carried(comment, item, side, mapping, drawing.texts)
    drawing.add(side.other, AddComment(comment.id, CommentDraft(done.body, private, one.id)))
    _tell_of_lost(done, side.other, drawing)


def _tell_of_lost(done: Converted, target: Side, drawing: Draughtsman) -> None:
    """What of a comment's text does not come along."""
    for lost in done.lost:
        drawing.note("part of a comment left out", target, reason=lost)


def _refusal(comment: Comment, side: Side, mapping: Mapping) -> str:
    rules: CommentRules = mapping.document.comments
    target = mapping.shape(side.other)
    if not comment.private or rules.private is PrivateComments.PUBLISH:
        return ""
    if rules.private is PrivateComments.SKIP:
        return f"{_PRIVATE}, and the integration leaves private comments where they are"
    return "" if target.private_comments else f"{_PRIVATE}, and {target.name} knows no private comments"


def _look_again(
    old: CommentPair,
    comment: Comment,
    item: Item,
    side: Side,
    other: Item | None,
    mapping: Mapping,
    drawing: Draughtsman,
) -> CommentPair:
    """A comment that is known: post what was never posted, carry an edit, note what cannot be carried."""
    body_hash = fingerprint(comment.body, mapping.shape(side).text_format)
    if old.origin is side and old.on(side.other) is None and (not old.note or _may_go_now(old, comment, side, mapping)):
        now = replace(old.seen_on(side, comment.id, body_hash), note="", private=comment.private)
        refusal = _refusal(comment, side, mapping)
        if refusal:
            drawing.note("comment not carried over", side.other, reason=refusal)
            return replace(now, note=refusal)
        _post(now, comment, item, side, mapping, drawing)
        return now
    twin = next((one for one in other.comments if one.id == old.on(side.other)), None) if other else None
    opened = side is old.origin and old.private and not comment.private
    if side is old.origin and comment.private != old.private:
        _tell_of_audience(comment, twin, side, mapping, drawing)
        old = replace(old, private=comment.private)
    if old.hash_on(side) not in ("", body_hash) or (opened and _is_behind(old, comment, item, twin, side, mapping)):
        _edit(old, comment, item, twin, side, body_hash, mapping, drawing)
    return old.seen_on(side, comment.id, body_hash)


def _may_go_now(old: CommentPair, comment: Comment, side: Side, mapping: Mapping) -> bool:
    """Whether a comment that stayed because it was private is for everybody now."""
    direction = mapping.document.comments.direction
    allowed = direction is not None and direction.allows(side.other)
    return allowed and not comment.private and old.note.startswith(_PRIVATE)


def _tell_of_audience(
    comment: Comment, twin: Comment | None, side: Side, mapping: Mapping, drawing: Draughtsman
) -> None:
    """A comment became private, or public again, and its twin does not follow: no app lets us change that."""
    name = mapping.shape(side.other).name
    if twin is not None and comment.private and not twin.private:
        reason = f"its twin on {name} is public already; hide it there by hand"
        drawing.note("comment became private", side, reason=reason)
    elif twin is not None and not comment.private and twin.private:
        drawing.note("comment became public", side, reason=f"its twin on {name} stays private; show it there by hand")


def _is_behind(
    old: CommentPair, comment: Comment, item: Item, twin: Comment | None, side: Side, mapping: Mapping
) -> bool:
    """Whether the twin, which nobody has changed, lacks what was typed while the comment was private."""
    format_ = mapping.shape(side.other).text_format
    if twin is None or fingerprint(twin.body, format_) != old.hash_on(side.other):
        return False
    return not same_meaning(rendered(comment, item, side, mapping), format_, twin.body, format_)


def _edit(
    old: CommentPair,
    comment: Comment,
    item: Item,
    twin: Comment | None,
    side: Side,
    body_hash: str,
    mapping: Mapping,
    drawing: Draughtsman,
) -> None:
    target = old.on(side.other)
    if target is None:
        return
    if old.origin is not side:
        drawing.note("copy of a comment edited", side, reason="the original on the other side stays as it is")
        return
    rules = mapping.document.comments
    allowed = rules.direction is not None and rules.direction.allows(side.other)
    name = mapping.shape(side.other).name
    if _is_exposed(comment, twin, mapping):
        reason = f"{_PRIVATE}, and its twin on {name} is public"
        drawing.note("edit of a comment not carried over", side.other, reason=reason)
        return
    if not rules.edits or not allowed or not mapping.shape(side.other).edits_comments:
        drawing.note("edit of a comment not carried over", side.other, reason=f"{name} keeps the first version")
        return
    there = twin.body if twin else ""
    done = carried(comment, item, side, mapping, drawing.texts, there)
    drawing.add(side.other, EditComment(old.id, target, done.body, body_hash, twin.body if twin else None))
    _tell_of_lost(done, side.other, drawing)


def _look_for_deleted(
    pairs: dict[str, CommentPair],
    item: Item,
    twin: Item | None,
    side: Side,
    mapping: Mapping,
    drawing: Draughtsman,
) -> None:
    """A comment that is gone takes its twin with it, where the integration says so and a person wrote it here."""
    present = {one.id for one in item.comments}
    there = {one.id for one in twin.comments} if twin is not None else set()
    rules = mapping.document.comments
    follows = rules.deletions and rules.direction is not None and rules.direction.allows(side.other)
    for one in list(pairs.values()):
        mine, target = one.on(side), one.on(side.other)
        if mine is None or mine in present or one.note or target is None:
            continue
        if one.private and not mapping.shape(side).private_comments:
            # Nobody can tell whether it is gone, or our account has lost the right to see it.
            reason = (
                f"it was private, and {mapping.shape(side).name} shows our account no such comments; its twin stays"
            )
            drawing.note("comment not shown any more", side, reason=reason)
            pairs[one.id] = replace(one, note=f"not shown any more on the {side} side")
            continue
        if follows and one.origin is side and target in there and mapping.shape(side.other).deletes_comments:
            drawing.add(side.other, DeleteComment(one.id, target))
            continue
        drawing.note("comment deleted", side, reason="its twin stays" if target in there else "its twin is gone, too")
        pairs[one.id] = replace(one, note=f"deleted on the {side} side")
