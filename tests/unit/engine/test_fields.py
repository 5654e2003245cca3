"""The three-way merge, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from server.domain.errors import PutRight
from server.domain.item import Side
from server.domain.mapping import ConflictPolicy, Direction, FieldMapping
from server.domain.operation import UpdateItem
from server.domain.values import FieldKind, FieldSpec, TextFormat, Value
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT


def merge(
    before: tuple[Mapping[str, Value], Mapping[str, Value]],
    now: tuple[Mapping[str, Value], Mapping[str, Value]],
    *,
    minutes: tuple[int, int] = (1, 1),
    **more: Any,
) -> Plan:
    compiled = mapping(**more)
    pair = linked(item(L, before[0]), item(R, before[1]))
    left, right = item(L, now[0], minutes=minutes[0]), item(R, now[1], minutes=minutes[1])
    return reconcile(pair, compiled.types[0], left, right, compiled, ids())


def writes(plan: Plan) -> dict[Side, dict[str, Value]]:
    return {one.side: dict(one.step.changed) for one in plan.operations if isinstance(one.step, UpdateItem)}


def test_two_quiet_sides_cause_nothing() -> None:
    same = ({"title": "a"}, {"subject": "A, as that app spells it"})
    plan = merge(same, same, fields=only("title"))
    assert plan.operations == ()
    assert plan.notes == ()


@pytest.mark.parametrize("side", list(Side))
def test_one_edit_travels_to_the_other_side(side: Side) -> None:
    before = ({"title": "a"}, {"subject": "a"})
    now = ({"title": "b"}, {"subject": "a"}) if side is L else ({"title": "a"}, {"subject": "b"})
    plan = merge(before, now, fields=only("title"))
    assert writes(plan) == {side.other: {"subject" if side is L else "title": "b"}}


def test_a_direction_keeps_an_edit_on_its_side() -> None:
    plan = merge(
        ({"title": "a"}, {"subject": "a"}),
        ({"title": "a"}, {"subject": "b"}),
        fields=only("title", direction=Direction.TO_RIGHT),
    )
    assert writes(plan) == {}


def test_a_lossy_value_never_travels_back() -> None:
    long = "x" * 30
    plan = merge(
        ({"title": long}, {"subject": "x" * 20}), ({"title": long}, {"subject": "x" * 20}), fields=only("title")
    )
    assert plan.operations == ()


def test_a_cut_is_on_record() -> None:
    plan = merge(({"title": "a"}, {"subject": "a"}), ({"title": "x" * 30}, {"subject": "a"}), fields=only("title"))
    assert writes(plan) == {R: {"subject": "x" * 20}}
    assert "cut after 20" in plan.notes[0].reason


def test_the_same_edit_on_both_sides_is_adopted_in_silence() -> None:
    plan = merge(({"title": "a"}, {"subject": "a"}), ({"title": "b"}, {"subject": "b"}), fields=only("title"))
    assert plan.operations == ()
    assert plan.conflicts == ()
    assert plan.pair.left.snapshot == {"title": "b"}


@pytest.mark.parametrize(
    ("policy", "minutes", "winner"),
    [
        (ConflictPolicy.LEFT, (1, 9), "left"),
        (ConflictPolicy.RIGHT, (9, 1), "right"),
        (ConflictPolicy.LATEST, (9, 1), "left"),
        (ConflictPolicy.LATEST, (1, 9), "right"),
        (ConflictPolicy.LATEST, (5, 5), "left"),
    ],
)
def test_a_conflict_goes_by_its_policy_and_is_on_record(
    policy: ConflictPolicy, minutes: tuple[int, int], winner: str
) -> None:
    before, now = ({"title": "a"}, {"subject": "a"}), ({"title": "l"}, {"subject": "r"})
    plan = merge(before, now, minutes=minutes, fields=only("title", policy))
    assert writes(plan) == ({R: {"subject": "l"}} if winner == "left" else {L: {"title": "r"}})
    assert [(one.winner, one.left_value, one.right_value) for one in plan.conflicts] == [(winner, "l", "r")]


def test_a_held_conflict_writes_nothing_and_stays_open() -> None:
    before, now = ({"title": "a"}, {"subject": "a"}), ({"title": "l"}, {"subject": "r"})
    plan = merge(before, now, fields=only("title", ConflictPolicy.HOLD))
    assert plan.operations == ()
    assert plan.conflicts[0].winner == "held"
    assert plan.pair.left.snapshot == {"title": "a"}
    assert plan.pair.right.snapshot == {"subject": "a"}


def test_an_unmapped_option_leaves_the_target_as_it_is_and_says_so() -> None:
    plan = merge(({"status": "1"}, {"state": "n"}), ({"status": "3"}, {"state": "n"}), fields=only("status"))
    assert writes(plan) == {}
    assert "“Odd”" in plan.notes[0].reason


def test_an_unknown_person_never_blanks_an_assignee() -> None:
    plan = merge(({"owner": "u1"}, {"assignee": "x1"}), ({"owner": "u2"}, {"assignee": "x1"}), fields=only("owner"))
    assert writes(plan) == {}
    assert "Bob" in plan.notes[0].reason


def test_a_person_is_matched_by_email_then_by_the_table() -> None:
    before = ({"owner": None}, {"assignee": None})
    assert writes(merge(before, ({"owner": "u1"}, {"assignee": None}), fields=only("owner"))) == {R: {"assignee": "x1"}}
    people = (("left", "u2", "bob"), ("right", "x2", "bob"))
    plan = merge(before, ({"owner": "u2"}, {"assignee": None}), fields=only("owner"), people=people)
    assert writes(plan) == {R: {"assignee": "x2"}}


def test_taking_the_assignee_away_travels() -> None:
    plan = merge(({"owner": "u1"}, {"assignee": "x1"}), ({"owner": None}, {"assignee": "x1"}), fields=only("owner"))
    assert writes(plan) == {R: {"assignee": None}}


def test_labels_merge_by_element() -> None:
    before = ({"labels": ("a", "b")}, {"tags": ("a", "b")})
    now: tuple[dict[str, Value], dict[str, Value]] = ({"labels": ("a", "b", "c")}, {"tags": ("b", "d")})
    plan = merge(before, now, fields=only("labels"))
    assert writes(plan) == {R: {"tags": ("b", "c", "d")}, L: {"labels": ("b", "c", "d")}}
    assert plan.conflicts == ()


def test_a_required_field_is_never_blanked() -> None:
    plan = merge(({"title": "a"}, {"subject": "a"}), ({"title": None}, {"subject": "a"}), fields=only("title"))
    assert writes(plan) == {}
    assert "may not be empty" in plan.notes[0].reason


def test_a_create_only_field_is_left_alone_later() -> None:
    plan = merge(
        ({"title": "a"}, {"subject": "a"}), ({"title": "b"}, {"subject": "a"}), fields=only("title", create_only=True)
    )
    assert plan.operations == ()


def test_a_field_that_is_gone_is_named() -> None:
    with pytest.raises(PutRight, match="“vanished”, which Right does not have"):
        mapping(fields=(FieldMapping("title", "vanished"),))


def test_fields_of_unlike_kinds_are_refused() -> None:
    with pytest.raises(PutRight, match="kinds do not fit"):
        mapping(fields=(FieldMapping("title", "assignee"),))


def test_a_field_that_is_new_in_the_mapping_fills_the_empty_side() -> None:
    compiled = mapping(fields=only("title"))
    pair = linked(item(L, {}), item(R, {}))
    pair = pair.with_side(L, pair.left).with_side(R, pair.right)
    left, right = item(L, {"title": "typed"}), item(R, {"subject": ""}, minutes=9)
    plan = reconcile(pair, compiled.types[0], left, right, compiled, ids())
    assert writes(plan) == {R: {"subject": "typed"}}


@pytest.mark.parametrize(
    ("there", "now", "left"),
    [
        (("blau", "red"), ("red",), {"red"}),  # the app keeps words in small letters: its "blau" stands for "Blau"
        (("Blau", "blau", "red"), ("Blau", "red"), {"Blau", "red"}),  # it knows both apart
        (("blau", "red"), ("Blau", "red"), {"Blau", "red"}),  # the same word, in another case since
    ],
)
def test_a_label_that_is_taken_off_goes_in_the_case_that_the_other_side_has(
    there: tuple[str, ...], now: tuple[str, ...], left: set[str]
) -> None:
    mine = ("Blau", "blau", "red") if "Blau" in there else ("Blau", "red")
    plan = merge(({"labels": mine}, {"tags": there}), ({"labels": mine}, {"tags": now}), fields=only("labels"))
    written = writes(plan).get(L, {}).get("labels", mine)
    assert isinstance(written, tuple)
    assert set(written) == left


@pytest.mark.parametrize(("now", "travels"), [("a\n\nb", True), ("a \r\nb\n", False)])
def test_between_plain_texts_a_new_line_is_an_edit_and_another_line_end_is_none(now: str, travels: bool) -> None:  # noqa: FBT001 - a case
    plain = (FieldSpec("body", "Body", FieldKind.RICH_TEXT, text_format=TextFormat.PLAIN),)
    plan = merge(
        ({"text": "a\nb"}, {"body": "a\nb"}),
        ({"text": now}, {"body": "a\nb"}),
        fields=only("text"),
        right={"fields": {"ticket": plain}},
    )
    assert writes(plan) == ({R: {"body": now}} if travels else {})
