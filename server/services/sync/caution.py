"""Hold what a page would do against what people allow, before anything is written down; it must not carry it out."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.errors import NeedsRelease
from server.domain.item import Side
from server.domain.operation import CreateItem, UpdateItem
from server.domain.pair import PARTED, Pair, PairState
from server.engine.audience import restricted
from server.engine.breaker import WINDOW, stopped
from server.engine.guard import Harm, too_much
from server.engine.plan import Plan
from server.services.sync.work import Look, Work
from server.store import journal, pairs

_MEANT = frozenset({"reconcile", "hard resync", "undo"})
"""Runs that a person asked for because they overwrite."""


def without_stopped(work: Work, looks: Sequence[Look], plans: Sequence[Plan]) -> list[Plan]:
    """The plans without what the breaker stops. What a person asks for, or asks for once more, is never stopped."""
    meant = work.run.trigger in _MEANT or work.again is not None
    asked = [
        plan.pair.id
        for one, plan in zip(looks, plans, strict=True)
        if one.pair is not None and plan.operations and not (one.afresh or meant)
    ]
    if not asked:
        return list(plans)
    with work.scope.reading() as tx:
        recent = journal.recent(tx, work.scope.cipher, asked, WINDOW)
    rules = work.mapping.document.breaker
    return [stopped(rules, recent[plan.pair.id], plan) if plan.pair.id in recent else plan for plan in plans]


def stop_on_harm(work: Work, looks: Sequence[Look], plans: Sequence[Plan]) -> None:
    """Raises ``NeedsRelease`` when the run would end or overwrite more pairs than the integration allows."""
    harm = Harm()
    for one, plan in zip(looks, plans, strict=True):
        if one.pair is not None and one.pair.state is PairState.LINKED:
            rewritten = _overwrites(plan) and work.run.trigger not in _MEANT and not _stated(one.pair, plan)
            harm += Harm(int(plan.pair.state in PARTED and not _only_stays(plan)), int(rewritten))
    allow(work, harm)
    work.run.harm += harm


def allow(work: Work, harm: Harm) -> None:
    """Raises ``NeedsRelease`` when ``harm``, added to what this run has done, is more than the integration allows."""
    rules = work.mapping.document.guard
    total = work.run.harm + harm
    if work.released or harm == Harm() or max(total.parted, total.rewritten) <= rules.least:
        return
    with work.scope.reading() as tx:
        count = pairs.count(tx, work.integration)
    why = too_much(rules, count, total)
    if why:
        raise NeedsRelease(why)


def _stated(pair: Pair, plan: Plan) -> bool:
    """Whether all that is overwritten gives way to values that never were in step: a person stated who wins (align)."""
    known = {side: pair.on(side).snapshot or {} for side in Side}
    return not any(
        one.spec(operation.side).id in operation.step.changed
        and one.spec(operation.side.other).id in known[operation.side.other]
        for operation in plan.operations
        if isinstance(operation.step, UpdateItem)
        for one in plan.type.fields
    )


def _only_stays(plan: Plan) -> bool:
    """Whether the two part because one is restricted, and nothing is done to the other: that must not wait."""
    return restricted(plan.pair) and plan.pair.state is PairState.OUTSIDE and not plan.operations


def _overwrites(plan: Plan) -> bool:
    steps = [operation.step for operation in plan.operations]
    return any(isinstance(one, UpdateItem) for one in steps) and not any(isinstance(one, CreateItem) for one in steps)
