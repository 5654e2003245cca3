"""Which comments and files are copies that a Lockstep made, ours or another, and of what; it must not plan anything.

A correlation id says it for certain where the app holds one. Elsewhere it is told by who put it there (our account, or
the one that made the twin) and by the line that names the first author: a person's own words are never a copy for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.domain.item import Attachment, Comment, Item, Side
from server.domain.lineage import Maker, lineage, marker, original
from server.engine.file_names import name_there
from server.engine.mapping import Mapping
from server.engine.richtext import Converted, attributed, convert, names_its_author, same_meaning
from server.engine.texts import Texts

_NOBODY = Maker(0, 0)


def is_copy(comment: Comment, item: Item, side: Side, mapping: Mapping) -> bool:
    """Whether a Lockstep has carried the comment here: then it names its first author already."""
    if lineage(comment.marker) is not None:
        return names_its_author(comment.body, mapping.shape(side).text_format)
    return by_lockstep(comment, item) and names_its_author(comment.body, mapping.shape(side).text_format)


def by_lockstep(what: Comment | Attachment, item: Item) -> bool:
    """Whether our account put it there, or the account of a Lockstep that made the item as a twin."""
    made = lineage(item.marker) is not None and bool(item.author_name)
    return what.own or (made and what.author_name == item.author_name)


def rendered(
    comment: Comment, item: Item | None, side: Side, mapping: Mapping, texts: Texts | None = None, there: str = ""
) -> str:
    """The body of the twin of ``comment`` (which is on ``side``), with its first author and time on top, once.

    ``texts``: what is known of what it names; ``there``: what the twin says now.
    """
    return carried(comment, item, side, mapping, texts, there).body


def carried(
    comment: Comment, item: Item | None, side: Side, mapping: Mapping, texts: Texts | None = None, there: str = ""
) -> Converted:
    """The same, with what of the comment does not come along."""
    source, target = mapping.shape(side).text_format, mapping.shape(side.other).text_format
    crossing = (texts or Texts(mapping)).towards(side.other, target, there)
    done = convert(comment.body, source, target, crossing)
    if item is not None and is_copy(comment, item, side, mapping):
        return done
    body = attributed(done.body, target, comment.author_name, comment.created_at, crossing)
    return replace(done, body=body)


def roots(comment: Comment, side: Side, mapping: Mapping) -> frozenset[int]:
    """The numbers of the original that the comment may be of: itself, or what its correlation id names."""
    place, said = mapping.shape(side).place, lineage(comment.marker)
    carried = {said.root} if said is not None and said.maker is not None else set()
    return frozenset(carried | ({original(place, "comment", comment.id)} if place else set()))


def fresh_id(comment: Comment, side: Side, mapping: Mapping, pair: str, chance: str) -> str:
    """The correlation id of a new twin of ``comment``, which names the first original; ``pair`` is that of its item."""
    said, place = lineage(comment.marker), mapping.shape(side).place
    maker = lineage(pair)
    by = maker.maker if maker is not None and maker.maker is not None else _NOBODY
    if said is not None and said.maker is not None:
        return marker(said.root, by, chance)
    return marker(original(place, "comment", comment.id), by, chance) if place else chance


def same(mine: Comment, item: Item, theirs: Comment, other: Item, side: Side, mapping: Mapping) -> bool:
    """Whether one of two comments is a copy of the other, or both are of a third. ``mine`` is on ``side``."""
    if roots(mine, side, mapping) & roots(theirs, side.other, mapping):
        return True
    here, there = mapping.shape(side).text_format, mapping.shape(side.other).text_format
    mine_copied, theirs_copied = by_lockstep(mine, item), by_lockstep(theirs, other)
    if theirs_copied and same_meaning(rendered(mine, item, side, mapping), there, theirs.body, there):
        return True
    return mine_copied and same_meaning(rendered(theirs, other, side.other, mapping), here, mine.body, here)


def counterpart(
    mine: Comment, item: Item, other: Item | None, taken: Iterable[str], side: Side, mapping: Mapping
) -> Comment | None:
    """The comment on the other side that is one with ``mine``, of those that are nobody's yet."""
    if other is None:
        return None
    known = set(taken)
    strangers = (one for one in other.comments if one.id not in known)
    return next((one for one in strangers if same(mine, item, one, other, side, mapping)), None)


def file_counterpart(
    mine: Attachment, item: Item, other: Item | None, taken: Iterable[str], side: Side, mapping: Mapping
) -> Attachment | None:
    """The file on the other side that is one with ``mine``: of the same name and size, and a Lockstep put one there."""
    if other is None:
        return None
    known = set(taken)
    for one in other.attachments:
        if one.id in known or one.size != mine.size:
            continue
        ours = by_lockstep(one, other) and one.name in _names(mine, item, side.other, mapping)
        if ours or (by_lockstep(mine, item) and mine.name in _names(one, other, side, mapping)):
            return one
    return None


def _names(file: Attachment, item: Item, target: Side, mapping: Mapping) -> tuple[str, str]:
    """What the copy on ``target`` of a file of ``item`` may be called."""
    there = mapping.shape(target)
    return file.name, name_there(file, item.attachments, there.file_names, by_name=bool(there.syntax.pictures))[0]
