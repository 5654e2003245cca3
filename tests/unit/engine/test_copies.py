"""What counts as a copy that a Lockstep made: never what a person wrote in their own name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.domain.item import Comment, Item
from server.domain.lineage import Maker, marker
from server.domain.values import TextFormat
from server.engine.copies import by_lockstep
from server.engine.richtext import attributed, names_its_author

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MARK = marker(7, Maker(1, 1), "5e7c1f0a-0000-4000-8000-000000000000")
ITEM = Item("1", "#1", "", "c", "t", AT, {}, author_name="Bot")
TWIN = replace(ITEM, marker=MARK)
BODY = attributed("words", TextFormat.PLAIN, "Ann", AT)


def comment(author: str, *, own: bool = False) -> Comment:
    return Comment("1", BODY, author, author, AT, own=own)


@pytest.mark.parametrize("format_", TextFormat)
def test_the_line_of_the_first_author_is_known_in_every_format(format_: TextFormat) -> None:
    assert names_its_author(attributed("words", format_, "Ann *B* <c>", AT), format_)


@pytest.mark.parametrize(
    "body",
    ["", "words", "Ann wrote on Monday:\n\nwords", "he said Ann wrote on 2026-11-23 12:00 UTC: words", "x" * 100_000],
)
def test_other_words_are_no_such_line(body: str) -> None:
    assert not names_its_author(body, TextFormat.PLAIN)


def test_our_account_and_the_maker_of_a_twin_are_lockstep() -> None:
    assert by_lockstep(comment("us", own=True), ITEM)
    assert by_lockstep(comment("Bot"), TWIN)


def test_a_person_is_not_whatever_they_write() -> None:
    assert not by_lockstep(comment("Eve"), TWIN)
    assert not by_lockstep(comment("Bot"), ITEM)
