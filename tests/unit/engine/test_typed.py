"""What an app works out by itself is no edit of a person: it gives way, and takes nobody's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from server.domain.item import Item, Side
from server.domain.mapping import ConflictPolicy, Direction
from server.domain.operation import UpdateItem
from server.domain.pair import BOTH, NOWHERE, Pair
from server.domain.values import Value
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from server.engine.refusals import Beside, withhold
from tests.unit.engine.build import ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
WHY = "it is worked out from what is below it"


class Story:
    """A status that both sides were in step with, and what each holds now."""

    def __init__(
        self,
        before: tuple[Value, Value],
        *,
        typed: Mapping[str, str] | None = None,
        origin: Side = L,
        **more: Any,
    ) -> None:
        self.compiled = mapping(fields=only("status", **more))
        pair = linked(item(L, {"status": before[0]}), item(R, {"state": before[1]}))
        self.pair: Pair = replace(pair, origin=origin, typed=typed or {})

    def now(
        self, left: Value, right: Value, *, untyped: tuple[Side, ...] = (), computed: tuple[Side, ...] = ()
    ) -> Plan:
        self.items: dict[Side, Item] = {}
        for side, name, value in ((L, "status", left), (R, "state", right)):
            made = item(side, {name: value}, minutes=1)
            names = frozenset({name}) if side in untyped else frozenset[str]()
            self.items[side] = replace(made, untyped=names, computed={name: WHY} if side in computed else {})
        plan = reconcile(self.pair, self.compiled.types[0], self.items[L], self.items[R], self.compiled, ids())
        self.pair = plan.pair
        return plan

    def held_back(self, plan: Plan, stored: Pair | None = None) -> Plan:
        return withhold(plan, stored, Beside(1, self.compiled.types[0], self.items, {}))


def writes(plan: Plan) -> dict[Side, dict[str, Value]]:
    return {one.side: dict(one.step.changed) for one in plan.operations if isinstance(one.step, UpdateItem)}


def test_it_does_not_take_the_place_of_what_a_person_typed_on_the_other_side() -> None:
    plan = Story(("1", "n"), origin=R).now("2", "n", untyped=(L,))
    assert writes(plan) == {}
    assert plan.pair.left.snapshot == {"status": "2"}
    [note] = plan.notes
    assert (note.what, note.side, note.before, note.after) == ("not written", R, "n", "2")


def test_that_is_told_once() -> None:
    story = Story(("1", "n"), origin=R)
    story.now("2", "n", untyped=(L,))
    assert story.now("2", "n", untyped=(L,)).notes == ()


def test_it_travels_where_the_other_side_holds_what_came_from_here() -> None:
    assert writes(Story(("1", "n"), origin=L).now("2", "n", untyped=(L,))) == {R: {"state": "d"}}


def test_it_travels_on_from_where_it_came_to() -> None:
    story = Story(("1", "n"), origin=R, typed={"status": NOWHERE})
    assert writes(story.now("2", "n", untyped=(L,))) == {R: {"state": "d"}}


def test_a_person_s_edit_over_there_ends_that() -> None:
    story = Story(("1", "n"), origin=L)
    assert writes(story.now("1", "d")) == {L: {"status": "2"}}
    assert story.pair.typed == {"status": "right"}
    story.pair = replace(story.pair, left=replace(story.pair.left, snapshot={"status": "2"}))
    assert writes(story.now("1", "d", untyped=(L,))) == {}


def test_it_travels_into_an_empty_field_that_nobody_emptied() -> None:
    assert writes(Story((None, None), origin=R).now("2", None, untyped=(L,))) == {R: {"state": "d"}}
    assert writes(Story((None, None), origin=R, typed={"status": "right"}).now("2", None, untyped=(L,))) == {}


@pytest.mark.parametrize("policy", [ConflictPolicy.LEFT, ConflictPolicy.LATEST, ConflictPolicy.HOLD])
def test_what_a_person_types_meanwhile_wins_whatever_the_policy_says(policy: ConflictPolicy) -> None:
    plan = Story(("1", "n"), policy=policy).now("3", "d", untyped=(L,))
    assert writes(plan) == {L: {"status": "2"}}
    assert plan.conflicts == ()


def test_a_person_s_edit_travels_as_ever() -> None:
    plan = Story(("1", "n"), origin=R).now("2", "n", untyped=(R,))
    assert writes(plan) == {R: {"state": "d"}}
    assert plan.pair.typed == {"status": "left"}


def test_the_same_typed_on_both_sides_stands_on_both() -> None:
    assert Story(("1", "n")).now("2", "d").pair.typed == {"status": BOTH}


def test_a_mapping_of_one_way_carries_it() -> None:
    story = Story(("1", "n"), origin=R, direction=Direction.TO_RIGHT)
    assert writes(story.now("2", "n", untyped=(L,))) == {R: {"state": "d"}}


def test_of_a_field_that_is_new_to_us_nothing_is_known() -> None:
    story = Story(("1", "n"), origin=R)
    story.pair = replace(story.pair, left=replace(story.pair.left, snapshot={}))
    assert writes(story.now("2", "n", untyped=(L,))) == {R: {"state": "d"}}


def test_what_an_app_works_out_is_never_written_there_and_that_is_said() -> None:
    story = Story(("1", "n"))
    stored = story.pair
    plan = story.held_back(story.now("1", "d", computed=(L,)), stored)
    assert plan.operations == ()
    assert [one.step for one in plan.withheld] == [UpdateItem({"status": "2"}, {"status": "1"})]
    [refusal] = plan.pair.refusals
    assert (refusal.side, refusal.name, refusal.words) == (L, "status", WHY)


def test_it_is_written_once_the_app_lets_people_type_there_again() -> None:
    story = Story(("1", "n"))
    stored = replace(story.pair, refusals=story.held_back(story.now("1", "d", computed=(L,))).pair.refusals)
    story.pair = stored
    plan = story.held_back(story.now("1", "d"), stored)
    assert writes(plan) == {L: {"status": "2"}}
    assert plan.pair.refusals == ()


def test_two_apps_that_work_it_out_differently_write_nothing() -> None:
    for origin in Side:
        story = Story(("1", "n"), origin=origin)
        assert writes(story.held_back(story.now("2", "n", computed=(L, R)))) == {}
        assert writes(story.held_back(story.now("1", "n", computed=(L, R)))) == {}


def test_nothing_is_noted_of_what_goes_without_saying() -> None:
    plan = Story(("1", "n")).now("2", "n")
    assert plan.pair.typed == {}
    assert plan.notes == ()
