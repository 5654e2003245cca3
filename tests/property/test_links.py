"""Whatever links two items have and had: the merge converges, causes no echo, and decides each element for itself."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import PARENT, Link, Side
from server.domain.mapping import Direction, ValueMapping
from server.domain.operation import AddLink, RemoveLink
from server.domain.rules import LinkRules
from server.engine.plan import Plan
from tests.unit.engine.test_links import plan

ROWS = [ValueMapping(left, right) for left, right in (("a", "x"), ("b", "y"), ("c", "x"), ("a", "z"), ("d", "d"))]
WAYS = st.sampled_from([None, *Direction])
RULES = st.builds(LinkRules, WAYS, WAYS, st.lists(st.sampled_from(ROWS), max_size=4).map(tuple))


def links(kinds: str, targets: str) -> st.SearchStrategy[frozenset[Link]]:
    """Any relations, and a parent or none."""
    related = st.frozensets(st.builds(Link, st.sampled_from(kinds), st.sampled_from(targets)), max_size=6)
    parent = st.one_of(st.none(), st.builds(Link, st.just(PARENT), st.sampled_from(targets)))
    return st.builds(lambda some, one: some | ({one} if one else frozenset()), related, parent)


LEFT, RIGHT = links("abcde", "2345"), links("xyzde", "876")


def carried_out(done: Plan, left: frozenset[Link], right: frozenset[Link]) -> dict[Side, frozenset[Link]]:
    """What both apps hold once the plan was carried out."""
    held = {Side.LEFT: set(left), Side.RIGHT: set(right)}
    for operation in done.operations:
        mine, step = held[operation.side], operation.step
        if isinstance(step, AddLink):
            if step.link.kind == PARENT:
                held[operation.side] = mine = {one for one in mine if one.kind != PARENT}
            assert step.link not in mine, "nothing is made that is there"
            mine.add(step.link)
        elif isinstance(step, RemoveLink):
            assert step.link in mine, "nothing is taken away that is not there"
            mine.remove(step.link)
    return {side: frozenset(held[side]) for side in Side}


@given(LEFT, RIGHT, LEFT, RIGHT, RULES)
def test_applying_the_plan_and_merging_again_plans_and_tells_nothing(
    left: frozenset[Link],
    right: frozenset[Link],
    old_left: frozenset[Link],
    old_right: frozenset[Link],
    rules: LinkRules,
) -> None:
    first = plan(left, right, (old_left, old_right), rules)
    held = carried_out(first, left, right)
    again = plan(held[Side.LEFT], held[Side.RIGHT], (first.pair.left.links, first.pair.right.links), rules)
    assert again.operations == ()
    assert [one.what for one in again.notes] == []
    assert again.conflicts == ()


@given(LEFT, RIGHT, LEFT, RIGHT, RULES)
def test_an_interrupted_plan_is_taken_up_where_it_stands(
    left: frozenset[Link],
    right: frozenset[Link],
    old_left: frozenset[Link],
    old_right: frozenset[Link],
    rules: LinkRules,
) -> None:
    """A death after any step leaves what was remembered as it was; the next merge comes to the same end."""
    whole = plan(left, right, (old_left, old_right), rules)
    wanted = carried_out(whole, left, right)
    for count in range(len(whole.operations)):
        part = replace(whole, operations=whole.operations[:count])
        now = carried_out(part, left, right)
        rest = plan(now[Side.LEFT], now[Side.RIGHT], (old_left, old_right), rules)
        assert carried_out(rest, now[Side.LEFT], now[Side.RIGHT]) == wanted


@given(LEFT, RIGHT, LEFT, RIGHT, RULES, st.sampled_from("abcde"), st.sampled_from("23"))
def test_each_relation_is_decided_for_itself(
    left: frozenset[Link],
    right: frozenset[Link],
    old_left: frozenset[Link],
    old_right: frozenset[Link],
    rules: LinkRules,
    kind: str,
    target: str,
) -> None:
    """What is done about one relation does not depend on whether another is there."""
    image = {row.left: row.right for row in reversed(rules.kinds)}.get(kind, kind)
    twin = {"2": "8", "3": "7"}[target]
    gone = {Link(kind, target), Link(image, twin)}
    whole = plan(left, right, (old_left, old_right), rules)
    without = plan(left - gone, right - gone, (old_left - gone, old_right - gone), rules)

    def others(done: Plan) -> list[tuple[Side, object]]:
        return [
            (one.side, one.step)
            for one in done.operations
            if isinstance(one.step, AddLink | RemoveLink) and not {one.step.link, one.step.source} & gone
        ]

    assert others(whole) == others(without)
