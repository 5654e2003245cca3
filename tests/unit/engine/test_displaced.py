"""What an app moved because we wrote there is nobody's edit and goes back; what a person set since is theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.item import Attachment, Comment, CommentDraft, Item, Moved, Side
from server.domain.mapping import Direction, FieldMapping
from server.domain.operation import AddComment, AddFile, DeleteItem, Operation, RestrictItem, Step, UpdateItem
from server.domain.pair import Displaced, Pair
from server.domain.values import Value
from server.engine.displaced import as_it_was, noticed, put_back
from server.engine.mapping import CompiledType
from server.engine.outlook import outlook
from server.engine.plan import Plan
from server.engine.reconcile import reconcile, unchanged
from tests.unit.engine.build import NOON, ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
OPENED: Moved = (("state", "d"),)
SAID = AddComment("c1", CommentDraft("<p>said</p>", private=False, marker="m"))
SENT = AddFile("f", "f1", "a.txt", "text/plain", 3)


def comment(body: str = "<p>said</p>", **more: Any) -> Comment:
    """A comment of ours that the app has."""
    return replace(Comment("77", body, "us", "Lockstep", NOON, own=True, moved=OPENED), **more)


def now(state: Value = "n", *, untyped: bool = True, **more: Any) -> Item:
    """The right item, opened for what we said there."""
    held = item(R, {"state": state}, minutes=1)
    names = frozenset({"state"} if untyped else ())
    return replace(held, untyped=names, **({"comments": (comment(),)} | more))


def look(right: Item, *lost: Step, left: Value = "2", fields: tuple[FieldMapping, ...] | None = None) -> Plan:
    """What is decided of both, which were done when they were last in step."""
    compiled = mapping(fields=only("status") if fields is None else fields)
    pair = linked(item(L, {"status": "2"}), item(R, {"state": "d"}))
    mine = item(L, {"status": left}, comments=(Comment("c1", "said", "p", "Pérson", NOON),))
    open_ = tuple(Operation(str(at), pair.id, at, R, one) for at, one in enumerate(lost))
    return reconcile(pair, compiled.types[0], mine, right, compiled, ids(), open_)


def written(plan: Plan) -> list[tuple[Side, dict[str, Value], dict[str, Value]]]:
    """The fields that a plan writes, and what they held."""
    steps = [(one.side, one.step) for one in plan.operations]
    return [(side, dict(step.changed), dict(step.before)) for side, step in steps if isinstance(step, UpdateItem)]


BACK = [(R, {"state": "d"}, {"state": "n"})]


@pytest.mark.parametrize(
    "fields",
    [only("status"), only("status", direction=Direction.TO_LEFT), only("status", direction=Direction.TO_RIGHT), ()],
)
def test_it_goes_back_whatever_way_the_field_travels(fields: tuple[FieldMapping, ...]) -> None:
    plan = look(now(), SAID, fields=fields)
    assert written(plan) == BACK
    assert plan.pair.displaced == (Displaced(R, "state", "n", "d"),)
    assert not plan.conflicts


def test_only_what_was_sent_without_an_answer_is_put_back() -> None:
    assert written(look(now())) != BACK
    other = AddComment("c1", CommentDraft("<p>else</p>", private=False, marker="x"))
    assert look(now(), other).pair.displaced == ()
    assert look(now(comments=(comment(own=False),)), SAID).pair.displaced == ()
    assert look(now(comments=(comment(moved=()),)), SAID).pair.displaced == ()
    assert look(now(comments=(comment("<p>else</p>", marker="m"),)), SAID).pair.displaced != ()


def test_a_file_opens_as_a_comment_does() -> None:
    file = Attachment("8", "a.txt", 3, "text/plain", "Lockstep", NOON, own=True, moved=OPENED)
    assert written(look(now(comments=(), attachments=(file,)), SENT)) == BACK
    stranger = replace(file, size=4)
    assert look(now(comments=(), attachments=(stranger,)), SENT).pair.displaced == ()


def test_what_a_person_set_on_the_other_side_goes_on_there() -> None:
    plan = look(now(), SAID, left="1")
    assert written(plan) == [(R, {"state": "n"}, {"state": "n"})], "it stands there, and nobody typed it there"
    assert not plan.conflicts


def remembered(at: str = "n") -> Pair:
    """A pair of which a field is not back yet."""
    pair = linked(item(L, {"status": "2"}), item(R, {"state": "d"}))
    return replace(pair, displaced=(Displaced(R, "state", at, "d"),))


def test_what_is_not_back_is_remembered_until_somebody_else_sets_it() -> None:
    compiled = mapping(fields=only("status"))
    type_: CompiledType = compiled.types[0]
    assert not unchanged(type_, remembered(), R, item(R, {"state": "d"}), compiled)
    found = noticed(remembered(), (), {R: now()}, compiled)
    assert found.displaced == remembered().displaced
    assert noticed(remembered(), (), {R: now("d")}, compiled).displaced == ()
    assert noticed(remembered(), (), {R: now("x")}, compiled).displaced == ()
    assert noticed(remembered(), (), {R: None}, compiled).displaced == ()
    halfway = UpdateItem({"state": "d"}, {"state": "n"}, {"state": ("x",)})
    lost = (Operation("1", "p", 0, R, halfway),)
    assert noticed(remembered(), lost, {R: now("x")}, compiled).displaced == (Displaced(R, "state", "x", "d"),)


def test_the_item_looks_as_it_was() -> None:
    seen = as_it_was(remembered(), {L: None, R: now()})[R]
    assert seen is not None
    assert (seen.fields["state"], seen.untyped) == ("d", frozenset())


def test_who_asks_why_is_told_that_it_goes_back() -> None:
    compiled = mapping(fields=only("status"))
    told = outlook(remembered(), compiled.types[0], item(L, {"status": "2"}), now(comments=()), compiled)
    assert told.fields[L] == ("status",)


def planned(*steps: Step) -> list[Step]:
    """What becomes of a plan for a pair of which a field is to go back."""
    operations = tuple(Operation(str(at), "p", at, R, one) for at, one in enumerate(steps))
    plan = Plan(remembered(), CompiledType("", "", ()), operations)
    after = put_back(plan, {R: now()}, ids())
    assert [one.place for one in after.operations] == list(range(len(after.operations)))
    return [one.step for one in after.operations]


def test_it_goes_back_before_more_is_said_and_after_the_item_is_restricted() -> None:
    back = UpdateItem({"state": "d"}, {"state": "n"})
    assert planned(SAID) == [back, SAID]
    assert planned(RestrictItem("private"), SAID) == [RestrictItem("private"), back, SAID]
    gone = DeleteItem({})
    assert planned(gone) == [gone]


def test_a_write_of_the_field_knows_what_stands_there() -> None:
    assert planned(UpdateItem({"state": "x"}, {"state": "d"})) == [UpdateItem({"state": "x"}, {"state": "n"})]
