"""What becomes of a page of a dry run: lines instead of writes; it must not touch an app, a pair, a hold or a cursor.

What a kill -9 leaves behind: lines of a run that never ends. The next preview of the kind begins anew, and drops them.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.item import Item, Side
from server.domain.preview import Line
from server.domain.quoting import with_words
from server.domain.values import FieldSpec
from server.engine import preview
from server.engine.plan import Plan
from server.services.sync.settle import Settlement
from server.services.sync.work import Look, Work
from server.store import lease, previews, runs


def begin(work: Work) -> None:
    """Start afresh. Raises ``Fenced``."""
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        previews.begin(tx, work.integration, run_id)


def record(work: Work, looks: Sequence[Look], plans: Sequence[Plan], settlement: Settlement, *, looked: int) -> None:
    """Write down what this page would have come to. Raises ``Fenced``."""
    lines: list[Line] = []
    for one, plan in zip(looks, plans, strict=True):
        lines += preview.lines(plan)
        work.run.counts.update(preview.counts(plan))
        work.run.kinds.update(operation.step.kind for operation in plan.operations)
        work.run.people |= preview.people(plan, _specs(work, plan), _items(one))
    lines += _kept_back(settlement)
    work.run.counts += settlement.counts
    if work.run.people:
        work.run.counts["people"] = len(work.run.people)
    add(work, lines, looked, [(one.side.other, one.twin.id) for one in looks if one.twin is not None])


def add(work: Work, lines: Sequence[Line], looked: int, also_seen: Sequence[tuple[Side, str]] = ()) -> None:
    """Append lines and say how far the run has come. ``also_seen``: items that need no look of their own any more."""
    run = work.run
    run.done += looked
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        previews.add(tx, run_id, lines)
        for side in Side:
            previews.walk(tx, run_id, side, [item for where, item in also_seen if where is side])
        run.cancelled = runs.progress(
            tx,
            run_id,
            phase=run.phase,
            done=run.done,
            total=run.total,
            counts=run.counts,
            uncounted=run.uncounted,
        )


def end(work: Work) -> None:
    """Let go of what only the walk needed. Raises ``Fenced``."""
    run_id = work.begin_run()
    with work.scope.transaction() as tx:
        lease.check_fence(tx, work.epoch)
        previews.end_walk(tx, run_id)


def _kept_back(settlement: Settlement) -> list[Line]:
    """What would be held, left out or given up, with the reason."""
    found = []
    for hold in settlement.holds:
        skipped = "restricted" if (hold.side, hold.item_id) in settlement.restricted else "skip"
        action = skipped if hold.kind == "skipped" else "hold"
        reason = with_words(hold.reason, hold.words)
        found.append(Line(hold.side.other, hold.item_id, action, hold.item_key, reason=reason))
    for event in settlement.events:
        if event.outcome not in ("held", "skipped"):
            side = (event.side or Side.LEFT).other
            found.append(Line(side, event.item_id, event.outcome, event.item_key, reason=event.summary))
    return found


def _specs(work: Work, plan: Plan) -> dict[Side, tuple[FieldSpec, ...]]:
    return {side: work.mapping.shape(side).fields.get(plan.type.on(side), ()) for side in Side}


def _items(one: Look) -> dict[Side, Item | None]:
    return {one.side: one.item, one.side.other: one.twin}
