"""What somebody types between our look and our write is theirs: it stays, or is on record; a page takes its time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server import faults
from server.domain.mapping import ConflictPolicy
from server.services.sync import overtaken
from tests.property.laws import check_all
from tests.property.model import Fate
from tests.property.stories import begin, several_with_deletions, with_fields
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def after_the_plan(world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, late: bool) -> World:
    """Somebody is at work once the plan is written down; ``late``: by then what it rests on is old."""
    waiting = [act]

    def reach(point: str) -> None:
        if point == "journal.committed" and waiting:
            waiting.pop()()

    monkeypatch.setattr(faults, "reach", reach)
    monkeypatch.setattr(overtaken, "FRESH", -1.0 if late else 3600.0)
    return world


@pytest.mark.parametrize("wins", [ConflictPolicy.LEFT, ConflictPolicy.RIGHT, ConflictPolicy.LATEST])
def test_what_was_typed_meanwhile_in_the_field_that_is_written_is_a_conflict_and_on_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, wins: ConflictPolicy
) -> None:
    world, item, twin = begin(stage, with_fields(conflict=wins))
    world.left.person_edits(item, "text", "typed left")
    after_the_plan(world, monkeypatch, lambda: world.right.person_edits(twin, "text", "typed right"), late=True)
    world.settle()
    here, there = world.left.records[item].fields["text"], world.right.records[twin].fields["text"]
    assert here == there
    [row] = world.rows("select left_value, right_value, winner from conflicts")
    assert (row.left_value, row.right_value) == ("typed left", "typed right")
    assert here == (row.left_value if row.winner == "left" else row.right_value)
    check_all(world)


def test_what_was_typed_meanwhile_in_another_field_travels_and_what_was_to_be_written_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, item, twin = begin(stage)
    world.left.person_edits(item, "text", "typed left")
    after_the_plan(world, monkeypatch, lambda: world.right.person_edits(twin, "due", "2031-01-31"), late=True)
    writes = world.right.writes
    world.sync()
    assert world.right.records[twin].fields["text"] == "typed left"
    assert world.right.writes == writes + 1
    world.settle()
    assert world.left.records[item].fields["due"] == "2031-01-31"


def test_the_same_typed_meanwhile_is_in_step(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world, item, twin = begin(stage)
    world.left.person_edits(item, "text", "the same")
    after_the_plan(world, monkeypatch, lambda: world.right.person_edits(twin, "text", "the same"), late=True)
    world.settle()
    assert world.right.records[twin].fields["text"] == "the same"
    assert world.rows("select 1 from conflicts") == []


def test_a_look_that_is_fresh_costs_no_second_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    for late in (False, True):
        world, item, _ = begin(stage)
        world.left.person_edits(item, "text", "typed left")
        after_the_plan(world, monkeypatch, lambda: None, late=late)
        called, honest = list[str](), world.right.fate

        def noted(call: str, called: list[str] = called, honest: Callable[[str], Fate] = honest) -> Fate:
            called.append(call)
            return honest(call)

        world.right.fate = noted
        world.sync()
        reads.append(called.count("right.fetch"))
    assert reads[1] == reads[0] + 1


@pytest.mark.parametrize("late", [False, True])
def test_an_item_on_which_somebody_says_something_meanwhile_is_not_deleted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    world, items, twins = several_with_deletions(stage)
    world.tick(60)
    world.left.person_deletes(items[0])

    def say() -> None:
        world.tick(2)
        world.right.person_comments(twins[0], "wait, we need this", private=False)

    after_the_plan(world, monkeypatch, say, late=late)
    world.scan()
    world.settle()
    assert twins[0] in world.right.records
    assert "somebody has added a comment" in world.history()
