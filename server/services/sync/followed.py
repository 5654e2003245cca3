"""Follows the pairs of the tenant's other integrations from item to item; it must not say what follows from that.

What an app has no place to say of a twin, these pairs do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.domain.item import Side
from server.services.sync.work import Work
from server.store import kin
from server.store.kin import Bond

_STEPS = 4
"""Over so many other integrations of the tenant an item's twins are followed."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A twin in the container that was asked for, and the name of the integration whose pair led there last."""

    twin_id: str
    twin_key: str
    integration: str


@dataclass(slots=True)
class Followed:
    """Where the pairs lead. ``members``: by item, all items (app, id) that are paired with it in turn, and itself.

    ``reached``: by item, the first of them in the container that was asked for.
    """

    members: dict[str, set[tuple[str, str]]]
    reached: dict[str, Reached] = field(default_factory=dict)


def follow(work: Work, side: Side, item_ids: Iterable[str]) -> Followed:
    """Follow the pairs of the tenant's other integrations from these items of ``side`` to the other container."""
    if not work.apps:
        return Followed({one: set() for one in item_ids})
    start = work.apps[side]
    found = Followed({one: {(start, one)} for one in item_ids})
    goal = (work.apps[side.other], work.mapping.shape(side.other).container)
    frontier = {(start, one): {one} for one in found.members}
    for _ in range(_STEPS if work.beside else 0):
        further: dict[tuple[str, str], set[str]] = defaultdict(set)
        for end, bond, name in _bonds(work, frontier):
            for origin in frontier[end[0], bond.item]:
                if end[1:] == goal:
                    found.reached.setdefault(origin, Reached(bond.twin_id, bond.twin_key or bond.twin_id, name))
                if (end[1], bond.twin_id) not in found.members[origin]:
                    found.members[origin].add((end[1], bond.twin_id))
                    further[end[1], bond.twin_id].add(origin)
        frontier = dict(further)
        if not frontier:
            break
    return found


def _bonds(work: Work, frontier: Mapping[tuple[str, str], set[str]]) -> list[tuple[tuple[str, str, str], Bond, str]]:
    """The pairs of other integrations that hold these items: (app, the twin's app, its container), bond, name."""
    found = []
    with work.scope.reading() as tx:
        for other in work.beside:
            for side in Side:
                app = other.ends[side][0]
                ids = [item_id for at, item_id in frontier if at == app]
                ends = (app, *other.ends[side.other])
                found += [(ends, bond, other.name) for bond in kin.bonds(tx, [other.integration], side, ids)]
    return found
