"""Find out about the items that links lead to, and put parents before children; it must not decide what is linked.

An item that nobody knows yet is fetched once, when a link to it is first seen; what was found out then is remembered by
the link being on record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from server.domain.errors import AppError, Gone, Hidden, Unreadable
from server.domain.item import Item, Side
from server.domain.pair import PairState
from server.engine.audience import stays
from server.engine.filters import outside
from server.engine.links import STAYS, Relatives, targets, travel
from server.services.sync import look as looking
from server.services.sync import naming
from server.services.sync.work import Look, Work
from server.store import holds, pairs
from server.store.pairs import Twin

_GENERATIONS = 8
"""So many parents above an item are brought along with it; what is higher comes when its own turn does."""

_Key = tuple[Side, str]


def bring_parents(work: Work, looks: Sequence[Look]) -> list[Look]:
    """Parents of these items that have no pair yet, and theirs, as items to be looked at with them."""
    brought: list[Look] = []
    if work.mapping.document.links.parents is None or work.dry:
        return brought
    asked: set[_Key] = {(one.side, one.item_id) for one in looks}
    children: Sequence[Look] = looks
    for _ in range(_GENERATIONS):
        wanted = {key for one in children if (key := _parent_key(work, one)) is not None} - asked
        asked |= wanted
        children = _belonging(work, wanted)
        brought += children
        if not children:
            break
    return brought


def in_waves(work: Work, looks: Sequence[Look]) -> list[list[Look]]:
    """The items, parents that are still to be made before their children; mostly one wave."""
    if work.mapping.document.links.parents is None or work.dry:
        return [list(looks)]
    unmade = {(one.side, one.item_id): one for one in looks if not _has_twin(one)}
    waves: dict[int, list[Look]] = defaultdict(list)
    for one in looks:
        waves[_depth(work, one, unmade)].append(one)
    return [waves[depth] for depth in sorted(waves)] or [[]]


def learn(work: Work, looks: Sequence[Look]) -> Relatives:
    """What is known of the items that these ones' links lead to. A look whose question an app does not answer fails."""
    rules = work.mapping.document.links
    named = naming.twins_named(work, looks)
    if not travel(rules):
        return Relatives(named=named)
    wanted: dict[Side, set[str]] = {side: set() for side in Side}
    fresh: dict[Side, dict[str, list[Look]]] = {side: defaultdict(list) for side in Side}
    for one in looks:
        for side, item in _both(one):
            every, new = targets(one.pair, side, item, rules)
            wanted[side] |= every
            for target in new:
                fresh[side][target].append(one)
    twins: dict[Side, dict[str, str]] = {side: {} for side in Side}
    waiting: dict[Side, set[str]] = {side: set() for side in Side}
    apart: dict[Side, dict[str, str]] = {side: {} for side in Side}
    here = {(side, item.id): item for one in looks for side, item in _both(one) if item is not None}
    for side in Side:
        strangers, known = _sort(work, side, wanted[side], fresh[side], twins[side], waiting[side], apart[side])
        asked = {each: fresh[side][each] for each in (*strangers, *known)}
        told = _ask(work, side, asked, here)
        nowhere = {target: why for target, one in told if (why := _leads_nowhere(work, side, one, known.get(target)))}
        unmade = {target for target, one in told if target not in nowhere and (one is None or target not in known)}
        apart[side] |= nowhere
        waiting[side] |= unmade
        twins[side] = {target: twin for target, twin in twins[side].items() if target not in nowhere.keys() | unmade}
        if work.dry:  # it makes no twins, and shall count the links that come with them
            twins[side] |= {target: f"the twin of {target}" for target in waiting[side]}
    return Relatives(twins, {side: frozenset(waiting[side]) for side in Side}, apart, named)


