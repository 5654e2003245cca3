"""An empty title does not keep an item back: words stand in for it, are told, and never travel back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.item import Side
from server.domain.operation import CreateItem, UpdateItem
from server.domain.pair import Pair, PairState
from server.domain.values import Value
from server.engine.apart import apart
from server.engine.compiling import compile_mapping
from server.engine.mapping import SideShape
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import document, ids, item, linked, shape


def titled(side: Side) -> SideShape:
    """A side whose first field is its items' title."""
    plain = shape(side)
    [(kind, (title, *rest))] = plain.fields.items()
    return replace(plain, fields={kind: (replace(title, title=True), *rest)})


COMPILED = compile_mapping(document(), titled(Side.LEFT), titled(Side.RIGHT))
[TYPE] = COMPILED.types


def create(title: Value) -> Plan:
    pair = Pair("p", PairState.RESERVED, Side.LEFT)
    return reconcile(pair, TYPE, item(Side.LEFT, {"title": title}), None, COMPILED, ids())


@pytest.mark.parametrize("title", [None, "", "  ", "\u00a0\n\t"])
def test_e12_an_item_without_a_title_goes_and_it_is_told(title: Value) -> None:
    plan = create(title)
    [made] = plan.operations
    assert isinstance(made.step, CreateItem)
    assert made.step.draft.fields["subject"] == "(no subject)"
    [note] = [one for one in plan.notes if one.what == "filled in"]
    assert (note.side, note.field) == (Side.RIGHT, "Subject")
    assert "“(no subject)” stands for it" in note.reason


def writes(left: tuple[Value, Value], right: tuple[Value, Value]) -> dict[Side, Value]:
    """What is written where a title was (then, now) on either side."""
    pair = linked(item(Side.LEFT, {"title": left[0]}), item(Side.RIGHT, {"subject": right[0]}))
    now = item(Side.LEFT, {"title": left[1]}, minutes=1), item(Side.RIGHT, {"subject": right[1]}, minutes=1)
    plan = reconcile(pair, TYPE, *now, COMPILED, ids())
    assert plan.conflicts == ()
    return {
        one.side: next(iter(one.step.changed.values())) for one in plan.operations if isinstance(one.step, UpdateItem)
    }


def test_a_title_that_is_emptied_later_is_filled_in_there_and_stays_empty_here() -> None:
    assert writes(("old", ""), ("old", "old")) == {Side.RIGHT: "(no subject)"}
    assert writes(("old", "old"), ("old", "  ")) == {Side.LEFT: "(no title)"}


def test_what_stands_in_is_no_edit_whoever_looks() -> None:
    assert writes(("", ""), ("(no subject)", "(no subject)")) == {}
    assert writes(("", ""), ("old", "(no subject)")) == {}
    assert writes(("old", ""), ("old", "(no subject)")) == {}
    never_seen = Pair("p", PairState.RESERVED, Side.LEFT)
    both = item(Side.LEFT, {"title": ""}), item(Side.RIGHT, {"subject": "(no subject)"})
    assert reconcile(never_seen, TYPE, *both, COMPILED, ids()).operations == ()


def test_a_title_that_a_person_types_on_either_side_travels() -> None:
    assert writes(("", "typed"), ("(no subject)", "(no subject)")) == {Side.RIGHT: "typed"}
    assert writes(("", ""), ("(no subject)", "typed")) == {Side.LEFT: "typed"}


def test_two_sides_of_which_one_stands_in_are_in_step() -> None:
    assert apart(TYPE, {Side.LEFT: {"title": ""}, Side.RIGHT: {"subject": "(no subject)"}}) == ()


def test_only_a_title_is_filled_in() -> None:
    compiled = compile_mapping(document(), shape(Side.LEFT), shape(Side.RIGHT))
    plan = reconcile(
        Pair("p", PairState.RESERVED, Side.LEFT),
        compiled.types[0],
        item(Side.LEFT, {"title": ""}),
        None,
        compiled,
        ids(),
    )
    [made] = plan.operations
    assert isinstance(made.step, CreateItem)
    assert "subject" not in made.step.draft.fields
