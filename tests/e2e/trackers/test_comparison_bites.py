"""The comparison of trackers finds what it is there to find: a comparison that finds nothing would prove nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.e2e.trackers import content
from tests.support import compare
from tests.support.compare import SYNC, Kept, Said, Stored

MARKUPS = ("textile", "html")
KEEPS = (True, True)
ROWS = [("1", "new")]


def described(markup: str) -> str:
    return content.description(markup, "wort7")


LEFT = Stored(
    id="1",
    title="Größe",
    text=described("textile"),
    status="1",
    priority="1",
    assignee="alice",
    comments=(
        Said("alice", content.remark("textile", "eins")),
        Said("alice", content.remark("textile", "zwei"), private=True),
    ),
    files=(Kept("a.bin", 3, "abc"),),
    touched="",
)
RIGHT = Stored(
    id="7",
    title="Größe",
    text=described("html"),
    status="new",
    priority="new",
    assignee="alice",
    comments=(
        Said(SYNC, "<p>Alice wrote:</p>" + content.remark("html", "eins")),
        Said(SYNC, "<p>Alice wrote:</p>" + content.remark("html", "zwei"), private=True),
    ),
    files=(Kept("a.bin", 3, "abc"),),
    touched="",
)


def found(left: Stored, right: Stored) -> dict[str, int]:
    """How many sentences each part of the comparison has."""
    pairs = [(left, right)]
    parts = {
        "twins": compare.twins([left], [right]),
        "texts": compare.texts(pairs, MARKUPS),
        "values": compare.values(pairs, ROWS, ROWS),
        "comments": compare.comments(pairs, MARKUPS, KEEPS),
        "files": compare.files(pairs),
    }
    return {name: count for name, sentences in parts.items() if (count := len(list(sentences)))}


def test_what_is_equal_is_found_equal() -> None:
    assert found(LEFT, RIGHT) == {}


@pytest.mark.parametrize("markup", ["textile", "html", "plain"])
def test_the_words_of_a_text_are_found_without_its_markup(markup: str) -> None:
    words = compare.words(described(markup), markup)
    assert words[:2] == ["überschrift", "wort7"]
    assert not {"strong", "pre", "href"} & set(words)


def test_an_item_without_a_twin_and_one_with_two_are_found() -> None:
    assert len(list(compare.twins([LEFT], []))) == 1
    assert len(list(compare.twins([LEFT], [RIGHT, RIGHT]))) == 1


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (replace(RIGHT, text=described("html").replace("fetter", "")), "texts"),
        (replace(RIGHT, text=""), "texts"),
        (replace(RIGHT, status="open"), "values"),
        (replace(RIGHT, priority="high"), "values"),
        (replace(RIGHT, assignee="bob"), "values"),
        (replace(RIGHT, files=()), "files"),
        (replace(RIGHT, files=(Kept("a.bin", 3, "abd"),)), "files"),
        (replace(RIGHT, files=(Kept("a.bin", 3, "abc"), Kept("a.bin", 3, "abc"))), "files"),
        (replace(RIGHT, comments=RIGHT.comments[:1]), "comments"),
        (replace(RIGHT, comments=(*RIGHT.comments, RIGHT.comments[0])), "comments"),
        (replace(RIGHT, comments=(RIGHT.comments[0], replace(RIGHT.comments[1], private=False))), "comments"),
        (replace(RIGHT, comments=(*RIGHT.comments, Said(SYNC, "from nowhere"))), "comments"),
        (replace(RIGHT, comments=(*RIGHT.comments, Said("bob", "<p>never carried</p>"))), "comments"),
    ],
)
def test_every_difference_is_found(wrong: Stored, part: str) -> None:
    assert list(found(LEFT, wrong)) == [part]
