"""Decide about one item of a page: a plan, or a reason why there is none; it must not fetch, store or carry out.

What travels is decided by ``server.engine``; here it is only found out which of its questions an item raises: a new
twin, two items to be brought in step, a pair that parts because an item is gone or has left the scope.
"""

from __future__ import annotations

from dataclasses import replace

from server.domain.errors import Gone, Rejected
from server.domain.item import Item, Side
from server.domain.lineage import marker
from server.domain.pair import Pair, PairState
from server.engine.align import Aligned, align
from server.engine.audience import stays
from server.engine.displaced import as_it_was, noticed, put_back
from server.engine.fields import afresh
from server.engine.filters import makes_none, outside
from server.engine.links import Relatives
from server.engine.mapping import CompiledType
from server.engine.parting import Reason, part, rejoin
from server.engine.plan import Draughtsman, Plan
from server.engine.reconcile import reconcile
from server.engine.undo import after_cut_off
from server.services.sync import look as looking
from server.services.sync import settle
from server.services.sync.recovery import with_item
from server.services.sync.settle import Settlement
from server.services.sync.work import Look, Work

_NO_TYPE = CompiledType("", "", ())
"""Stands for the type mapping of a pair whose types are mapped no longer."""


def decide(work: Work, one: Look, settlement: Settlement, relatives: Relatives) -> Plan | None:
    """The plan for one item; None when ``settlement`` has all there is to say of it."""
    try:
        if one.deleted is not None:
            settle.settle_deleted(work, settlement, one, one.deleted)
            return None
        if isinstance(one.failure, Gone):
            return _deleted(work, one, settlement)
        if one.failure is not None or one.item is None:
            settle.settle_failure(work, settlement, one, one.failure or LookupError("nothing came back"))
            return None
        return _present(work, one, one.item, settlement, relatives)
    except (ValueError, TypeError, KeyError) as error:
        work.scope.log.exception("an item could not be reconciled", item=one.key)
        settle.settle_failure(work, settlement, one, error)
        return None


def _deleted(work: Work, one: Look, settlement: Settlement) -> Plan | None:
    if one.pair is None or one.pair.state is PairState.ENDED:
        settlement.cleared.append((one.side, one.item_id))
        return None
    side = looking.gone_side(one)
    twin = one.twin if side is one.side else one.item
    merged = one.failure.into if isinstance(one.failure, Gone) else ""
    return _part(work, one, one.pair, Reason(side, None, "", merged), twin)


def _present(work: Work, one: Look, item: Item, settlement: Settlement, relatives: Relatives) -> Plan | None:
    if one.pair is not None and one.pair.state is PairState.ENDED:
        settlement.cleared.append((one.side, one.item_id))
        return None
    if one.type is not None and one.type.absent:
        settle.settle_failure(work, settlement, one, Rejected(one.type.absent))
        return None
    left_scope = _left_scope(work, one, item)
    if left_scope is not None and one.pair is not None and one.twin is not None:
        twin = one.twin if left_scope.side is one.side else item
        return _part(work, one, one.pair, left_scope, twin)
    refusal = left_scope.why if left_scope is not None else _refusal(work, one)
    if refusal and refusal == one.kin:
        work.run.counts["twins"] += 1
    if refusal or one.type is None:
        private = left_scope is not None and left_scope.restricted
        settle.settle_skipped(settlement, one, refusal, restricted=private)
        return None
    pair = one.pair or _new_pair(work, one)
    left, right = (item, one.twin) if one.side is Side.LEFT else (one.twin, item)
    pair = _with_ids(pair, left, right)
    if one.pair is not None and work.again is not None and work.again.hard:
        # What is not carried out now has to count as changed afterwards, too.
        pair = one.pair = afresh(pair, work.again.side or pair.origin)
    if work.align is not None and pair.state is PairState.LINKED and left is not None and right is not None:
        return _aligned(work, one, align(one.type, pair, left, right, work.align), (left, right), relatives)
    if pair.state is not PairState.OUTSIDE:
        return reconcile(pair, one.type, left, right, work.mapping, work.ids(), one.open, relatives)
    plan = reconcile(rejoin(pair), one.type, left, right, work.mapping, work.ids(), one.open, relatives)
    key = pair.on(one.side).key or item.key
    return replace(plan, summary=f"{key} of {work.end(one.side).name} belongs to the integration again.")


