"""What differs although nothing waits to travel is named with its reason, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.values import Value
from server.engine.apart import apart
from tests.unit.engine.build import mapping, only


def reasons(left: dict[str, Value], right: dict[str, Value], *undecided: str, **more: Any) -> dict[str, str]:
    found = apart(mapping(**more).types[0], {Side.LEFT: left, Side.RIGHT: right}, undecided)
    return {one.name: one.reason for one in found}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"title": "One"}, {"subject": " one "}),
        ({"title": "x" * 50}, {"subject": "x" * 20}),
        ({"text": "a *b*"}, {"body": "<p>a <b>b</b></p>"}),
        ({"status": "1"}, {"state": "n"}),
        ({"status": None}, {"state": None}),
        ({"owner": "u1"}, {"assignee": "x1"}),
        ({"labels": ("Red", "blau")}, {"tags": ("BLAU", "red")}),
        ({}, {}),
    ],
)
def test_values_that_say_the_same_are_not_apart(left: dict[str, Value], right: dict[str, Value]) -> None:
    assert reasons(left, right) == {}


def test_a_value_that_an_app_filled_in_by_itself_is_apart_because_nobody_typed_it() -> None:
    said = reasons({"status": "1"}, {"state": None}, fields=only("status"))
    assert list(said) == ["Status"]
    assert "nobody has changed it since" in said["Status"]


def test_a_value_without_a_counterpart_is_named() -> None:
    said = reasons({"status": "3"}, {"state": "n"}, fields=only("status"))
    assert said == {"Status": "It stays as it is: the value “Odd” of “Status” has no counterpart in the mapping."}
    said = reasons({"owner": "u2"}, {"assignee": None}, fields=only("owner"))
    assert "nobody on the other side is known to be Bob" in said["Owner"]


def test_a_field_that_waits_for_a_person_says_so() -> None:
    said = reasons({"title": "mine"}, {"subject": "theirs"}, "title", fields=only("title"))
    assert "a person has to decide" in said["Title"]


def test_what_travels_one_way_says_so_where_only_the_other_side_has_it() -> None:
    fields = only("title", direction=Direction.TO_RIGHT)
    assert reasons({"title": None}, {"subject": "theirs"}, fields=fields) == {"Title": "It travels the other way only."}
    labels = only("labels", direction=Direction.TO_RIGHT)
    assert reasons({"labels": ()}, {"tags": ("red",)}, fields=labels) == {}


def test_what_is_written_only_when_a_twin_is_made_is_never_compared() -> None:
    assert reasons({"title": "a"}, {"subject": "b"}, fields=only("title", create_only=True)) == {}
