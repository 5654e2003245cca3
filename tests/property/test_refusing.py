"""Histories of apps that refuse single values, and faults that the laws of what is left out catch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.property import plants
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.refusing import RefusingHistories, check_asked_once, check_left_out
from tests.property.sight import look
from tests.property.stories import values
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres
SEED = 51


def one_is_refused(stage: Stage) -> World:
    world = stage.world(right_refuses_values=frozenset({("due", "2031-01-31")}))
    world.left.person_creates(values("one", due="2031-01-31"))
    world.sync(seconds=2)
    world.sync(seconds=2)
    return world


def judge(world: World) -> None:
    check_left_out(look(world))
    check_asked_once(world)


def test_without_a_fault_the_story_ends_well(stage: Stage) -> None:
    judge(one_is_refused(stage))


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (plants.what_is_left_out_is_not_said, "no hold says so"),
        (plants.a_refusal_is_forgotten, "sent again"),
    ],
)
def test_a_planted_fault_breaks_its_law(
    plant: Callable[[pytest.MonkeyPatch], None], told: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=told):
        judge(one_is_refused(stage))


def test_every_history_of_apps_that_refuse_values_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 60, SEED, RefusingHistories)
