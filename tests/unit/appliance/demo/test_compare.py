"""The comparison finds what is not as it should be, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.demo.compare import (
    PRIORITY_PAIRS,
    STATUS_PAIRS,
    Comparison,
    Item,
    Message,
    Stock,
    compare_stocks,
    count_writes,
    plain,
)
from appliance.demo.rest import StoredFile
from appliance.demo.trackers import Person, Tracker

OURS = "lockstep"
PDF = StoredFile("Größe.pdf", "a" * 64)


def stock(name: str, *items: Item) -> Stock:
    robot = Person(OURS, "Lockstep", "lockstep@example.test", "x")
    tracker = Tracker(name, name, "classic", "http://127.0.0.1:1", "issue", Path(), robot, robot, ())
    return Stock(tracker, items, frozenset({"vpn", "mail"} if name == "left" else {"vpn", "api"}))


LEFT = Item(
    name="issue1",
    title="VPN drops",
    description="Since Monday.",
    status="in-progress",
    priority="bug",
    assignee="alice@example.test",
    keywords=frozenset({"vpn", "mail"}),
    comments=(Message("alice", "Me, too."), Message("bob", "Me, too. And Zoë.")),
    files=(PDF,),
)
RIGHT = replace(
    LEFT,
    name="bug7",
    status="open",
    priority="normal",
    keywords=frozenset({"vpn"}),
    comments=(
        Message(OURS, "Bob Müller wrote:\n\nMe, too. And Zoë."),
        Message(OURS, "Alice wrote:\n\nMe, too."),
    ),
)


def compared(left: tuple[Item, ...], right: tuple[Item, ...]) -> Comparison:
    return compare_stocks(stock("left", *left), stock("right", *right), STATUS_PAIRS, PRIORITY_PAIRS)


def test_equal_twins_are_one_pair_and_every_comment_and_file_is_counted() -> None:
    found = compared((LEFT,), (RIGHT,))
    assert found.equal
    assert (found.pairs, found.comments, found.files, found.details) == (1, 2, 1, ())


@pytest.mark.parametrize("status", ["in-progress", "chatting", "testing"])
def test_any_status_that_stands_for_the_other_is_right(status: str) -> None:
    assert compared((replace(LEFT, status=status),), (RIGHT,)).equal


@pytest.mark.parametrize(
    "wrong",
    [
        replace(RIGHT, title="VPN drops often"),
        replace(RIGHT, description="Since Monday!"),
        replace(RIGHT, status="closed"),
        replace(RIGHT, status=""),
        replace(RIGHT, priority="low"),
        replace(RIGHT, assignee="bob@example.test"),
        replace(RIGHT, assignee=""),
        replace(RIGHT, keywords=frozenset()),
        replace(RIGHT, comments=RIGHT.comments[:1]),
        replace(RIGHT, comments=(*RIGHT.comments, RIGHT.comments[1])),
        replace(RIGHT, comments=(*RIGHT.comments, Message("chloe", "Only here."))),
        replace(RIGHT, files=()),
        replace(RIGHT, files=(PDF, PDF)),
        replace(RIGHT, files=(StoredFile(PDF.name, "b" * 64),)),
        replace(RIGHT, files=(StoredFile("Grosse.pdf", PDF.digest),)),
    ],
)
def test_one_difference_makes_a_differing_pair_with_a_sentence(wrong: Item) -> None:
    found = compared((LEFT,), (wrong,))
    assert (found.pairs, found.missing, found.duplicates, found.differing) == (1, 0, 0, 1)
    assert found.details
    assert not found.equal


def test_keywords_that_one_side_does_not_know_do_not_count() -> None:
    assert compared((LEFT,), (replace(RIGHT, keywords=frozenset({"vpn", "api"})),)).equal


def test_an_item_without_a_twin_is_missing_on_either_side() -> None:
    other = replace(RIGHT, name="bug8", title="New", description="Something else.")
    found = compared((LEFT,), (other,))
    assert (found.pairs, found.missing, found.duplicates) == (0, 2, 0)


def test_a_second_twin_is_a_duplicate() -> None:
    found = compared((LEFT,), (RIGHT, replace(RIGHT, name="bug8")))
    assert (found.pairs, found.missing, found.duplicates) == (1, 0, 1)
    assert "bug8" in found.details[0]


def test_two_items_of_one_title_find_their_twins_by_what_they_say() -> None:
    second = replace(LEFT, name="issue2", description="Another one.")
    found = compared((LEFT, second), (replace(RIGHT, name="bug8", description="Another one."), RIGHT))
    assert found.equal
    assert found.pairs == 2


def test_text_is_compared_without_the_ways_to_end_a_line() -> None:
    assert plain("a  \r\n\r\n b\r\n") == "a\n\n b"


def test_every_made_changed_or_removed_member_is_a_write() -> None:
    before = {"a": "1", "b": "1", "c": "1"}
    assert count_writes(before, dict(before)) == 0
    assert count_writes(before, {"a": "2", "b": "1", "d": "1"}) == 3
