"""What a saved mapping names and an app does not show now rests, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import PutRight
from server.domain.item import Side
from server.engine.compiling import compile_mapping
from server.engine.mapping import SideShape
from server.engine.plan import seen
from server.engine.reconcile import unchanged
from tests.unit.engine.build import document, item, linked, shape


def without(side: Side, name: str) -> SideShape:
    """A side that does not show one of its fields."""
    whole = shape(side)
    fields = {type_: tuple(one for one in specs if one.id != name) for type_, specs in whole.fields.items()}
    return replace(whole, fields=fields)


@pytest.mark.parametrize("side", list(Side))
def test_a_field_that_is_not_shown_now_rests_and_the_others_go_on(side: Side) -> None:
    plain = document()
    [rule] = plain.types
    gone = rule.fields[-1]
    name = gone.left if side is Side.LEFT else gone.right
    shapes = [without(one, name) if one is side else shape(one) for one in Side]
    compiled = compile_mapping(plain, shapes[0], shapes[1], saved=plain.types)
    [type_] = compiled.types
    assert [one.rule for one in type_.fields] == list(rule.fields[:-1])
    [resting] = type_.resting
    assert (resting.left, resting.right) == (gone.left, gone.right)
    assert "does not have (any more)" in resting.why
    with pytest.raises(PutRight):
        compile_mapping(plain, shapes[0], shapes[1])


def test_a_type_that_is_not_there_now_is_absent_and_the_others_go_on() -> None:
    plain = document()
    [rule] = plain.types
    two = replace(plain, types=(rule, replace(rule, left="gone")))
    compiled = compile_mapping(two, shape(Side.LEFT), shape(Side.RIGHT), saved=two.types)
    assert [bool(one.absent) for one in compiled.types] == [False, True]
    with pytest.raises(PutRight, match="gone"):
        compile_mapping(two, shape(Side.LEFT), shape(Side.RIGHT), saved=plain.types)


def test_what_was_last_seen_of_a_resting_field_stays_known_and_makes_no_noise() -> None:
    plain = document()
    compiled = compile_mapping(plain, without(Side.LEFT, "labels"), shape(Side.RIGHT), saved=plain.types)
    [type_] = compiled.types
    left = item(Side.LEFT, {"title": "t", "text": "", "status": "1", "owner": None, "labels": ("red",)})
    right = item(Side.RIGHT, {"subject": "t", "body": "", "state": "n", "assignee": None, "tags": ("red",)})
    pair = linked(left, right)
    hidden = replace(left, fields={name: value for name, value in left.fields.items() if name != "labels"})
    assert unchanged(type_, pair, Side.LEFT, hidden, compiled)
    assert unchanged(type_, pair, Side.RIGHT, right, compiled)
    assert dict(seen(type_, Side.LEFT, hidden, pair.left, frozenset()).snapshot or {})["labels"] == ("red",)
