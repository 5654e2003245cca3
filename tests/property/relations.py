"""Links and parents between items: both ends, both sides, and what people took away; it must not judge the items."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from server.domain.item import PARENT, Side
from server.domain.mapping import Direction, ValueMapping
from tests.property.model import BLOCKED, BLOCKS, RELATES, SEEN_FROM_TARGET, Record
from tests.property.sight import Sight, Twins

IMAGES = {RELATES: RELATES, BLOCKS: BLOCKED, BLOCKED: BLOCKS, PARENT: PARENT}
"""The kinds of one side and their counterparts: told the other way round, so that a kind that is only copied shows."""

KINDS = tuple(ValueMapping(left, right) for left, right in IMAGES.items() if left != PARENT)

_Link = tuple[str, str, str]
"""A pair, a kind in the left side's terms, another pair."""


@dataclass(frozen=True, slots=True)
class _Web:
    """What both sides hold of the links between pairs that are in step, in the terms of pairs."""

    links: dict[Side, set[_Link]]
    acts: dict[_Link, list[tuple[int, Side, bool]]]
    parents: dict[Side, dict[str, str | None]]
    """By pair; a parent that is no pair in step is left out, and so is its child."""


def check_links(sight: Sight) -> None:
    """A link is on both sides once both of its items have twins; what people took away is on neither."""
    rules = sight.world.document.links
    if rules.direction is None:
        return
    web = _web(sight)
    for side in Side:
        if not rules.direction.allows(side.other):
            continue
        for link in web.links[side] - web.links[side.other]:
            away = [added for _, where, added in web.acts.get(link, []) if where is side.other and not added]
            stays = rules.direction is not Direction.BOTH and away
            assert stays, f"{link} is on {side} alone: {web.acts.get(link)}; {sight.world.history()}"
    for link, acts in web.acts.items():
        last = {side: [added for _, where, added in acts if where is side][-1:] for side in Side}
        minds = {one[0] for one in last.values() if one}
        sides = [side for side in Side if last[side]]
        if len(minds) > 1 or not all(rules.direction.allows(side.other) for side in sides):
            continue
        [wanted] = minds
        for side in Side:
            assert (link in web.links[side]) is wanted, f"{link} on {side}: {acts}; {sight.world.history()}"


def check_parents(sight: Sight) -> None:
    """Two items of a pair have parents that are a pair, too, or none."""
    rules = sight.world.document.links
    if rules.parents is not Direction.BOTH:
        return
    web = _web(sight)
    for pair in web.parents[Side.LEFT].keys() & web.parents[Side.RIGHT].keys():
        left, right = (web.parents[side][pair] for side in Side)
        assert left == right, f"the parents of {pair}: {left}, {right}; {sight.world.history()}"


def _web(sight: Sight) -> _Web:
    web = _Web({side: set() for side in Side}, defaultdict(list), {side: {} for side in Side})
    for side in Side:
        pairs = {twins.on(side).id: twins for twins in sight.twins if _in_play(sight, twins)}
        for twins in pairs.values():
            record = twins.on(side)
            web.links[side] |= {
                _named(side, twins.pair, one.kind, pairs[one.target].pair)
                for one in record.links
                if one.target in pairs
            }
            if record.parent is None or record.parent in pairs:
                web.parents[side][twins.pair] = pairs[record.parent].pair if record.parent is not None else None
        for act in sight.world.app(side).related:
            if act.kind != PARENT and act.item in pairs and act.target in pairs:
                ends = pairs[act.item].pair, pairs[act.target].pair
                for kind, one, other in ((act.kind, *ends), (SEEN_FROM_TARGET[act.kind], *reversed(ends))):
                    web.acts[_named(side, one, kind, other)].append((act.number, side, act.added))
    return web


def _named(side: Side, pair: str, kind: str, target: str) -> _Link:
    return pair, kind if side is Side.LEFT else IMAGES[kind], target


def _in_play(sight: Sight, twins: Twins) -> bool:
    return sight.carries(twins) and not any(sight.poisoned(side, twins.on(side)) for side in Side)


def waits_for_links(sight: Sight, side: Side, record: Record) -> bool:
    """Whether an item has a link or parent that leads to one without a twin: it waits for that."""
    known = sight.linked.keys() if side is Side.LEFT else set(sight.linked.values())
    ends = {one.target for one in record.links} | ({record.parent} if record.parent is not None else set())
    return bool(ends - set(known))
