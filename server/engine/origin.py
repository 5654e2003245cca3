"""Tells a moved item where it is from and who made it, where the app cannot keep that itself; it must not post it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from server.domain.item import CommentDraft, Item, Side
from server.domain.operation import AddComment
from server.domain.pair import CommentPair, Pair
from server.engine.mapping import Mapping as Compiled
from server.engine.plan import Draughtsman
from server.engine.richtext import fingerprint, notice, same_meaning

_ORIGIN = "where it was moved from"


def tell_origin(pair: Pair, items: Mapping[Side, Item | None], mapping: Compiled, drawing: Draughtsman) -> Pair:
    """In a migration, plan the comment that says who made the item and when; no app takes another's name for that.

    Only for twins that we made (a joined item was there before). A comment that was posted and never confirmed is
    found again.
    """
    if mapping.document.migration is None or pair.reserved_at is None:
        return pair
    (side,) = mapping.sides
    source, target = items[side], items[side.other]
    known = next((one for one in pair.comments if one.note == _ORIGIN), None)
    if source is None or (known is not None and known.on(side.other) is not None):
        return pair
    format_ = mapping.shape(side.other).text_format
    body = notice(_words(source, side, mapping), format_, mapping.shape(side.other).syntax)
    fresh = known or CommentPair(next(drawing.ids), side, private=True, note=_ORIGIN)
    there = next((one for one in (target.comments if target else ()) if one.marker == fresh.id), None)
    if there is None and target is not None:
        said = (one for one in target.comments if one.own and one.marker is None)
        there = next((one for one in said if same_meaning(body, format_, one.body, format_)), None)
    if there is not None:
        fresh = fresh.seen_on(side.other, there.id, fingerprint(there.body, format_))
    else:
        drawing.add(
            side.other, AddComment("", CommentDraft(body, mapping.shape(side.other).private_comments, fresh.id))
        )
    return replace(pair, comments=(fresh, *(one for one in pair.comments if one.id != fresh.id)))


def _words(source: Item, side: Side, mapping: Compiled) -> str:
    made = f"{source.author_name or 'somebody'} made it"
    if source.created_at is not None:
        made += f" on {source.created_at:%Y-%m-%d %H:%M} UTC"
    return f"Moved from {mapping.shape(side).name} {source.key}, where {made}."


def age_of_the_moved(mapping: Compiled) -> str:
    """How old moved items will be where that is not as a person may expect; empty where they keep their age.

    For the dry run of a migration: nothing was made yet, and it is known only as far as the app has shown it.
    """
    if mapping.document.migration is None:
        return ""
    (side,) = mapping.sides
    target = mapping.shape(side.other)
    said = "A comment on each says when its original was made, and by whom."
    if target.keeps_created_at:
        return ""
    if target.takes_created_at and target.keeps_created_at is None:
        return (
            f"Whether {target.name} lets items be as old as their originals is known only once it has made one. {said}"
        )
    return f"On {target.name} the items will be as old as the move, for it does not keep an earlier time. {said}"
