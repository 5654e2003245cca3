"""What an app fills in by itself when it makes an item is nobody's edit, also where the answer to that was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from server.domain.item import Draft, Side
from server.domain.mapping import FieldMapping, ValueMapping
from server.domain.operation import CreateItem, Operation, UpdateItem
from server.domain.pair import Pair, PairState, Seen
from server.domain.values import FieldKind, FieldSpec, Option, Value
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import FIELDS, LEFT_FIELDS, RIGHT_FIELDS, ids, item, mapping

L, R = Side.LEFT, Side.RIGHT
_LOW = (Option("1", "Low"), Option("2", "High"))
_MORE = tuple(
    FieldSpec(name, name.title(), kind, options=_LOW if kind is FieldKind.OPTION else ())
    for name, kind in (
        ("level", FieldKind.OPTION),
        ("watchers", FieldKind.USERS),
        ("done", FieldKind.NUMBER),
        ("due", FieldKind.DATE),
    )
)
COMPILED = mapping(
    (
        *FIELDS,
        *(FieldMapping(one.id, one.id) for one in _MORE[1:]),
        FieldMapping("level", "level", values=(ValueMapping("1", "1"), ValueMapping("2", "2"))),
    ),
    left={"fields": {"bug": (*LEFT_FIELDS, *_MORE)}},
    right={"fields": {"ticket": (*RIGHT_FIELDS, *_MORE)}},
    people=(("left", "u1", "ünal"), ("right", "x1", "ünal"), ("left", "u2", "bob"), ("right", "x2", "bob")),
)


def found(left: Mapping[str, Value], right: Mapping[str, Value], sent: Mapping[str, Value]) -> Plan:
    """What is decided when a twin is found whose creation was cut off."""
    original = item(L, {"title": "a", **left})
    pair = Pair("p", PairState.RESERVED, L, Seen(original.id), Seen("9"))
    create = Operation("o", "p", 0, R, CreateItem(Draft("R", "ticket", {"subject": "a", **sent}, "p")))
    twin = item(R, {"subject": "a", **right})
    return reconcile(pair, COMPILED.types[0], original, twin, COMPILED, ids(), (create,))


def writes(plan: Plan) -> dict[Side, dict[str, Value]]:
    return {one.side: dict(one.step.changed) for one in plan.operations if isinstance(one.step, UpdateItem)}


@pytest.mark.parametrize(
    "filled",
    [{"assignee": "x2"}, {"level": "1"}, {"state": "n"}, {"done": 0}, {"watchers": ("x1",)}, {"level": "1", "done": 7}],
)
def test_what_was_not_sent_and_is_there_is_the_apps_and_stays(filled: Mapping[str, Value]) -> None:
    plan = found({}, filled, {})
    assert writes(plan) == {}
    assert plan.conflicts == ()
    seen = plan.pair.on(R).snapshot or {}
    assert {name: seen[name] for name in filled} == filled


def test_what_a_person_typed_on_the_original_since_travels_over_it() -> None:
    plan = found({"level": "2", "watchers": ("u2",)}, {"level": "1", "watchers": ("x1",)}, {})
    assert writes(plan) == {R: {"level": "2", "watchers": ("x1", "x2")}}


def test_of_people_those_who_were_sent_and_taken_off_since_go() -> None:
    plan = found({"watchers": ()}, {"watchers": ("x1", "x2")}, {"watchers": ("x2",)})
    assert writes(plan) == {R: {"watchers": ("x1",)}}


def test_labels_that_somebody_put_on_meanwhile_travel() -> None:
    plan = found({"labels": ("red",)}, {"tags": ("mine", "red")}, {"tags": ("red",)})
    assert writes(plan) == {L: {"labels": ("mine", "red")}}


def test_a_day_that_the_app_made_up_is_taken_back() -> None:
    plan = found({}, {"due": "2026-11-30"}, {})
    assert writes(plan) == {R: {"due": None}}


def test_it_stays_nobodys_edit_when_the_pair_is_looked_at_again() -> None:
    plan = found({}, {"level": "1", "watchers": ("x1",)}, {})
    pair = replace(plan.pair, state=PairState.LINKED)
    original, twin = item(L, {"title": "a"}), item(R, {"subject": "a", "level": "1", "watchers": ("x1",)})
    again = reconcile(pair, COMPILED.types[0], original, twin, COMPILED, ids())
    assert writes(again) == {}
