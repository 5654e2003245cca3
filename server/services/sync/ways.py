"""Asks how a field gets to its new value before anything is written, so that the way is on record; it must not go it.

What stands on an item after a death on the way is then known to be ours, and no edit of a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.errors import AppError
from server.domain.operation import Operation, UpdateItem
from server.domain.values import FieldKind
from server.engine.plan import Plan
from server.services.sync.work import Work


def written_down(work: Work, plans: Sequence[Plan]) -> list[Plan]:
    """The plans, each update of a status with the statuses between."""
    return list(work.pool.map(lambda plan: _with_ways(work, plan), plans)) if any(map(_moves, plans)) else list(plans)


def _moves(plan: Plan) -> bool:
    return any(_takes_steps(plan, one) for one in plan.operations)


def _takes_steps(plan: Plan, operation: Operation) -> bool:
    if not isinstance(operation.step, UpdateItem):
        return False
    specs = {one.spec(operation.side).id: one.spec(operation.side) for one in plan.type.fields}
    return any(name in specs and specs[name].kind is FieldKind.STATUS for name in operation.step.changed)


def _with_ways(work: Work, plan: Plan) -> Plan:
    if not _moves(plan):
        return plan
    return replace(plan, operations=tuple(_with_way(work, plan, one) for one in plan.operations))


def _with_way(work: Work, plan: Plan, operation: Operation) -> Operation:
    item_id = plan.pair.on(operation.side).item_id
    if item_id is None or not isinstance(operation.step, UpdateItem) or not _takes_steps(plan, operation):
        return operation
    try:
        via = work.end(operation.side).connector.way(item_id, operation.step.changed)
    except AppError:
        return operation  # the write itself meets it, and tells
    return replace(operation, step=replace(operation.step, via=via))
