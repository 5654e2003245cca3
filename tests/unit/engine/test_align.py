from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.pair import Pair, PairState
from server.domain.rules import Precedence
from server.domain.values import Value
from server.engine.align import Aligned, align
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import ids, item, linked, mapping, only

titles = st.sampled_from([None, "", "a", "b", "same"])
labels = st.sampled_from([(), ("red",), ("blau",), ("blau", "red")])


def aligned(
    left: dict[str, Value], right: dict[str, Value], wins: Precedence, *, pair: Pair | None = None, **more: Any
) -> tuple[Aligned, Plan]:
    """What counts as known after, and what reconcile makes of it."""
    compiled = mapping(**more)
    mine, theirs = item(Side.LEFT, left), item(Side.RIGHT, right, minutes=1)
    before = pair or Pair("p", PairState.LINKED, Side.LEFT)
    done = align(compiled.types[0], before, mine, theirs, wins)
    return done, reconcile(done.pair, compiled.types[0], mine, theirs, compiled, ids())


def writes(plan: Plan) -> dict[str, Value]:
    return {name: value for one in plan.operations for name, value in one.step.changed.items()}  # type: ignore[union-attr]  # updates only


@given(left=titles, right=titles, mine=labels, theirs=labels, wins=st.sampled_from(Precedence))
def test_nothing_that_was_typed_is_overwritten_without_a_record(
    left: Value, right: Value, mine: Value, theirs: Value, wins: Precedence
) -> None:
    done, plan = aligned({"text": left, "labels": mine}, {"body": right, "tags": theirs}, wins)
    recorded = {one.field_left for one in done.conflicts}
    after = writes(plan)
    for name, before in (("text", left), ("body", right)):
        assert name not in after or before in (None, "") or "text" in recorded
    for name, members in (("labels", mine), ("tags", theirs)):
        kept = after.get(name, members)
        assert isinstance(kept, tuple)
        assert isinstance(members, tuple)
        assert set(members) <= set(kept)
    assert plan.conflicts == ()


@given(left=titles, right=titles, wins=st.sampled_from(Precedence))
def test_an_empty_value_never_wins(left: Value, right: Value, wins: Precedence) -> None:
    _, plan = aligned({"text": left}, {"body": right}, wins, fields=only("text"))
    assert all(value not in (None, "") for value in writes(plan).values())


@pytest.mark.parametrize(
    ("wins", "written", "winner"),
    [
        (Precedence.FILL, {}, "held"),
        (Precedence.LEFT, {"subject": "mine"}, "left"),
        (Precedence.RIGHT, {"title": "theirs"}, "right"),
        (Precedence.LATEST, {"title": "theirs"}, "right"),
    ],
)
def test_the_winner_is_the_one_that_was_stated(wins: Precedence, written: dict[str, Value], winner: str) -> None:
    done, plan = aligned({"title": "mine"}, {"subject": "theirs"}, wins, fields=only("title"))
    assert writes(plan) == written
    assert [one.winner for one in done.conflicts] == [winner]


def test_a_winner_that_may_not_travel_writes_nothing_and_is_on_record() -> None:
    fields = only("title", direction=Direction.TO_RIGHT)
    done, plan = aligned({"title": "mine"}, {"subject": "theirs"}, Precedence.RIGHT, fields=fields)
    assert plan.operations == ()
    assert [(one.winner, "cannot travel" in one.reason) for one in done.conflicts] == [("held", True)]


def test_a_field_that_a_person_changed_meanwhile_is_left_to_the_ordinary_merge() -> None:
    old = linked(item(Side.LEFT, {"title": "old"}), item(Side.RIGHT, {"subject": "old"}))
    done, plan = aligned({"title": "old"}, {"subject": "typed"}, Precedence.LEFT, pair=old, fields=only("title"))
    assert done == Aligned(old)
    assert writes(plan) == {"title": "typed"}


def test_a_text_that_the_other_side_cannot_hold_whole_is_no_difference_afterwards() -> None:
    old = linked(item(Side.LEFT, {"title": "x" * 50}), item(Side.RIGHT, {"subject": "x" * 20}))
    done, plan = aligned({"title": "x" * 50}, {"subject": "x" * 20}, Precedence.LEFT, pair=old, fields=only("title"))
    assert (done.conflicts, plan.operations) == ((), ())


def test_a_value_without_a_counterpart_in_the_new_table_stays_where_it_is() -> None:
    old = linked(item(Side.LEFT, {"status": "3"}), item(Side.RIGHT, {"state": "d"}))
    done, plan = aligned({"status": "3"}, {"state": "d"}, Precedence.LEFT, pair=old, fields=only("status"))
    assert writes(plan) == {}
    assert [(one.winner, "cannot travel" in one.reason) for one in done.conflicts] == [("held", True)]


@pytest.mark.parametrize("wins", [Precedence.LEFT, Precedence.RIGHT, Precedence.LATEST])
def test_members_that_stay_give_way_to_nobody_and_are_no_conflict(wins: Precedence) -> None:
    """An app that adds whoever writes to its watchers holds more of them than the other for ever."""
    mine: dict[str, Value] = {"labels": ("red",)}
    theirs: dict[str, Value] = {"tags": ("blau", "red")}
    old = linked(item(Side.LEFT, mine), item(Side.RIGHT, theirs))
    done, plan = aligned(mine, theirs, wins, pair=old, fields=only("labels"))
    assert done.conflicts == ()
    assert writes(plan) == ({} if wins is Precedence.LEFT else {"labels": ("blau", "red")})


@pytest.mark.parametrize("wins", [Precedence.LEFT, Precedence.RIGHT])
def test_members_without_a_counterpart_are_no_difference(wins: Precedence) -> None:
    fields = only("labels", direction=Direction.TO_RIGHT)
    done, plan = aligned({"labels": ("red",)}, {"tags": ("blau", "red")}, wins, fields=fields)
    assert (done.conflicts, plan.operations) == ((), ())
