"""Each twin is told of and counted once, wherever the process died or an answer was lost while it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from server.domain.item import Side
from server.domain.rules import Parting, PartingRules
from tests.property import laws, plants
from tests.property.creations import check_creations
from tests.property.model import Fate
from tests.property.stories import values
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
_THE_CREATE = 5
"""The call that makes the first of the two twins."""
_CUTS = (Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY, Fate.REFUSED)


def cut_off(stage: Stage, step: int, bad: Fate, *, marks: bool = True) -> World:
    """Two items of the left one after the other, and at one step something goes wrong."""
    world = stage.world(marks_items=marks)
    for title in ("one", "two"):
        item = world.left.person_creates(values(title))
        world.left.person_comments(item, "said of it", private=False)
    world.sync([Fate.WELL] * step + [bad])
    return world


@pytest.mark.parametrize("bad", _CUTS)
@pytest.mark.parametrize("step", range(4, 13))
def test_a_creation_that_was_cut_off_is_told_and_counted_once(stage: Stage, step: int, bad: Fate) -> None:
    world = cut_off(stage, step, bad, marks=step % 2 == 0)
    laws.check_all(world)
    check_creations(world)
    assert len(world.right.records) == 2


@pytest.mark.parametrize("again", range(2, 10))
def test_it_is_told_once_though_the_process_dies_of_the_next_pass_too(stage: Stage, again: int) -> None:
    world = cut_off(stage, _THE_CREATE, Fate.KILLED_AFTER)
    world.sync([Fate.WELL] * again + [Fate.KILLED_AFTER])
    laws.check_all(world)
    check_creations(world)


@pytest.mark.parametrize("policy", list(Parting))
def test_it_is_told_though_the_original_is_deleted_before_the_twin_is_found(stage: Stage, policy: Parting) -> None:
    world = cut_off(stage, _THE_CREATE, Fate.KILLED_AFTER)
    world.document = replace(world.document, deletions=PartingRules(policy, policy))
    for item in list(world.left.records):
        world.left.person_deletes(item)
    world.settle()
    world.scan()
    world.settle()
    [row] = world.rows("select summary from events where outcome = 'created'")
    assert "it was found again" in row.summary
    check_creations(world)


def test_what_was_found_again_is_told_as_made_and_not_as_brought_up_to_date(stage: Stage) -> None:
    world = cut_off(stage, _THE_CREATE, Fate.KILLED_AFTER)
    world.settle()
    told = [(row.outcome, row.summary) for row in world.rows("select outcome, summary from events order by id")]
    assert [outcome for outcome, _ in told].count("created") == 2
    assert not [summary for outcome, summary in told if outcome == "updated" and "left-1" in summary.split("from")[0]]


@pytest.mark.parametrize("plant", [plants.a_twin_that_was_found_again_is_no_creation])
def test_a_planted_fault_breaks_the_law(
    plant: Callable[[pytest.MonkeyPatch], None], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    world = cut_off(stage, _THE_CREATE, Fate.KILLED_AFTER)
    world.settle()
    with pytest.raises(AssertionError, match="nothing says that"):
        check_creations(world)
    assert all(len(world.app(side).records) == 2 for side in Side)
