"""The verdict on a storm finds what it is there to find: one that finds nothing would prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.storm.diary import Diary, File, Remark, Title, token_of
from tests.storm.verdict import Standing, Verdict, judge
from tests.support.compare import SYNC, Kept, Said, Stored, digest

LEFT = Stored(
    "1", "the printer w1lw", "it rings loudly", "1", "2", "alice",
    (Said("alice", "I said word3said"), Said("alice", "among us: secretword4said", private=True),
     Said(SYNC, "Bob wrote: word5said")),
    (Kept("file6.bin", 3, digest(b"abc")),), "monday",
)  # fmt: skip
RIGHT = Stored(
    "7", "the printer w1lw", "it rings loudly", "new", "50", "alice",
    (Said(SYNC, "Alice wrote: word3said"), Said("bob", "word5said")),
    (Kept("file6.bin", 3, digest(b"abc")),), "monday",
)  # fmt: skip
DIARY = Diary(
    items={"w1lw": "left"},
    titles=[Title("w1lw", "left", "the printer", 1), Title("w1lw", "left", "the printer w1lw", 2)],
    remarks=[
        Remark("w1lw", "left", "word3said", private=False),
        Remark("w1lw", "left", "secretword4said", private=True),
        Remark("w1lw", "right", "word5said", private=False),
    ],
    files=[File("w1lw", "left", "file6.bin", digest(b"abc"))],
)
STANDING = Standing(
    name="both",
    left=[LEFT],
    right=[RIGHT],
    later=([LEFT], [RIGHT]),
    seen=("word3said", "word3said"),
    markups=("plain", "plain"),
    keeps_private=(True, False),
    statuses={("1", "new"), ("5", "resolved")},
    priorities={("2", "50")},
    record="",
    recorded=frozenset(),
    creations={"1 and 7": 1},
)

Change = Callable[[Standing], Standing]


def right(**more: object) -> Change:
    def change(standing: Standing) -> Standing:
        now = [replace(RIGHT, **more)]  # type: ignore[arg-type] # the fields of a Stored
        return replace(standing, right=now, later=(standing.later[0], now))

    return change


def test_nothing_is_found_where_all_is_well() -> None:
    assert judge(STANDING, DIARY) == Verdict()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("lost", lambda one: replace(one, right=[], later=(one.left, []))),
        ("doubled", lambda one: replace(one, right=[RIGHT, RIGHT], later=(one.left, [RIGHT, RIGHT]))),
        ("doubled", lambda one: replace(one, right=[RIGHT, replace(RIGHT, id="8", title="w2rw")])),
        ("lost", right(comments=RIGHT.comments[1:])),
        ("doubled", right(comments=(*RIGHT.comments, RIGHT.comments[0]))),
        ("lost", right(files=())),
        ("lost", right(files=(Kept("file6.bin", 3, digest(b"abd")),))),
        ("doubled", right(files=RIGHT.files * 2)),
        ("differing", right(title="another w1lw")),
        ("differing", right(status="resolved")),
        ("differing", right(assignee="bob")),
        ("differing", right(text="it is silent")),
        ("leaked", right(comments=(*RIGHT.comments, Said(SYNC, "secretword4said")))),
        ("leaked", lambda one: replace(one, seen=("", "secretword4said"))),
        ("echoed", lambda one: replace(one, later=(one.left, [replace(RIGHT, touched="tuesday")]))),
        ("echoed", right(comments=(*RIGHT.comments, Said(SYNC, "what nobody said")))),
        ("unrecorded", lambda one: replace(one, creations={"1 and 7": 0})),
        ("unrecorded", lambda one: replace(one, creations={"1 and 7": 2})),
    ],
)
def test_each_fault_is_found(kind: str, change: Change) -> None:
    assert judge(change(STANDING), DIARY).counts()[kind] > 0


def test_a_title_that_gave_way_without_a_word_is_lost() -> None:
    typed = replace(DIARY, titles=[*DIARY.titles, Title("w1lw", "right", "the last word w1lw", 3)])
    assert judge(STANDING, typed).counts()["lost"] == 1
    assert judge(replace(STANDING, record="“the last word w1lw” gave way"), typed) == Verdict()


def test_what_differs_and_is_held_is_noted() -> None:
    held = replace(right(status="resolved")(STANDING), recorded=frozenset({"7"}))
    verdict = judge(held, DIARY)
    assert (verdict.faults, len(verdict.noted)) == ([], 1)


def test_an_item_that_few_may_see_is_nowhere_else() -> None:
    hidden = replace(DIARY, hidden={"w1lw"}, remarks=[], files=[])
    assert judge(replace(STANDING, seen=("w1lw", "w1lw")), hidden).counts()["leaked"] == 1
    alone = replace(STANDING, right=[], later=([LEFT], []), seen=("w1lw", ""), creations={})
    assert judge(alone, hidden) == Verdict()


def test_a_token_is_found_in_any_title() -> None:
    assert token_of("Drucker „größer“ & <schneller> w12rw 請幫忙 n5n") == "w12rw"
    assert token_of("Drucker") == ""
