"""Which relations and parents the twin gets or loses; it must not know how other items are found or written.

Both items are compared with what was last seen of each, a relation at a time and in that side's own terms. A relation
has a counterpart only if its kind is mapped and the item that it leads to has a twin. An item has one parent at most:
parents are merged as a field is.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from server.domain.item import APART, CARRIED, MARKS, PARENT, Item, Link, Side
from server.domain.mapping import Direction
from server.domain.operation import AddLink, Conflict, Operation, RemoveLink
from server.domain.pair import Pair
from server.domain.rules import LinkRules
from server.domain.syntax import Counterpart
from server.engine.mapping import Mapping
from server.engine.plan import Draughtsman, Wait

Links = frozenset[Link]
_NONE: Links = frozenset()
STAYS = "it leads to an item that stays where it is"
"""All that is told of a link to a restricted item; not even its number."""


@dataclass(frozen=True, slots=True)
class Relatives:
    """What is known of the items that links lead to, by side and id.

    ``twins``: the twin of an item that has one. ``waiting``: items that belong to the integration and have no twin yet.
    All others are outside; ``outside`` says why, where that was found out. ``named``: the twins of items that texts
    name.
    """

    twins: Dict[Side, Dict[str, str]] = field(default_factory=dict)
    waiting: Dict[Side, frozenset[str]] = field(default_factory=dict)
    outside: Dict[Side, Dict[str, str]] = field(default_factory=dict)
    named: Dict[Side, Dict[str, Counterpart]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Missing:
    """A link that has no counterpart. ``waits``: it will have one when the item that it leads to has a twin."""

    reason: str
    waits: bool = False


@dataclass(slots=True)
class LinkPlan:
    """What the merge came to; lives only within one call of reconcile. ``after``: what each side will hold."""

    now: dict[Side, Links]
    before: dict[Side, Links]
    after: dict[Side, set[Link]]
    waits: list[Wait] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def seen(self, side: Side) -> Links:
        """The links of a side as they are to be remembered."""
        return frozenset(self.after[side])


def travel(rules: LinkRules) -> bool:
    """Whether any link does."""
    return rules.direction is not None or rules.parents is not None


def held(item: Item, rules: LinkRules) -> Links:
    """The links of an item that the rules look at, its parent among them."""
    parent = (Link(PARENT, item.parent),) if item.parent is not None else ()
    return _looked_at((*item.links, *parent), rules)


def has_link(item: Item, link: Link) -> bool:
    """Whether the item has the link, or (of the kind ``PARENT``) the parent."""
    return item.parent == link.target if link.kind == PARENT else link in item.links


def links_unchanged(pair: Pair, side: Side, item: Item, rules: LinkRules) -> bool:
    """Whether the item's links are what was last seen of them."""
    return held(item, rules) == _looked_at(pair.on(side).links, rules)


def targets(pair: Pair | None, side: Side, item: Item | None, rules: LinkRules) -> tuple[set[str], set[str]]:
    """The items that links lead to, now or when last seen, and those of them that were not seen before."""
    now = held(item, rules) if item is not None else _NONE
    before = _looked_at(pair.on(side).links, rules) if pair is not None else _NONE
    kinds = _kinds(rules, side)
    wanted = {one.target for one in now | before if one.kind in kinds}
    return wanted, {one.target for one in now - before if one.kind in kinds}


def plan_links(
    pair: Pair, left: Item | None, right: Item | None, mapping: Mapping, drawing: Draughtsman, relatives: Relatives
) -> LinkPlan:
    """Account for every link of both items; the same shape as ``plan_comments``.

    A link whose other end has no twin yet is not remembered, so that it is looked at again; what waits is in ``waits``.
    """
    rules = mapping.document.links
    items = {Side.LEFT: left, Side.RIGHT: right}
    now = {side: held(item, rules) if (item := items[side]) is not None else _NONE for side in Side}
    before = _before(pair, now, drawing.lost)
    plan = LinkPlan(now, before, {side: set(now[side]) for side in Side})
    if not travel(rules):
        plan.after = {side: set(pair.on(side).links) for side in Side}
        return plan
    merge = _Merge(plan, mapping, drawing, relatives, left is None or right is None)
    for side in Side:
        for link in sorted(now[side] | before[side], key=lambda one: (one.kind, one.target)):
            if link.kind != PARENT and link.kind not in MARKS:
                merge.relation(side, link)
    if rules.parents is not None:
        later = left is not None and right is not None and right.updated_at > left.updated_at
        merge.parent(rules.parents, Side.RIGHT if later else Side.LEFT)
    return plan


