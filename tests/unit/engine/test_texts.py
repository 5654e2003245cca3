"""What the texts of a pair name, on their way: twins, people, pictures, and no echo of any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.connectors.redmine.syntax import syntax as redmine
from server.connectors.request_tracker.syntax import syntax as request_tracker
from server.domain.item import Attachment, Comment, Item, Side
from server.domain.operation import AddComment, AddFile, CreateItem, EditComment, UpdateItem
from server.domain.pair import AttachmentPair, Pair
from server.domain.rules import TextRules
from server.domain.syntax import Counterpart
from server.domain.values import AppUser, FieldKind, FieldSpec, FileNames, TextFormat, Value
from server.engine.links import Relatives
from server.engine.mapping import Mapping
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from tests.unit.engine.build import NOON, ids, item, linked, mapping, only

L, R = Side.LEFT, Side.RIGHT
TEXTILE, HTML = TextFormat.TEXTILE, TextFormat.HTML
RED, RT = redmine("textile", "https://red.example"), request_tracker(HTML, "https://rt.example")
KNOWN = Relatives(
    named={
        L: {"1": Counterpart("55", "#55", "https://red.example/issues/55")},
        R: {"55": Counterpart("1", "#1", "https://rt.example/Ticket/Display.html?id=1")},
    }
)
SHOT = Attachment("f1", "image001.png", 5, "image/png", "Ünal", NOON)


def integration(*, mentions: bool = False) -> Mapping:
    """Messages in HTML on the left, Textile on the right."""
    left: dict[str, Any] = {
        "text_format": HTML,
        "fields": {"bug": (FieldSpec("text", "Text", FieldKind.RICH_TEXT, text_format=HTML),)},
        "syntax": replace(RT, person="@{login}"),
        "users": (AppUser("u1", "Älice", "alice", "a@example.test"),),
    }
    right: dict[str, Any] = {
        "text_format": TEXTILE,
        "fields": {"ticket": (FieldSpec("body", "Body", FieldKind.RICH_TEXT, text_format=TEXTILE),)},
        "syntax": RED,
        "users": (AppUser("x1", "Älice", "a.smith", "a@example.test"),),
    }
    found = mapping(fields=only("text"), left=left, right=right)
    return replace(found, document=replace(found.document, texts=TextRules(mentions=mentions)))


def plan_for(left: Item, right: Item | None, pair: Pair, **more: Any) -> Plan:
    whole = more.pop("whole", None) or integration()
    return reconcile(pair, whole.types[0], left, right, whole, ids(), relatives=KNOWN, **more)


def said(left: Value, right: Value) -> tuple[Item, Item]:
    return item(L, {"text": left}), item(R, {"body": right})


def written(plan: Plan) -> list[Value]:
    return [value for one in plan.operations if isinstance(one.step, UpdateItem) for value in one.step.changed.values()]


def test_an_edit_carries_its_references_and_comes_back_as_nothing() -> None:
    before, now = said("<p>x</p>", "x"), said("<p>as #1, not #9</p>", "x")
    first = plan_for(*now, linked(*before))
    assert written(first) == ["as #55, not &#35;9"]
    there = said("<p>as #1, not #9</p>", "as #55, not &#35;9")
    assert written(plan_for(*there, linked(*there))) == []


def test_what_a_person_adds_there_leaves_the_references_here_as_they_were() -> None:
    before = said("<p>as #1, not #9</p>", "as #55, not &#35;9")
    now = said("<p>as #1, not #9</p>", "as #55, not &#35;9, and #77")
    assert written(plan_for(*now, linked(*before))) == ["<p>as #1, not #9, and #<span></span>77</p>"]


def test_both_sides_that_say_the_same_are_no_conflict() -> None:
    now = said("<p>as #1, not #9</p>", "as #55, not &#35;9")
    plan = plan_for(*now, linked(*said("<p>x</p>", "x")))
    assert plan.conflicts == ()
    assert plan.operations == ()


def test_a_comment_carries_its_references_too() -> None:
    comment = Comment("c1", "<p>see #1 and @bob, #9</p>", "u1", "Jo #9", NOON)
    left, right = said("<p>x</p>", "x")
    plan = plan_for(replace(left, comments=(comment,)), right, linked(left, right))
    [post] = [one.step.draft.body for one in plan.operations if isinstance(one.step, AddComment)]
    assert post.endswith("see #55 and &#64;bob, &#35;9")
    assert "*Jo &#35;9* wrote" in post
    pair = replace(plan.pair, comments=(replace(plan.pair.comments[0], right_id="c9", right_hash=""),))
    edited = replace(comment, body="<p>see #1!</p>")
    twin = Comment("c9", post, "us", "Lockstep", NOON, own=True)
    again = plan_for(replace(left, comments=(edited,)), replace(right, comments=(twin,)), pair)
    [edit] = [one.step.body for one in again.operations if isinstance(one.step, EditComment)]
    assert edit.endswith("\nsee #55!")


def test_a_mention_is_one_there_only_if_the_integration_says_so() -> None:
    left, right = said("<p>x</p>", "x")
    asked = said("<p>x</p>", "ask @a.smith, and @nobody")
    assert written(plan_for(*asked, linked(left, right))) == ["<p>ask @a.smith, and @nobody</p>"]
    told = plan_for(*asked, linked(left, right), whole=integration(mentions=True))
    assert written(told) == ["<p>ask @alice, and @nobody</p>"]


def test_e13_a_new_item_shows_the_picture_of_the_mail() -> None:
    left = replace(item(L, {"text": '<p>see <img src="cid:image001.png@01D0"></p>'}), attachments=(SHOT,))
    plan = plan_for(left, None, Pair("p", linked(left, left).state, L))
    [made] = [one.step.draft.fields for one in plan.operations if isinstance(one.step, CreateItem)]
    assert made == {"body": "see !image001.png!"}


def test_a_picture_is_found_by_its_content_id_and_named_as_its_twin_is() -> None:
    file = replace(SHOT, name="a?" + "x" * 300 + ".png", content_id="ii_1@mail")
    left, right = said('<p><img src="cid:ii_1@mail"></p>', "x")
    whole = integration()
    names = replace(whole, right=replace(whole.right, file_names=FileNames(refused="?")))
    fresh = plan_for(replace(left, attachments=(file,)), right, linked(*said("<p>x</p>", "x")), whole=names)
    assert written(fresh) == ["!a_" + "x" * 249 + ".png!"]
    twin = replace(file, id="g1", name="renamed.png")
    pair = replace(linked(*said("<p>x</p>", "x")), attachments=(AttachmentPair("m", L, "f1", "g1", file.name, 5),))
    there = plan_for(replace(left, attachments=(file,)), replace(right, attachments=(twin,)), pair, whole=names)
    assert written(there) == ["!renamed.png!"]


@pytest.mark.parametrize(
    ("address", "content_id"),
    [
        ("cid:ii_abc@mail", "ii_abc@mail"),
        ("CID:ii_abc@mail", "ii_abc@mail"),
        ("cid:a%20b%25@mail", "a b%@mail"),
        ("cid:a%20b@mail", "a%20b@mail"),
        ("cid:<ii_abc@mail>", "ii_abc@mail"),
        ("cid:%3Cii_abc%40mail%3E", "ii_abc@mail"),
        ("cid:ii_abc@mail", "<ii_abc@mail>"),
    ],
)
def test_e13_a_picture_is_found_by_its_content_id_however_the_mail_writes_it(address: str, content_id: str) -> None:
    shots = (replace(SHOT, id="f2", name="image.png"), replace(SHOT, name="image.png", content_id=content_id))
    left = replace(item(L, {"text": f'<p><img src="{address}"></p>'}), attachments=shots)
    pair = replace(linked(*said("<p>x</p>", "x")), attachments=(AttachmentPair("m", L, "f1", "g1", "image.png", 5),))
    right = replace(said("x", "x")[1], attachments=(replace(SHOT, id="g1", name="renamed.png"),))
    assert written(plan_for(left, right, pair)) == ["!renamed.png!"]


@pytest.mark.parametrize("address", ["cid:gone@x", "cid:%3Cgone@x%3E", "cid:&lt;gone@x&gt;", "CID:gone%40x"])
def test_a_picture_that_nobody_has_is_named_by_what_its_mail_called_it(address: str) -> None:
    left, right = said(f'<p>see <img src="{address}"></p>', "x")
    assert written(plan_for(left, right, linked(*said("<p>x</p>", "x")))) == ["see gone"]


def test_a_picture_by_its_address_in_the_app_is_found_as_well() -> None:
    left, right = said('<p><img src="/Ticket/Attachment/7/f1/x.png"> <img src="cid:gone@x"></p>', "x")
    file = replace(SHOT, id="12")
    body = left.fields["text"]
    left = replace(left, fields={"text": str(body).replace("f1", "12")}, attachments=(file,))
    assert written(plan_for(left, right, linked(*said("<p>x</p>", "x")))) == ["!image001.png! gone"]


def test_a_picture_is_named_where_it_cannot_be_shown() -> None:
    left, right = said("<p>x</p>", "see !shot%201.png(the shot)!")
    right = replace(right, attachments=(replace(SHOT, id="g1", name="shot 1.png"),))
    assert written(plan_for(left, right, linked(*said("<p>x</p>", "x")))) == ["<p>see the shot (shot 1.png)</p>"]


def test_the_name_of_a_private_file_is_not_told_by_a_text_that_shows_it() -> None:
    left, right = said('<p>as you wrote: <img src="cid:ii_1@mail"></p>', "x")
    file = replace(SHOT, name="salaries.png", content_id="ii_1@mail", private=True)
    left = replace(left, attachments=(file,))
    assert written(plan_for(left, right, linked(*said("<p>x</p>", "x")))) == ["as you wrote: ii_1"]


def made(*files: Attachment, body: str) -> Plan:
    left = replace(item(L, {"text": body}), attachments=files)
    return plan_for(left, None, Pair("p", linked(left, left).state, L))


def test_pictures_that_a_mail_program_calls_alike_are_each_shown_as_itself() -> None:
    """Redmine shows a picture by its file's name, and of several files the latest."""
    first, second = (replace(SHOT, id=one, name="image.png", content_id=f"{one}@mail") for one in ("9", "10"))
    later = replace(first, id="11", name="IMAGE.png", content_id="", created_at=NOON + timedelta(minutes=1))
    plan = made(second, later, first, body='<p><img src="cid:9@mail"> <img src="cid:10@mail"></p>')
    [body] = [one.step.draft.fields["body"] for one in plan.operations if isinstance(one.step, CreateItem)]
    assert body == "!image.png! !image%20%282%29.png!"
    sent = {one.step.source: one.step.name for one in plan.operations if isinstance(one.step, AddFile)}
    assert sent == {"9": "image.png", "10": "image (2).png", "11": "IMAGE (3).png"}
    assert [one.after for one in plan.notes if one.what == "file renamed"] == ["image (2).png", "IMAGE (3).png"]


def test_files_alike_that_no_text_shows_keep_their_name() -> None:
    plan = made(SHOT, replace(SHOT, id="f2"), body="<p>x</p>")
    assert [one.step.name for one in plan.operations if isinstance(one.step, AddFile)] == [SHOT.name] * 2


@pytest.mark.parametrize("name", ["IMG_1.heic", "scan.tiff", "logo.svg", "photo", "mail.webp"])
def test_a_picture_of_a_kind_that_the_app_does_not_show_is_named(name: str) -> None:
    file = replace(SHOT, name=name, content_id="p@mail")
    plan = made(file, body='<p>see <img src="cid:p@mail" alt="the roof"></p>')
    [body] = [one.step.draft.fields["body"] for one in plan.operations if isinstance(one.step, CreateItem)]
    assert body == f"see the roof ({name})"
