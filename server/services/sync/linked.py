"""What became of a pair's links, and whom it concerns besides; it must not decide or write to an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.item import CARRIED, MARKS, PARENT, Item, Link, Side
from server.domain.operation import AddLink, RemoveLink
from server.domain.pair import Pair, PairState
from server.domain.values import FieldKind
from server.engine.links import travel
from server.services.sync.carried import Applied
from server.services.sync.work import Work
from server.store import holds, pairs
from server.store.database import Transaction
from server.store.holds import Hold

_OTHER_END = "An item that it is linked to was linked anew; both ends have to be seen."


@dataclass(frozen=True, slots=True)
class OtherEnd:
    """The item at the other end of a link that was made or taken away. ``linked``: it is there now.

    ``linked_from`` is the item of the same side at its near end, ``twin_from`` that one's twin.
    """

    side: Side
    item_id: str
    linked_from: str
    twin_from: str
    linked: bool


@dataclass(slots=True)
class Concerned:
    """Whom a page concerns besides its own items.

    ``decided``: items of which it is known now whether they have a twin; ``linked``: those that have had one since.
    ``ends``: a relation is seen at both of its ends; one that was looked at before does not know it yet.
    """

    decided: list[tuple[Side, str]] = field(default_factory=list)
    linked: list[tuple[Side, str]] = field(default_factory=list)
    ends: list[OtherEnd] = field(default_factory=list)
    beyond: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    """The parents and link targets of items whose status changed: what their apps refuse may depend on that."""

    def add(self, pair: Pair, old: Pair | None, done: Applied) -> None:
        """Add what one pair's plan came to."""
        items = [(side, there) for side in Side if (there := pair.on(side).item_id) is not None]
        if pair.state is not PairState.RESERVED and (old is None or old.state is not pair.state):
            self.decided += items
            if pair.state is PairState.LINKED:
                self.linked += items
        finished = {one.operation for one in done.outcomes if one.state == "done"}
        for operation in done.plan.operations:
            side, step = operation.side, operation.step
            if operation.id in finished and isinstance(step, AddLink | RemoveLink) and step.link.kind != PARENT:
                own, twin = (pair.on(one).item_id or "" for one in (side, side.other))
                self.ends.append(OtherEnd(side, step.link.target, own, twin, isinstance(step, AddLink)))

    def moved(self, pair: Pair, old: Pair | None, done: Applied, items: Mapping[Side, Item | None]) -> None:
        """Note what lies beyond an item whose status is another one now, or that is kept in step no more."""
        for side in Side:
            if old is not None and old.state is pair.state and not _status_changed(done, pair, old, side):
                continue
            item = done.written.get(side) or items.get(side)
            known = {one.target for one in (old or pair).on(side).links if one.kind not in MARKS}
            if item is not None:
                known |= {one.target for one in item.links} | ({item.parent} if item.parent is not None else set())
            self.beyond[side] |= known


def _status_changed(done: Applied, pair: Pair, old: Pair, side: Side) -> bool:
    before, now = old.on(side).snapshot or {}, pair.on(side).snapshot or {}
    names = (one.spec(side).id for one in done.plan.type.fields if one.spec(side).kind is FieldKind.STATUS)
    return any(before.get(name) != now.get(name) for name in names)


def links_after(done: Applied, side: Side, old: Pair | None) -> frozenset[Link]:
    """The links of a side as they are to be remembered: as planned, but for what did not come through.

    A link that could not be made is not remembered where it came from either, and one that could not be taken away is
    still: so the next look finds the difference again.
    """
    links = set(done.plan.pair.on(side).links)
    finished = {one.operation for one in done.outcomes if one.state == "done"}
    for operation in done.plan.planned:
        step = operation.step
        if operation.id in finished or not isinstance(step, AddLink | RemoveLink):
            continue
        if operation.undoes and operation.side is not side:
            continue  # an undo changes what is known of the side that it writes, and of no other
        here = step.link if operation.side is side else step.source
        if step.link.kind == PARENT:
            before = old.on(side).links if old is not None else frozenset()
            links = {one for one in links if one.kind != PARENT} | {one for one in before if one.kind == PARENT}
        elif isinstance(step, AddLink):
            links.discard(here)
        else:
            links.add(here)
    return frozenset(links)


def waiting(pair: Pair, done: Applied) -> list[Hold]:
    """What of the pair waits for other items; one hold an item, the first."""
    found: dict[Side, Hold] = {}
    for one in done.plan.waits:
        seen = pair.on(one.side)
        if seen.item_id is not None and one.side not in found:
            found[one.side] = Hold(
                one.side,
                seen.item_id,
                "waiting",
                one.reason,
                seen.key,
                pair.id,
                stamp=seen.stamp,
                steady=True,
                waits_for=one.target,
            )
    return list(found.values())


def tell_relatives(tx: Transaction, work: Work, concerned: Concerned, settled: Sequence[Pair]) -> None:
    """In the page's own commit: let go on what waited, and have the other ends of links looked at.

    Until they are, they remember that the link was on both sides: a person may take it away meanwhile.
    """
    if not travel(work.mapping.document.links):
        return
    holds.go_on(tx, work.integration, concerned.decided)
    here = {(side, there): one for one in settled for side in Side if (there := one.on(side).item_id) is not None}
    unaware = [one for one in concerned.ends if not _sees(here.get((one.side, one.item_id)), one)]
    pairs.save_links(tx, _marked(tx, work, [one for one in unaware if one.linked]))
    again = [(one.side, one.item_id) for one in unaware]
    for side in Side:
        mine = [item_id for where, item_id in concerned.linked if where is side]
        again += [(side, one) for one in pairs.leading_to(tx, work.integration, side, mine) if (side, one) not in here]
    holds.look_again(tx, work.integration, list(dict.fromkeys(again)), _OTHER_END)


def free_refused(tx: Transaction, work: Work, concerned: Concerned) -> None:
    """In the page's own commit, after its holds: try anew what was refused of items beyond those that changed.

    An app does not close an item while one below it is open: once that is closed, there is nothing else to tell us.
    """
    for side, ids in concerned.beyond.items():
        found = pairs.refused_among(tx, work.integration, side, sorted(ids))
        if found:
            holds.refused_anew(tx, work.integration, found)


def _marked(tx: Transaction, work: Work, ends: Sequence[OtherEnd]) -> list[Pair]:
    """The pairs at these ends of links, with a mark for each link that was carried."""
    marked: dict[str, Pair] = {}
    for side in Side:
        mine = [one for one in ends if one.side is side]
        found = pairs.by_items(tx, work.integration, side, [one.item_id for one in mine])
        for one in mine:
            if (pair := found.get(one.item_id)) is not None:
                pair = marked.get(pair.id, pair)
                for where, target in ((side, one.linked_from), (side.other, one.twin_from)):
                    seen = pair.on(where)
                    pair = pair.with_side(where, replace(seen, links=seen.links | {Link(CARRIED, target)}))
                marked[pair.id] = pair
    return list(marked.values())


def _sees(pair: Pair | None, end: OtherEnd) -> bool:
    """Whether the other end was looked at on this very page, and with the same outcome."""
    if pair is None:
        return False
    seen = (one for one in pair.on(end.side).links if one.kind not in MARKS)
    return end.linked is any(one.target == end.linked_from for one in seen)
