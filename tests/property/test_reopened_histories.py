"""Histories of apps that open an item for what we said there, and faults that the laws of that catch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import Direction
from tests.property import plants
from tests.property.model import Fate
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.reopening import ReopeningHistories, judge
from tests.property.stories import begin, with_fields
from tests.property.world import Rules, Stage, World, document
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
SEED = 92
BROKEN = (Fate.LOST, Fate.KILLED_AFTER, Fate.KILLED_BEFORE, Fate.BUSY, Fate.DENIED)


def without_status(left: str, right: str) -> Document:
    """A document in which the status does not travel at all."""
    plain = document(left, right)
    [type_] = plain.types
    return replace(plain, types=(replace(type_, fields=tuple(one for one in type_.fields if one.left != "status")),))


def spoken_of_what_is_done(
    stage: Stage, bad: Fate, call: str, rules: Rules = document, typed: str = "", *, files: bool = False
) -> tuple[World, str, str]:
    """Both are done; somebody says something on the left, and ``bad`` strikes the first call of this name."""
    world, item, twin = begin(stage, rules, right_reopens=True)
    for side, one in ((Side.LEFT, item), (Side.RIGHT, twin)):
        world.app(side).person_edits(one, "status", "2")
    world.settle()
    if files:
        world.left.person_attaches(item, "a.txt", b"a")
    else:
        world.left.person_comments(item, "it is done", private=False)
    fates = _once(bad, f"right.{call}")
    world.right.fate = lambda name: next(fates) if name == f"right.{call}" else Fate.WELL
    world.right.meanwhile = lambda one: world.right.person_edits(one, "status", typed) if typed else None
    world.sync(seconds=2)
    world.right.fate = world.fate
    return world, item, twin


def _once(bad: Fate, _name: str) -> Iterator[Fate]:
    yield bad
    while True:
        yield Fate.WELL


@pytest.mark.parametrize(
    ("rules", "files"),
    [(document, False), (document, True), (without_status, False), (with_fields(direction=Direction.TO_LEFT), False)],
)
@pytest.mark.parametrize("bad", BROKEN)
def test_what_was_opened_for_us_is_put_back(stage: Stage, bad: Fate, rules: Rules, files: bool) -> None:  # noqa: FBT001 - a case
    world, item, twin = spoken_of_what_is_done(stage, bad, "put_back", rules, files=files)
    world.settle()
    judge(world)
    assert world.left.records[item].fields["status"] == world.right.records[twin].fields["status"] == "2"
    assert len(world.right.records[twin].comments) + len(world.right.records[twin].attachments) == 1
    if bad not in (Fate.LOST, Fate.KILLED_AFTER):  # it was put back, and nobody heard of it
        assert "the app had moved it by itself" in world.history()
    assert "worked out" not in world.history()


def test_a_lost_answer_to_the_comment_itself_is_found_with_what_it_opened(stage: Stage) -> None:
    for bad in (Fate.LOST, Fate.KILLED_AFTER):
        world, _, twin = spoken_of_what_is_done(stage, bad, "add_comment")
        assert world.right.met["an item that was opened for us"] == 1
        world.settle()
        judge(world)
        assert world.right.records[twin].fields["status"] == "2"


def test_what_a_person_sets_meanwhile_is_theirs(stage: Stage) -> None:
    world, item, twin = spoken_of_what_is_done(stage, Fate.KILLED_BEFORE, "put_back")
    world.right.person_edits(twin, "status", "2")
    world.right.person_edits(twin, "status", "1")
    world.settle()
    judge(world)
    assert world.left.records[item].fields["status"] == world.right.records[twin].fields["status"] == "1"


def dies_on_the_way_back(stage: Stage, rules: Rules) -> None:
    """A second death, at each step of the pass that puts back."""
    for step in range(2, 8):
        world, item, twin = spoken_of_what_is_done(stage, Fate.KILLED_BEFORE, "put_back", rules)
        world.sync([Fate.WELL] * step + [Fate.KILLED_BEFORE])
        world.settle()
        judge(world)
        assert world.left.records[item].fields["status"] == world.right.records[twin].fields["status"] == "2"


@pytest.mark.parametrize("rules", [document, without_status])
def test_a_second_death_on_the_way_back_changes_nothing(stage: Stage, rules: Rules) -> None:
    dies_on_the_way_back(stage, rules)


def test_what_may_not_be_put_back_is_on_record_and_tried_again(stage: Stage) -> None:
    world, item, twin = spoken_of_what_is_done(stage, Fate.KILLED_BEFORE, "put_back", without_status)
    world.right.refuses_values = frozenset({("status", "2")})
    world.settle()
    assert world.right.records[twin].fields["status"] == "1"
    assert world.rows("select 1 from holds where kind = 'quarantine' and integration_id = :integration")
    tries = len(world.right.refusals)
    world.right.refuses_values = frozenset()
    world.settle()
    assert len(world.right.refusals) == tries
    world.right.person_edits(twin, "due", "2031-01-31")
    world.settle()
    assert world.right.records[twin].fields["status"] == "2"
    assert world.left.records[item].fields["status"] == "2"
    assert not world.rows("select 1 from holds where integration_id = :integration")


def test_the_twin_of_what_was_deleted_is_put_back_too(stage: Stage) -> None:
    world, item, twin = spoken_of_what_is_done(stage, Fate.KILLED_BEFORE, "put_back")
    world.left.person_deletes(item)
    world.scan()
    world.settle()
    assert world.right.records[twin].fields["status"] == "2"


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (plants.what_was_opened_for_us_is_not_noticed, "was opened for us"),
        (plants.what_is_not_put_back_is_forgotten, "was opened for us"),
    ],
)
def test_a_planted_fault_breaks_its_law(
    plant: Callable[[pytest.MonkeyPatch], None], told: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=told):
        dies_on_the_way_back(stage, without_status)


def test_every_history_of_apps_that_open_items_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 160, SEED, ReopeningHistories)
