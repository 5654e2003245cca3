"""A text that no database can hold is made one that it can, and every other text stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.domain.errors import Rejected
from server.domain.item import Comment, Item
from server.domain.text import storable


@pytest.mark.parametrize("text", ["", "plain", "a\r\nb\t", "ünï 漢字 🚀", "\u202e\ufffd"])
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert storable(text) is text


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\0b", "a\ufffdb"), ("a\ud83d", "a\ufffd"), ("\ud83d\ude80\0", "🚀\ufffd"), ("\ude80x", "\ufffdx")],
)
def test_what_cannot_be_stored_is_replaced_and_nothing_else(text: str, kept: str) -> None:
    assert storable(text) == kept


def test_nothing_that_comes_from_an_app_gets_past_it() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    item = Item("1", "k\0", "", "c", "t", moment, {"title": "\0", "labels": ("\0",), "number": 1, "unset": None})
    assert (item.key, dict(item.fields)) == (
        "k\ufffd",
        {"title": "\ufffd", "labels": ("\ufffd",), "number": 1, "unset": None},
    )
    comment = Comment("1", "b\0", "u", "n\0", moment)
    assert (comment.body, comment.author_name) == ("b\ufffd", "n\ufffd")
    assert Rejected("m\0", words="w\0").words == "w\ufffd"
