"""A file's name is changed only as far as its app wants it, its ending stays, and what was changed is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import Side
from server.domain.operation import AddFile
from server.domain.values import FileNames, LengthUnit
from server.engine.file_names import kept_name
from server.engine.lengths import length
from tests.unit.engine.build import item
from tests.unit.engine.test_attachments import LEFT, RIGHT, L, R, file, holding, plan_for

REDMINE = FileNames(refused="\\/?%*:|\"'<>")
BYTES = FileNames(unit=LengthUnit.BYTES)
LONG = "x" * 300 + ".png"
"""E21: 304 characters."""


@pytest.mark.parametrize(
    ("name", "rules", "kept"),
    [
        (LONG, REDMINE, "x" * 251 + ".png"),
        ("ж" * 300 + ".png", BYTES, "ж" * 125 + ".png"),
        ("x" * 300 + ".tar.gz", REDMINE, "x" * 248 + ".tar.gz"),
        ("no ending " * 30, REDMINE, ("no ending " * 30)[:255]),
        ("a/b.txt", BYTES, "a_b.txt"),
        ("a\nb\x00.txt", BYTES, "a_b_.txt"),
        ("a?b%c*:|<>.txt", REDMINE, "a_b_c_.txt"),
        (" name.txt ", FileNames(trims=True), "name.txt"),
        (".hidden", REDMINE, ".hidden"),
        ("..", REDMINE, "file"),
        ("", REDMINE, "file"),
        ("größe 1.txt", REDMINE, "größe 1.txt"),
    ],
)
def test_a_name_becomes_one_that_the_app_keeps(name: str, rules: FileNames, kept: str) -> None:
    found, why = kept_name(name, rules)
    assert found == kept
    assert bool(why) is (name != kept)


@given(st.text(max_size=320), st.sampled_from([REDMINE, BYTES, FileNames(20, LengthUnit.UTF16, trims=True)]))
def test_every_name_fits_and_stays_as_it_is_the_second_time(name: str, rules: FileNames) -> None:
    kept, _ = kept_name(name, rules)
    assert kept
    assert length(kept, rules.unit) <= (rules.max_length or 0)
    assert not set(kept) & set(rules.refused + "/\n\0")
    assert kept_name(kept, rules) == (kept, "")


def test_e21_a_long_name_is_shortened_and_told() -> None:
    plan = plan_for(holding(LEFT, file(name=LONG)), RIGHT, right={"file_names": REDMINE})
    [step] = [one.step for one in plan.operations if isinstance(one.step, AddFile)]
    assert step.name == "x" * 251 + ".png"
    [note] = [one for one in plan.notes if one.what == "file renamed"]
    assert (note.field, note.after) == (LONG, step.name)
    assert note.reason == "cut after 255 of 304 characters, because the app keeps 255 characters"


def test_two_names_that_become_one_stay_two() -> None:
    both = holding(LEFT, file("f1", name=LONG), file("f2", name="x" * 299 + ".png"), file("f3", name="a?.txt"))
    there = holding(RIGHT, file("r9", name="a_.txt"))
    plan = plan_for(both, there, right={"file_names": REDMINE})
    names = [one.step.name for one in plan.operations if isinstance(one.step, AddFile) and one.side is R]
    assert names == ["x" * 251 + ".png", "x" * 247 + " (2).png", "a_ (2).txt"]


def test_files_that_were_called_alike_stay_so() -> None:
    plan = plan_for(holding(LEFT, file("f1"), file("f2")), RIGHT)
    assert [one.step.name for one in plan.operations if isinstance(one.step, AddFile)] == ["größe.txt"] * 2


@pytest.mark.parametrize("told", [True, False])
def test_a_renamed_upload_whose_answer_was_lost_is_known_again(told: bool) -> None:  # noqa: FBT001 - a case
    left = holding(LEFT, file(name="a?.txt"))
    first = plan_for(left, RIGHT, right={"file_names": REDMINE})
    lost = first.operations if told else ()
    there = holding(RIGHT, replace(file("r1", name="a_.txt"), own=True))
    again = plan_for(left, there, first.pair, right={"file_names": REDMINE}, lost=lost)
    assert not [one for one in again.operations if isinstance(one.step, AddFile)]
    assert again.pair.attachments[0].on(Side.RIGHT) == "r1"


def test_our_renamed_file_is_no_news_of_a_person() -> None:
    left = holding(LEFT, file(name="a?.txt"))
    first = plan_for(left, RIGHT, right={"file_names": REDMINE})
    known = replace(first.pair, attachments=(first.pair.attachments[0].seen_on(R, "r1"),))
    twice = holding(item(R, {"subject": "a"}), *(replace(file(one, name="a_.txt"), own=True) for one in ("r1", "r2")))
    plan = plan_for(left, twice, known, right={"file_names": REDMINE})
    assert not [one for one in plan.operations if isinstance(one.step, AddFile)]
    assert "took our file twice" in next(one.note for one in plan.pair.attachments if one.on(L) is None)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("harmless\u202egnp.exe", "harmless_gnp.exe"),
        ("harmless\u2067gnp.exe\u2069", "harmless_gnp.exe\u2069"),
        ("a.tar.gz", "a.tar.gz"),
        ("." + "x" * 300, "." + "x" * 254),
        ("a." + "x" * 300, "a." + "x" * 253),
        ("..\\..\\etc\\passwd", "..\\..\\etc\\passwd"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("CON", "CON"),
        ("👨\u200d👩\u200d👧" * 60 + ".png", "👨\u200d👩\u200d👧" * 50 + ".png"),
    ],
)
def test_odd_names_are_kept_as_far_as_they_mislead_nobody(name: str, kept: str) -> None:
    assert kept_name(name, FileNames(max_length=255))[0] == kept


@pytest.mark.parametrize("most", range(4, 30))
def test_a_name_is_never_longer_than_the_app_keeps_however_long_its_ending_is(most: int) -> None:
    for name in ("x" * 40 + ".tar.gz", "x.abcdefghijklmnop", "é" * 20 + ".png", ".tar.gz"):
        for unit in LengthUnit:
            kept = kept_name(name, FileNames(max_length=most, unit=unit))[0]
            assert kept
            assert length(kept, unit) <= max(most, length(kept[0], unit))
