"""How an undo takes back the links and parents that a run changed; it must not know fields, comments or files.

Only the side that the run wrote is written. What is unlike after it is remembered as left apart, so that the next pass
neither repeats what was undone nor takes it for an edit.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import replace

from server.domain.item import APART, PARENT, Item, Link, Side
from server.domain.operation import AddLink, Carried, Operation, RemoveLink
from server.domain.pair import Pair
from server.engine.links import has_link
from server.engine.mapping import Mapping
from server.engine.plan import Draughtsman

_CHANGED = "it was changed since"


def take_back_links(
    pair: Pair,
    mine: Sequence[Carried],
    side: Side,
    items: Dict[Side, Item | None],
    mapping: Mapping,
    drawing: Draughtsman,
) -> Pair:
    """Plan the way back for what ``mine``, the newest first, did to a side's links; the pair as it will be then."""
    item, other = items.get(side), items.get(side.other)
    if item is None:
        return pair
    steps = [one.operation.step for one in mine if isinstance(one.operation.step, AddLink | RemoveLink)]
    links = set(pair.on(side).links)
    relations = dict.fromkeys(one.link for one in steps if one.link.kind != PARENT)
    for link in relations:
        several = [one for one in steps if one.link == link]
        if _relation(several, side, item, mapping, drawing):
            wanted, mark = isinstance(several[-1], RemoveLink), Link(APART, link.target)
            alike = other is not None and has_link(other, several[0].source) is wanted
            (links.add if wanted else links.discard)(link)
            (links.discard if alike else links.add)(mark)
    parents = [one for one in steps if one.link.kind == PARENT]
    if parents:
        _parent(parents, side, item, mapping, drawing, links)
    return pair.with_side(side, replace(pair.on(side), links=frozenset(links)))


def _relation(
    steps: Sequence[AddLink | RemoveLink],
    side: Side,
    item: Item,
    mapping: Mapping,
    drawing: Draughtsman,
) -> bool:
    """One relation: it was there before the first step, or it was not; the last one says what is ours.

    Whether a step back is planned.
    """
    last, first = steps[0], steps[-1]
    there, wanted = has_link(item, last.link), isinstance(first, RemoveLink)
    if there is wanted:
        return False
    if there is not isinstance(last, AddLink):
        drawing.note("not undone", side, field=last.link.kind, after=last.link.target, reason=_CHANGED)
        return False
    if not _may(last.link, side, mapping, drawing):
        return False
    drawing.add(side, AddLink(last.source, last.link) if wanted else RemoveLink(last.source, last.link))
    return True


def _parent(
    steps: Sequence[AddLink | RemoveLink],
    side: Side,
    item: Item,
    mapping: Mapping,
    drawing: Draughtsman,
    links: set[Link],
) -> None:
    """The parent: what it was before the first step returns where it still is what the last one made it."""
    last, first = steps[0], steps[-1]
    ours = last.link if isinstance(last, AddLink) else None
    wanted = first.replaced if isinstance(first, AddLink) else first.link
    now = Link(PARENT, item.parent) if item.parent is not None else None
    if now == wanted:
        return
    if now != ours:
        drawing.note("not undone", side, field=PARENT, after=item.parent, reason=_CHANGED)
        return
    if not _may(last.link, side, mapping, drawing):
        return
    if wanted is not None:
        drawing.add(side, AddLink(last.source, wanted, now))
    elif now is not None:
        drawing.add(side, RemoveLink(last.source, now))
    links.difference_update([one for one in links if one.kind == PARENT])
    links.update([Link(APART, ""), *([wanted] if wanted is not None else [])])


def _may(link: Link, side: Side, mapping: Mapping, drawing: Draughtsman) -> bool:
    """Whether the app lets links of this kind be changed; it is on record where it does not."""
    shape = mapping.shape(side)
    if link.kind in shape.link_kinds:
        return True
    why = f"{shape.name} lets nobody change a link of this kind; it stays"
    drawing.note("not undone", side, field=link.kind, after=link.target, reason=why)
    return False


def believed_links(pair: Pair, one: Operation, item: Item) -> Pair:
    """The pair after a step of an undo whose outcome is unknown: what the item has now is nobody's edit.

    A parent that is neither what the step made it nor what it found was chosen by a person, and travels as ever.
    """
    side, step = one.side, one.step
    if not isinstance(step, AddLink | RemoveLink):
        return pair
    links = set(pair.on(side).links)
    if step.link.kind != PARENT:
        (links.add if has_link(item, step.link) else links.discard)(step.link)
    else:
        found = step.replaced if isinstance(step, AddLink) else step.link
        made = step.link if isinstance(step, AddLink) else None
        now = Link(PARENT, item.parent) if item.parent is not None else None
        if now in (found, made):
            links = {each for each in links if each.kind != PARENT} | ({now} if now is not None else set())
    return pair.with_side(side, replace(pair.on(side), links=frozenset(links)))
