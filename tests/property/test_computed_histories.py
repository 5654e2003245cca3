"""Histories of apps that work values out by themselves, and faults that the laws of such values catch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from server.domain.integration import Document
from server.domain.item import PARENT, Side
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from tests.property import plants
from tests.property.computing import ComputingHistories, check_never_written, check_typed_stands
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.sight import look
from tests.property.stories import values
from tests.property.world import Stage, World, document
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
SEED = 58


def with_parents(left: str, right: str) -> Document:
    return replace(document(left, right), links=LinkRules(parents=Direction.BOTH))


def a_parent_is_made(stage: Stage) -> World:
    """A person dates an item; our copy of what is below it makes the other app work out another day."""
    world = stage.world(with_parents, right_derives=True)
    above = world.left.person_creates(values("above", due="2031-01-31"))
    below = world.left.person_creates(values("below", due="2026-11-23"))
    world.left.person_links(below, PARENT, above)
    for _ in range(3):
        world.sync(seconds=2)
    return world


def a_parent_is_dated(stage: Stage) -> World:
    """Then they date it anew."""
    world = a_parent_is_made(stage)
    above = next(one.id for one in world.left.records.values() if one.parent is None)
    world.left.person_edits(above, "due", "2031-02-28")
    for _ in range(3):
        world.sync(seconds=2)
    return world


def judge(world: World) -> None:
    check_typed_stands(look(world))
    check_never_written(world)


def test_without_a_fault_the_story_ends_well(stage: Stage) -> None:
    world = a_parent_is_dated(stage)
    judge(world)
    assert world.right.refusals == [], "it is never even tried"
    said = world.history()
    assert "It is the latest of those below." in said
    assert "what a person typed stays" in said
    assert all(one.fields["due"] == "2026-11-23" for one in world.right.records.values())


def test_what_is_worked_out_goes_on_to_where_nobody_typed_anything(stage: Stage) -> None:
    world = stage.world(with_parents, right_derives=True)
    above = world.right.person_creates(values("above", due="2031-01-31"))
    below = world.right.person_creates(values("below", due="2026-11-23"))
    world.right.person_links(below, PARENT, above)
    world.settle()
    for due in ("2031-01-31", "2031-02-28"):
        world.right.person_edits(below, "due", due)
        world.settle()
        assert {one.fields["due"] for side in Side for one in world.app(side).records.values()} == {due}
    judge(world)


@pytest.mark.parametrize(
    ("plant", "story", "told"),
    [
        (plants.what_an_app_works_out_is_an_edit, a_parent_is_made, "of an app stands there"),
        (plants.what_an_app_works_out_is_written, a_parent_is_dated, "although it is worked out"),
    ],
)
def test_a_planted_fault_breaks_its_law(
    plant: Callable[[pytest.MonkeyPatch], None],
    story: Callable[[Stage], World],
    told: str,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=told):
        judge(story(stage))


def test_every_history_of_apps_that_work_values_out_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 40, SEED, ComputingHistories)
