"""What an app without correlation ids is asked for, and whose twin an item is likelier where several look for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.item import Attachment, Comment, CommentDraft, Draft, Side
from server.domain.operation import AddComment, AddFile, CreateItem, Operation, Step
from server.domain.values import TextFormat
from server.engine.arrival import answers_to, guises
from server.engine.audience import HOLLOW
from tests.unit.engine.build import NOON, item, mapping

COPY = AddComment("1", CommentDraft("Alice wrote:\n\nIt burns.", private=False, marker="m"))
FILE = AddFile("m", "1", "a.txt", "text/plain", 3)
STEPS: tuple[Step, ...] = (CreateItem(Draft("main", "item", {"subject": "Fire"}, "m")), COPY, FILE)
SENT = [Operation(str(place), "pair", place, Side.RIGHT, step) for place, step in enumerate(STEPS)]
MINE = Comment("7", "Alice wrote:\r\n\r\nIt  burns. ", "bot", "Lockstep", NOON, own=True)
OTHERS = replace(MINE, id="8", body="Bob wrote:\n\nIt is cold.")
MY_FILE = Attachment("9", "a.txt", 3, "text/plain", "Lockstep", NOON, own=True)


@pytest.mark.parametrize(
    ("comments", "files", "worth"),
    [
        ((), (), (0, 0)),
        ((MINE,), (MY_FILE,), (0, 2)),
        ((MINE, MINE), (), (0, 2)),
        ((OTHERS,), (), (-1, 0)),
        ((MINE, OTHERS), (replace(MY_FILE, size=4),), (-2, 1)),
        ((replace(OTHERS, own=False),), (replace(MY_FILE, name="b.txt", own=False),), (0, 0)),
    ],
    ids=["bare", "all of it", "taken twice", "another's", "a mixture", "what people added says nothing"],
)
def test_an_item_answers_to_what_was_sent_by_what_hangs_on_it(
    comments: tuple[Comment, ...], files: tuple[Attachment, ...], worth: tuple[int, int]
) -> None:
    there = replace(item(Side.RIGHT, {"subject": "Fire"}), comments=comments, attachments=files)
    assert answers_to(SENT, there, TextFormat.PLAIN) == worth


def test_what_was_made_without_its_description_is_looked_for_without_it() -> None:
    [type_] = mapping().types
    draft = Draft("main", "ticket", {"subject": "Fire", "body": "It burns.", "state": "n"}, "m")
    bare = replace(draft, fields={"subject": "Fire", "state": "n"})
    assert guises(draft, type_, Side.RIGHT) == [draft, bare]
    assert guises(bare, type_, Side.RIGHT) == [bare]
    assert guises(draft, None, Side.RIGHT) == [draft]
    [_, shell] = guises(replace(draft, restrict="private"), type_, Side.RIGHT)
    assert shell.fields == {"subject": HOLLOW, "private": True}
