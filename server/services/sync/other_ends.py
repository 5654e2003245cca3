"""The other ends of the links that an undo takes back; it must not decide what is taken back.

A relation is seen at both of its ends. What an undo leaves unlike between two items must be known of both pairs before
it is written, or the next look at the other one would take it for an edit and carry it across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.domain.item import APART, PARENT, Link, Side
from server.domain.operation import AddLink, RemoveLink
from server.domain.pair import Pair
from server.engine.plan import Plan
from server.services.sync.work import Work
from server.store import pairs


def leave_apart(work: Work, plans: Sequence[Plan]) -> tuple[list[Plan], list[Pair]]:
    """The plans, and the pairs of no plan, with what is left unlike at their end of a link, or is alike again."""
    marks: dict[tuple[Side, str], dict[Link, bool]] = {}
    for plan in plans:
        for operation in plan.operations:
            step, own = operation.step, plan.pair.on(operation.side).item_id
            if isinstance(step, AddLink | RemoveLink) and step.link.kind != PARENT and own is not None:
                unlike = Link(APART, step.link.target) in plan.pair.on(operation.side).links
                marks.setdefault((operation.side, step.link.target), {})[Link(APART, own)] = unlike
    if not marks:
        return list(plans), []
    marked = [replace(plan, pair=_marked(plan.pair, marks)) for plan in plans]
    here = {plan.pair.id for plan in plans}
    others: dict[str, Pair] = {}
    with work.scope.reading() as tx:
        for side in Side:
            ids = [item_id for where, item_id in marks if where is side]
            found = pairs.by_items(tx, work.integration, side, ids)
            others |= {one.id: one for one in found.values() if one.id not in here}
    return marked, [_marked(one, marks) for one in others.values()]


def _marked(pair: Pair, marks: dict[tuple[Side, str], dict[Link, bool]]) -> Pair:
    for side in Side:
        seen = pair.on(side)
        mine = marks.get((side, seen.item_id or ""), {})
        if mine:
            links = (seen.links - mine.keys()) | {mark for mark, unlike in mine.items() if unlike}
            pair = pair.with_side(side, replace(seen, links=links))
    return pair