def _aligned(work: Work, one: Look, aligned: Aligned, items: tuple[Item, Item], relatives: Relatives) -> Plan | None:
    """A plan by snapshots that say who gives way where two values were never in step."""
    if one.type is None:
        return None
    one.pair = aligned.pair  # what is not carried out now has to count as changed afterwards, too
    plan = reconcile(aligned.pair, one.type, *items, work.mapping, work.ids(), one.open, relatives)
    return replace(plan, conflicts=(*aligned.conflicts, *plan.conflicts))


def _left_scope(work: Work, one: Look, item: Item) -> Reason | None:
    """Which of the two items does not belong to the integration, and why; None when both do. Audience comes first."""
    paired = one.pair is not None and one.pair.on(one.side.other).item_id is not None
    there: dict[Side, Item | None] = {one.side: item, one.side.other: one.twin}
    if one.pair is not None:  # what an app moved because of us takes no item out of the scope
        there = as_it_was(noticed(one.pair, one.open, there, work.mapping), there)
    beside = {side.other: each.restricted if each is not None else "" for side, each in there.items()}
    for side, each in there.items():
        if each is not None and (why := stays(work.mapping, side, each, beside[side])):
            return Reason(side, each, why, restricted=True)
    for side, each in there.items():
        if each is not None and (why := outside(work.mapping, side, each, paired=paired, beside=beside[side])):
            return Reason(side, each, why)
    return None


def _part(work: Work, one: Look, pair: Pair, reason: Reason, twin: Item | None) -> Plan:
    left, right = (one.item, one.twin) if one.side is Side.LEFT else (one.twin, one.item)
    pair = after_cut_off(_with_ids(pair, left, right), one.open, {Side.LEFT: left, Side.RIGHT: right})
    types = (pair.on(reason.side).type, pair.on(reason.side.other).type)
    type_ = work.mapping.type_of(reason.side, *types) or _NO_TYPE
    now: dict[Side, Item | None] = {Side.LEFT: left, Side.RIGHT: right}
    pair = noticed(pair, one.open, now, work.mapping)
    there = as_it_was(pair, now)[reason.side.other] if twin is not None else None
    plan = part(pair, type_, reason, there, work.mapping, Draughtsman(pair.id, work.ids(), one.open))
    return put_back(plan, now, work.ids())


def _refusal(work: Work, one: Look) -> str:
    if one.type is None:
        return ""
    if one.pair is None:
        return makes_none(work.mapping, one.side, one.type) or one.kin
    if one.kin and one.pair.state is PairState.RESERVED:
        return one.kin
    if not one.type.updates and one.twin is not None and one.pair.state is not PairState.RESERVED:
        target = work.end(one.side.other).name
        return f"The mapping of its type makes new items on {target} and does not keep them in step after."
    return ""


def _new_pair(work: Work, one: Look) -> Pair:
    reserved_at = work.end(one.side.other).connector.server_time
    fresh = next(work.ids())
    pair = fresh if one.root is None else marker(one.root, work.maker, fresh)
    return Pair(pair, PairState.RESERVED, one.side, reserved_at=reserved_at)


def _with_ids(pair: Pair, left: Item | None, right: Item | None) -> Pair:
    if left is not None and pair.left.item_id is None:
        pair = with_item(pair, Side.LEFT, left.id)
    if right is not None and pair.right.item_id is None:
        pair = with_item(pair, Side.RIGHT, right.id)
    return pair