def _sort(
    work: Work,
    side: Side,
    wanted: set[str],
    fresh: dict[str, list[Look]],
    twins: dict[str, str],
    waiting: set[str],
    apart: dict[str, str],
) -> tuple[list[str], dict[str, Twin]]:
    """Tell apart what the database knows; the new targets that it does not know, and those of them that have a twin."""
    if not wanted:
        return [], {}
    with work.scope.reading() as tx:
        found = pairs.twins(tx, work.integration, side, sorted(wanted))
        held = holds.known(tx, work.integration, side, sorted(set(fresh) - found.keys()))
    for target, twin in found.items():
        if twin.stays:
            apart[target] = STAYS
        elif twin.state is PairState.ENDED:
            apart[target] = "the item that it leads to is no longer kept in step"
        elif twin.id:
            twins[target] = twin.id
        else:
            waiting.add(target)
    for target, (kind, _) in held.items():
        if kind == "skipped":
            apart[target] = "a rule leaves out the item that it leads to"
        else:
            waiting.add(target)
    strangers = [one for one in sorted(fresh) if one not in found and one not in held]
    # An item may have become restricted a moment ago: a link that is new is not carried to it by what was known before.
    restricts = work.mapping.shape(side).restricted_items
    return strangers, {one: found[one] for one in sorted(fresh) if restricts and one in twins}


def _ask(
    work: Work, side: Side, asked: dict[str, list[Look]], here: dict[_Key, Item]
) -> list[tuple[str, Item | str | None]]:
    """The items that links lead to as they are now, or why one is not there; only those of which the app told.

    None: what it says of the item cannot be read. ``here``: those that were read for this very page.
    """

    def ask(target: str) -> Item | str | AppError | None:
        try:
            return here.get((side, target)) or work.end(side).connector.fetch(target)
        except Gone:
            return "the item that it leads to is gone"
        except Hidden:
            return STAYS
        except Unreadable:
            return None  # it waits: that one is held by itself, and holds back no item that leads to it
        except AppError as error:
            return error

    found: list[tuple[str, Item | str | None]] = []
    for target, answer in zip(asked, work.pool.map(ask, asked), strict=True):
        if isinstance(answer, AppError):
            for one in asked[target]:
                one.failure = one.failure or answer
        else:
            found.append((target, answer))
    return found


def _leads_nowhere(work: Work, side: Side, item: Item | str | None, twin: Twin | None) -> str:
    """Why a link to the item is not carried, empty when it is, or waits. ``twin``: what is known of its twin."""
    if item is None or isinstance(item, str):
        return item or ""
    if stays(work.mapping, side, item, twin.beside if twin is not None else ""):
        return STAYS
    return "" if twin is not None else _why_outside(work, side, item)


def _both(one: Look) -> tuple[tuple[Side, Item | None], ...]:
    return (one.side, one.item), (one.side.other, one.twin)


def _belonging(work: Work, wanted: Iterable[_Key]) -> list[Look]:
    """Those of the items that nobody knows yet and that belong to the integration."""
    unknown: list[Look] = []
    for side in Side:
        ids = sorted(item_id for one, item_id in wanted if one is side)
        with work.scope.reading() as tx:
            known = pairs.twins(tx, work.integration, side, ids)
            held = holds.known(tx, work.integration, side, ids)
        unknown += [Look(side, one) for one in ids if one not in known and one not in held]
    looking.fetch_items(work, unknown)
    return [one for one in unknown if one.item is not None and not _why_outside(work, one.side, one.item)]


def _why_outside(work: Work, side: Side, item: Item) -> str:
    """Why an item without a twin gets none, empty when it does get one."""
    mapping = work.mapping
    why = outside(mapping, side, item, paired=False)
    type_ = mapping.type_of(side, item.type)
    if why or type_ is None:
        return why
    if not (type_.creates and mapping.document.creates.allows(side.other)):
        return f"the integration makes no twin for it on {work.end(side.other).name}"
    return ""


def _parent_key(work: Work, one: Look) -> _Key | None:
    """The parent of an item, where parents travel from its side and this one was not seen before."""
    rules = work.mapping.document.links
    parent = one.item.parent if one.item is not None and one.failure is None else None
    if parent is None or rules.parents is None or not rules.parents.allows(one.side.other):
        return None
    _, new = targets(one.pair, one.side, one.item, rules)
    return (one.side, parent) if parent in new else None


def _has_twin(one: Look) -> bool:
    return one.pair is not None and one.pair.on(one.side.other).item_id is not None


def _depth(work: Work, one: Look, unmade: dict[_Key, Look]) -> int:
    """How many parents above an item are to be made before it; people can make a circle, and then it ends there."""
    above: set[_Key] = {(one.side, one.item_id)}
    child = one
    while (key := _parent_key(work, child)) is not None and key in unmade and key not in above:
        above.add(key)
        child = unmade[key]
    return len(above) - 1
