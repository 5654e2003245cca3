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
    if not any(_moves(work, plan) for plan in plans):
        return list(plans)
    return list(work.pool.map(lambda plan: _with_ways(work, plan), plans))


def _moves(work: Work, plan: Plan) -> bool:
    return any(_takes_steps(work, plan, one) for one in plan.operations)


def _takes_steps(work: Work, plan: Plan, operation: Operation) -> bool:
    if not isinstance(operation.step, UpdateItem):
        return False
    side = operation.side
    # An undo writes fields, too, that the mapping does not name any more.
    specs = {one.id: one for one in work.mapping.shape(side).fields.get(plan.type.on(side), ())}
    specs |= {one.spec(side).id: one.spec(side) for one in plan.type.fields}
    return any(name in specs and specs[name].kind is FieldKind.STATUS for name in operation.step.changed)


def _with_ways(work: Work, plan: Plan) -> Plan:
    if not _moves(work, plan):
        return plan
    return replace(plan, operations=tuple(_with_way(work, plan, one) for one in plan.operations))


def _with_way(work: Work, plan: Plan, operation: Operation) -> Operation:
    item_id = plan.pair.on(operation.side).item_id
    if item_id is None or not isinstance(operation.step, UpdateItem) or not _takes_steps(work, plan, operation):
        return operation
    try:
        via = work.end(operation.side).connector.way(item_id, operation.step.changed)
    except AppError:
        return operation  # the write itself meets it, and tells
    return replace(operation, step=replace(operation.step, via=via))