def _before(pair: Pair, now: Dict[Side, Links], lost: Iterable[Operation]) -> dict[Side, Links]:
    """The links as last seen, and with them those of which a death or a lost answer kept us from seeing the outcome.

    A link of ours that is there was on both sides: where it was taken away from since, a person did that.
    """
    before = {side: pair.on(side).links for side in Side}
    for one in lost:
        step = one.step
        if one.undoes or not isinstance(step, AddLink | RemoveLink) or step.link not in now[one.side]:
            continue
        for side, link in ((one.side, step.link), (one.side.other, step.source)):
            others = (each for each in before[side] if link.kind != PARENT or each.kind != PARENT)
            before[side] = frozenset((*others, link))
    return before


@dataclass(slots=True)
class _Merge:
    plan: LinkPlan
    mapping: Mapping
    drawing: Draughtsman
    relatives: Relatives
    creating: bool

    def relation(self, side: Side, link: Link) -> None:
        """One relation that ``side`` holds, or held when last seen."""
        now, after = self.plan.now, self.plan.after
        direction = self.mapping.document.links.direction
        if direction is None or link not in now[side]:
            return  # what is here no more is found from the other side, where its counterpart still is
        other = side.other
        image = self._across(side, link)
        if isinstance(image, _Missing):
            if direction.allows(other):
                self._keep(side, link, image)
        elif image in now[other]:
            return
        elif marks := self._apart(side, link.target, image.target):
            self._leave_apart(side, link, marks)
        elif self._was_on_both(side, link, image):
            if direction.allows(side):
                self.drawing.add(side, RemoveLink(image, link))
                after[side].discard(link)
            else:
                after[other].add(image)  # it stays taken away there, and is not made anew
        elif direction.allows(other):
            self.drawing.add(other, AddLink(link, image))
            after[other].add(image)

    def _was_on_both(self, side: Side, link: Link, image: Link) -> bool:
        """Whether both sides had the link: by what was seen from here, or as it was carried from its other end.

        What an app calls a link at its other end is not known: it is the only one there that was not seen before.
        """
        now, before = self.plan.now[side], self.plan.before
        if link in before[side] and image in before[side.other]:
            return True
        marks = ((side, Link(CARRIED, link.target)), (side.other, Link(CARRIED, image.target)))
        news = [one for one in now - before[side] if one.target == link.target and one.kind != PARENT]
        return news == [link] and all(mark in before[where] for where, mark in marks)

    def parent(self, direction: Direction, later: Side) -> None:
        """The parents of both items; ``later`` is the side that wins where both were changed."""
        now = {side: _parent(self.plan.now[side]) for side in Side}
        before = {side: _parent(self.plan.before[side]) for side in Side}
        images = {side: self._across(side, one) if (one := now[side]) is not None else None for side in Side}
        changed = {side: now[side] != before[side] for side in Side}
        marks = self._apart(Side.LEFT, "", "")
        if marks and not any(changed.values()) and images[Side.LEFT] != now[Side.RIGHT]:
            for side, mark in marks:
                self.plan.after[side].add(mark)
            return
        missing = [side for side in Side if isinstance(images[side], _Missing)]
        if missing:
            for side in missing:
                self._parent_without_counterpart(side, direction, now, before, changed)
            return
        if images[Side.LEFT] == now[Side.RIGHT]:
            return
        source = self._parent_source(direction, later, now, before, changed)
        if source is None:
            self._keep_what_may_not_travel(direction, now, before, changed)
            return
        one, image, there, gone = now[source], images[source], now[source.other], before[source]
        if one is not None and isinstance(image, Link):
            self._drop_parent(source.other)
            self.drawing.add(source.other, AddLink(one, image, there))
            self.plan.after[source.other].add(image)
        elif there is not None and gone is not None:
            self._drop_parent(source.other)
            self.drawing.add(source.other, RemoveLink(gone, there))

    def _parent_source(
        self,
        direction: Direction,
        later: Side,
        now: Dict[Side, Link | None],
        before: Dict[Side, Link | None],
        changed: Dict[Side, bool],
    ) -> Side | None:
        """The side whose parent travels; None: neither does."""
        if all(changed.values()):
            allowed = [side for side in Side if direction.allows(side.other)]
            winner, reason = later, "both sides changed it; the item that was changed last wins"
            if len(allowed) == 1:
                winner, reason = allowed[0], "parents go this way only"
            left, right = (one.target if (one := now[side]) is not None else None for side in Side)
            self.plan.conflicts.append(Conflict(PARENT, PARENT, left, right, winner.value, reason))
            return winner
        source = next((side for side in Side if changed[side]), None)
        if source is not None and now[source] is None and (old := before[source]) is not None:
            # Only the parent that was taken away is taken away; another one, chosen over there, counts as new here.
            there = now[source.other]
            same = there is not None and self._across(source.other, there) == old
            source = source if same else source.other
        if source is None:
            # Nothing changed, and one has a parent that the other lacks: its twin has come into being since.
            has_one = [side for side in Side if now[side] is not None]
            source = has_one[0] if len(has_one) == 1 else None
        return source if source is not None and direction.allows(source.other) else None

    def _keep_what_may_not_travel(
        self,
        direction: Direction,
        now: Dict[Side, Link | None],
        before: Dict[Side, Link | None],
        changed: Dict[Side, bool],
    ) -> None:
        """A parent that was taken away where that does not travel is remembered, so that it is not set anew."""
        for side in Side:
            old = before[side]
            if changed[side] and now[side] is None and old is not None and not direction.allows(side.other):
                self.plan.after[side].add(old)

    def _parent_without_counterpart(
        self,
        side: Side,
        direction: Direction,
        now: Dict[Side, Link | None],
        before: Dict[Side, Link | None],
        changed: Dict[Side, bool],
    ) -> None:
        """The parent on ``side`` stays where it is; a twin that followed the earlier one loses that."""
        link, old, there = now[side], before[side], now[side.other]
        image = self._across(side, link) if link is not None else None
        if link is None or not isinstance(image, _Missing) or not direction.allows(side.other):
            return
        self._keep(side, link, image)
        if changed[side] and not changed[side.other] and old is not None and there == self._across(side, old):
            self.drawing.add(side.other, RemoveLink(old, there))
            self._drop_parent(side.other)

    def _apart(self, side: Side, target: str, image: str) -> list[tuple[Side, Link]]:
        """What says that an undo left the links to these two items unlike; of which side it is remembered."""
        marks = ((side, Link(APART, target)), (side.other, Link(APART, image)))
        return [(where, mark) for where, mark in marks if mark in self.plan.before[where]]

    def _leave_apart(self, side: Side, link: Link, marks: list[tuple[Side, Link]]) -> None:
        for where, mark in marks:
            self.plan.after[where].add(mark)
        if link not in self.plan.before[side]:
            self.drawing.note(
                f"link “{link.kind}” not carried over",
                side.other,
                after=link.target,
                reason="links between these two stay as they are since a run was undone, until both sides are alike",
            )

    def _drop_parent(self, side: Side) -> None:
        self.plan.after[side] = {one for one in self.plan.after[side] if one.kind != PARENT}

    def _keep(self, side: Side, link: Link, image: _Missing) -> None:
        """A link that has no counterpart stays where it is: it waits, or is on record once."""
        what = "parent" if link.kind == PARENT else f"link “{link.kind}”"
        if image.waits:
            self.plan.after[side].discard(link)
            reason = f"Its {what} leads to {image.reason}; it is made as soon as there is one."
            self.plan.waits.append(Wait(side, link.target, reason))
            if self.creating:
                self.drawing.note(f"{what} not carried over yet", side.other, after=link.target, reason=reason)
        elif link not in self.plan.before[side]:
            target = None if image.reason == STAYS else link.target
            self.drawing.note(f"{what} not carried over", side.other, after=target, reason=image.reason)

    def _across(self, side: Side, link: Link) -> Link | _Missing:
        """The same link in the terms of the other side."""
        kind = _kinds(self.mapping.document.links, side).get(link.kind)
        if kind is None:
            return _Missing("its kind has no counterpart in the integration")
        twin = self.relatives.twins.get(side, {}).get(link.target)
        if twin is not None:
            return Link(kind, twin)
        name = self.mapping.shape(side).name
        if link.target in self.relatives.waiting.get(side, ()):
            return _Missing(f"{link.target} of {name}, which has no twin yet", waits=True)
        why = self.relatives.outside.get(side, {}).get(link.target)
        return _Missing(why or f"{link.target} of {name} has no twin in the integration")


def _kinds(rules: LinkRules, side: Side) -> Dict[str, str]:
    """The kinds of a side and their counterparts. Of rows that name the same kind the first counts, for both ways."""
    found: dict[str, str] = {PARENT: PARENT} if rules.parents is not None else {}
    for row in rules.kinds if rules.direction is not None else ():
        if row.left not in found and row.right not in found.values():
            found[row.left] = row.right
    return found if side is Side.LEFT else {right: left for left, right in found.items()}


def _looked_at(links: Iterable[Link], rules: LinkRules) -> Links:
    rule = {PARENT: rules.parents} | dict.fromkeys(MARKS)
    return frozenset(one for one in links if rule.get(one.kind, rules.direction) is not None)


def _parent(links: Links) -> Link | None:
    return min((one for one in links if one.kind == PARENT), key=lambda one: one.target, default=None)
