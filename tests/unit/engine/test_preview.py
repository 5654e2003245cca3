from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.domain.item import Attachment, Comment, Item, Side
from server.domain.mapping import ConflictPolicy
from server.domain.pair import Pair, PairState
from server.engine import preview
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import LEFT_FIELDS, NOON, RIGHT_FIELDS, ids, item, linked, mapping, only

SPECS = {Side.LEFT: LEFT_FIELDS, Side.RIGHT: RIGHT_FIELDS}


def planned(pair: Pair, left: Item | None, right: Item | None, **more: Any) -> Plan:
    compiled = mapping(**more)
    return reconcile(pair, compiled.types[0], left, right, compiled, ids())


def new(left: Item) -> Plan:
    return planned(Pair("p", PairState.RESERVED, Side.LEFT), left, None)


def test_a_new_item_has_a_line_of_its_own_and_one_for_each_field() -> None:
    lines = preview.lines(new(item(Side.LEFT, {"title": "a title", "status": "2"})))
    assert [(one.action, one.field, one.after) for one in lines] == [
        ("create", "", "a title"),
        ("create", "Subject", "a title"),
        ("create", "State", "done"),
    ]
    assert {(one.side, one.item_key, one.twin_key) for one in lines} == {(Side.RIGHT, "L-1", "")}


def test_a_value_that_cannot_be_carried_over_is_a_line_with_the_reason() -> None:
    [line] = [one for one in preview.lines(new(item(Side.LEFT, {"title": "t", "status": "3"}))) if one.action == "note"]
    assert (line.field, line.after) == ("State", "Odd")
    assert "no counterpart" in line.reason


def test_a_conflict_shows_the_value_that_gives_way_as_the_one_before() -> None:
    old_left, old_right = item(Side.LEFT, {"title": "old"}), item(Side.RIGHT, {"subject": "old"})
    now = item(Side.LEFT, {"title": "mine"}), item(Side.RIGHT, {"subject": "theirs"})
    for policy, side, before in (
        (ConflictPolicy.LEFT, Side.RIGHT, "theirs"),
        (ConflictPolicy.RIGHT, Side.LEFT, "mine"),
    ):
        plan = planned(linked(old_left, old_right), *now, fields=only("title", policy))
        [line] = [one for one in preview.lines(plan) if one.action == "conflict"]
        assert (line.side, line.before) == (side, before)
        assert preview.counts(plan) == {"updates": 1, "conflicts": 1}


def test_comments_and_files_are_counted_and_a_huge_text_is_cut() -> None:
    comment = Comment("c", "x" * 9000, "u1", "Ünal", NOON)
    file = Attachment("f", "Größe.png", 12, "image/png", "Ünal", NOON + timedelta(1))
    left = item(Side.LEFT, {"title": "t"}, comments=(comment,))
    plan = new(Item(**{name: getattr(left, name) for name in Item.__slots__} | {"attachments": (file,)}))
    assert preview.counts(plan) == {"creates": 1, "comments": 1, "files": 1}
    said = next(one for one in preview.lines(plan) if one.action == "add_comment")
    assert isinstance(said.after, str)
    assert len(said.after) == 2000
    assert said.reason == ""


def test_of_a_private_comment_and_its_file_it_is_said_that_they_are_there_and_no_word_of_them() -> None:
    comment = Comment("c", "secret", "u1", "Ünal", NOON, private=True)
    file = Attachment("f", "secret.png", 12, "image/png", "Ünal", NOON + timedelta(1), private=True)
    left = replace(item(Side.LEFT, {"title": "t"}), comments=(comment,), attachments=(file,))
    lines = preview.lines(new(left))
    assert [(one.after, one.reason) for one in lines if one.action == "add_comment"] == [(None, "private")]
    assert [one.field for one in lines if "file not carried over" in one.reason] == [""]
    assert "secret" not in repr(lines)


def test_a_preview_of_a_restricted_item_quotes_neither_values_nor_the_names_of_files() -> None:
    file = Attachment("f", "secret.png", 12, "image/png", "Ünal", NOON + timedelta(1))
    large = replace(file, id="g", name="secret film.mp4", size=1 << 40)
    left = replace(item(Side.LEFT, {"title": "secret", "status": "3"}), attachments=(file, large), restricted="private")
    lines = preview.lines(new(left))
    assert {one.action for one in lines} == {"opened", "create", "add_file", "note"}
    assert "secret" not in repr(lines)
    assert "Odd" not in repr(lines), "a reason quotes no value, either"


def test_people_are_those_in_the_user_fields_before_and_after_the_write() -> None:
    old_left, old_right = item(Side.LEFT, {"owner": "u2"}), item(Side.RIGHT, {"assignee": "x2"})
    left = item(Side.LEFT, {"owner": "u1"})
    plan = planned(linked(old_left, old_right), left, old_right, fields=only("owner"))
    assert preview.people(plan, SPECS, {Side.LEFT: left, Side.RIGHT: old_right}) == {"right:x1"}
    plan = planned(linked(old_left, old_right), old_left, old_right, fields=only("owner"))
    assert preview.people(plan, SPECS, {Side.LEFT: old_left, Side.RIGHT: old_right}) == set()


def test_fields_and_values_are_called_what_people_call_them() -> None:
    old = linked(item(Side.LEFT, {"status": "1", "owner": "u1"}), item(Side.RIGHT, {"state": "n", "assignee": "x1"}))
    now = item(Side.LEFT, {"status": "2", "owner": "u1"}), item(Side.RIGHT, {"state": "n", "assignee": "x2"})
    clash = item(Side.LEFT, {"status": "2", "owner": "u2"}), now[1]
    [line] = preview.lines(planned(old, *now, fields=only("status")))
    assert (line.field, line.before, line.after) == ("State", "new", "done")
    [line] = preview.lines(planned(old, *clash, fields=only("owner", ConflictPolicy.HOLD)))
    assert (line.field, line.before, line.after) == ("Assignee", "Bob", "Bob")
    assert (line.side, line.action) == (Side.RIGHT, "conflict")
