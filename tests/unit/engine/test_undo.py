"""Undo as values: what is still ours returns, what a person typed stays, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import PARENT, Attachment, Comment, CommentDraft, Draft, Item, Link, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    AddLink,
    Carried,
    CreateItem,
    DeleteComment,
    DeleteFile,
    EditComment,
    Operation,
    RemoveLink,
    Step,
    UpdateItem,
)
from server.domain.pair import AttachmentPair, CommentPair, Pair, PairState
from server.domain.values import Value
from server.engine.arrival import arrived
from server.engine.plan import Plan
from server.engine.undo import after_cut_off, take_back
from tests.unit.engine import build

RIGHT, LEFT = Side.RIGHT, Side.LEFT
FIRST: dict[str, Value] = {"subject": "first", "body": "text", "state": "n", "assignee": None, "tags": ("red",)}
MAPPING = build.mapping(right={"deletes_comments": True, "deletes_attachments": True})
TYPE = MAPPING.types[0]
_places = count(1)

values = {
    "subject": st.sampled_from(["first", "second", "third", "fourth"]),
    "state": st.sampled_from(["n", "d"]),
    "tags": st.sampled_from([(), ("red",), ("blue", "red")]),
}
changes = st.fixed_dictionaries({}, optional=values)


def pair_of(item: Item, **more: object) -> Pair:
    left = build.item(LEFT, {"title": "x"})
    return replace(build.linked(left, item), **more)  # type: ignore[arg-type]  # fields of Pair


def operation(step: Step, *, undoes: bool = False) -> Operation:
    place = next(_places)
    return Operation(f"op{place}", "p", place, RIGHT, step, build.NOON, undoes)


def write(fields: dict[str, Value], changed: Mapping[str, Value]) -> Carried:
    """A write of ours to ``fields``, which hold it then."""
    before = {name: fields.get(name) for name in changed}
    fields.update(changed)
    return Carried(operation(UpdateItem(dict(changed), before)), dict(changed))


def undone(carried: list[Carried], fields: Mapping[str, Value]) -> Plan:
    item = build.item(RIGHT, dict(fields))
    return take_back(pair_of(item), TYPE, carried[::-1], {RIGHT: item}, MAPPING, build.ids())


def written_back(plan: Plan) -> dict[str, Value]:
    [step] = [one.step for one in plan.operations] or [UpdateItem({}, {})]
    assert isinstance(step, UpdateItem)
    return dict(step.changed)


@given(st.lists(changes, max_size=4))
def test_a_run_that_nobody_typed_over_is_taken_back_whole(writes: list[dict[str, Value]]) -> None:
    fields = dict(FIRST)
    carried = [write(fields, changed) for changed in writes]
    plan = undone(carried, fields)
    assert fields | written_back(plan) == FIRST
    assert plan.notes == ()


@given(st.lists(changes, min_size=1, max_size=4))
def test_an_undo_of_the_undo_brings_back_what_was_there_before(writes: list[dict[str, Value]]) -> None:
    fields = dict(FIRST)
    carried = [write(fields, changed) for changed in writes]
    before = dict(fields)
    back = write(fields, written_back(undone(carried, fields)))
    assert fields | written_back(undone([back], fields)) == before


@given(st.lists(changes, min_size=1, max_size=4))
def test_a_second_undo_finds_nothing_to_do(writes: list[dict[str, Value]]) -> None:
    fields = dict(FIRST)
    carried = [write(fields, changed) for changed in writes]
    write(fields, written_back(undone(carried, fields)))
    again = undone(carried, fields)
    assert (again.operations, again.notes) == ((), ())


@given(st.lists(changes, max_size=3), changes)
def test_what_a_person_typed_since_is_never_written(writes: list[dict[str, Value]], typed: dict[str, Value]) -> None:
    fields = dict(FIRST)
    carried = [write(fields, changed) for changed in writes]
    theirs = {name: value for name, value in typed.items() if value != fields[name]}
    plan = undone(carried, fields | theirs)
    assert not written_back(plan).keys() & theirs.keys()


def test_a_value_that_changed_since_is_named_with_what_it_held() -> None:
    fields = dict(FIRST)
    plan = undone([write(fields, {"subject": "second"})], fields | {"subject": "mine"})
    [note] = plan.notes
    assert (note.what, note.field, note.before, note.after) == ("not undone", "Subject", "first", "mine")


def test_a_field_that_may_not_be_empty_or_is_gone_stays_with_the_reason() -> None:
    fields: dict[str, Value] = dict(FIRST) | {"subject": None}
    plan = undone([write(fields, {"subject": "second", "gone": "x"})], fields)
    assert plan.operations == ()
    assert {note.reason for note in plan.notes} == {
        "it may not be empty there",
        "the app does not have this field any more",
    }


def test_steps_of_an_undo_say_that_they_are() -> None:
    fields = dict(FIRST)
    assert all(one.undoes for one in undone([write(fields, {"subject": "second"})], fields).operations)


def comment(body: str) -> Comment:
    return Comment("c1", body, "us", "Lockstep", build.NOON, own=True)


def with_comment(body: str) -> tuple[Item, Pair]:
    item = replace(build.item(RIGHT, dict(FIRST)), comments=(comment(body),))
    return item, pair_of(item, comments=(CommentPair("m", LEFT, "l1", "c1"),))


def test_a_comment_of_ours_is_removed_and_one_that_was_edited_stays() -> None:
    carried = [Carried(operation(AddComment("l1", CommentDraft("<p>said</p>", private=False, marker="m"))), {})]
    for body, steps in (("<p>said</p>", [DeleteComment("m", "c1")]), ("<p>mine</p>", [])):
        item, pair = with_comment(body)
        plan = take_back(pair, TYPE, carried, {RIGHT: item}, MAPPING, build.ids())
        assert [one.step for one in plan.operations] == steps
        assert bool(plan.notes) is not bool(steps)


def test_a_comment_that_the_run_posted_and_edited_is_removed_once() -> None:
    added = Carried(operation(AddComment("l1", CommentDraft("<p>one</p>", private=False, marker="m"))), {})
    edited = Carried(operation(EditComment("m", "c1", "<p>two</p>", "", "<p>one</p>")), {})
    item, pair = with_comment("<p>two</p>")
    plan = take_back(pair, TYPE, [edited, added], {RIGHT: item}, MAPPING, build.ids())
    assert [one.step for one in plan.operations] == [DeleteComment("m", "c1")]


def test_what_a_comment_said_before_returns_and_where_that_is_unknown_it_is_said() -> None:
    item, pair = with_comment("<p>two</p>")
    for before, steps in (("<p>one</p>", 1), (None, 0)):
        edited = [Carried(operation(EditComment("m", "c1", "<p>two</p>", "", before)), {})]
        plan = take_back(pair, TYPE, edited, {RIGHT: item}, MAPPING, build.ids())
        assert (len(plan.operations), len(plan.notes)) == (steps, 1 - steps)


def test_what_was_removed_does_not_come_back_and_is_named() -> None:
    item = build.item(RIGHT, dict(FIRST))
    carried = [Carried(operation(one), {}) for one in (DeleteComment("m", "c1"), DeleteFile("f", "f1", "a.txt"))]
    plan = take_back(pair_of(item), TYPE, carried, {RIGHT: item}, MAPPING, build.ids())
    assert plan.operations == ()
    assert [note.field for note in plan.notes] == ["", "a.txt"]


@pytest.mark.parametrize("step", [AddLink, RemoveLink])
@pytest.mark.parametrize("kind", ["blocks", PARENT])
def test_where_an_app_lets_nobody_change_links_each_one_is_named(step: type[AddLink | RemoveLink], kind: str) -> None:
    mapping = build.mapping(right={"link_kinds": ("relates",)})
    there = step is AddLink
    links = (Link(kind, "9"),) if there and kind != PARENT else ()
    item = replace(build.item(RIGHT, dict(FIRST)), links=links, parent="9" if there and kind == PARENT else None)
    carried = [Carried(operation(step(Link(kind, "8"), Link(kind, "9"))), {})]
    plan = take_back(pair_of(item), TYPE, carried, {RIGHT: item}, mapping, build.ids())
    assert plan.operations == ()
    [note] = plan.notes
    assert (note.what, note.field, note.after) == ("not undone", kind, "9")
    assert "lets nobody change a link of this kind" in note.reason


def test_an_undone_create_ends_the_pair_and_writes_nothing() -> None:
    item = build.item(RIGHT, dict(FIRST))
    made = Carried(operation(CreateItem(Draft("R", "ticket", FIRST, "p"))), FIRST)
    plan = take_back(pair_of(item), TYPE, [made], {RIGHT: item}, MAPPING, build.ids())
    assert plan.pair.state is PairState.ENDED
    assert plan.operations == ()


def test_after_a_cut_off_undo_both_values_of_ours_are_nobodys_edit_and_a_third_is() -> None:
    lost = [operation(UpdateItem({"subject": "first"}, {"subject": "second"}), undoes=True)]
    for now, believed in (("first", "first"), ("second", "second"), ("mine", "known")):
        item = build.item(RIGHT, dict(FIRST) | {"subject": now})
        seen = replace(pair_of(item).right, snapshot={"subject": "known"})
        after = after_cut_off(pair_of(item, right=seen), lost, {RIGHT: item, LEFT: None})
        assert after.right.snapshot == {"subject": believed}


def test_a_write_that_is_no_undo_leaves_the_snapshot_alone() -> None:
    item = build.item(RIGHT, dict(FIRST))
    lost = [operation(UpdateItem({"subject": "first"}, {"subject": "second"}))]
    pair = pair_of(item, right=replace(pair_of(item).right, snapshot={"subject": "known"}))
    assert after_cut_off(pair, lost, {RIGHT: item}) == pair


def test_comments_and_files_whose_removal_was_cut_off_get_no_new_twin() -> None:
    item = build.item(RIGHT, dict(FIRST))
    pair = pair_of(
        item,
        comments=(CommentPair("m", LEFT, "l1", "c1"),),
        attachments=(AttachmentPair("f", LEFT, "l2", "f1"),),
    )
    lost = [operation(one, undoes=True) for one in (DeleteComment("m", "c1"), DeleteFile("f", "f1", "a.txt"))]
    after = after_cut_off(pair, lost, {RIGHT: item})
    assert (after.comments[0].on(RIGHT), after.attachments[0].on(RIGHT)) == (None, None)
    assert after.comments[0].note
    assert after.attachments[0].note


def test_whether_a_lost_step_arrived_is_told_by_the_item() -> None:
    file = Attachment("f1", "a.txt", 1, "text/plain", "Lockstep", build.NOON, own=True)
    item = replace(build.item(RIGHT, dict(FIRST)), comments=(comment("said"),), attachments=(file,))
    pair = pair_of(
        item,
        comments=(CommentPair("m", LEFT, "l1", "c1"), CommentPair("n", LEFT, "l2")),
        attachments=(AttachmentPair("f", LEFT, "l3", "f1"), AttachmentPair("g", LEFT, "l4")),
    )
    steps: list[tuple[Step, bool]] = [
        (CreateItem(Draft("R", "ticket", {}, "p")), True),
        (UpdateItem({"subject": "first"}, {"subject": "zero"}), True),
        (UpdateItem({"subject": "zero"}, {"subject": "first"}), False),
        (AddComment("l1", CommentDraft("said", private=False, marker="m")), True),
        (AddComment("l2", CommentDraft("said", private=False, marker="n")), False),
        (EditComment("m", "c1", "said", ""), True),
        (EditComment("m", "c1", "other", ""), False),
        (DeleteComment("m", "c1"), False),
        (DeleteComment("m", "c9"), True),
        (AddFile("f", "l3", "a.txt", "text/plain", 1), True),
        (AddFile("g", "l4", "b.txt", "text/plain", 1), False),
        (DeleteFile("f", "f1", "a.txt"), False),
        (DeleteFile("f", "f9", "a.txt"), True),
    ]
    for step, there in steps:
        found = arrived(operation(step), item, Plan(pair, TYPE))
        assert (found is not None) is there, step
        assert arrived(operation(step), None, Plan(pair, TYPE)) is None
    assert arrived(operation(steps[1][0]), item, Plan(pair, TYPE)) == {"subject": "first"}
