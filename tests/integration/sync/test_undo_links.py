"""Links and parents that a run changed, taken back: the side that was typed on stays, and the next pass is quiet."""

from __future__ import annotations

import pytest

from server.domain.item import PARENT
from tests.integration.sync.test_links import item, linked_world, named, shown
from tests.integration.sync.test_undo import lines, quiet, ran, undo
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
LINKED = {("one", "blocked", "two"), ("two", "blocks", "one")}
"""As the right says that “one” blocks “two”."""


@pytest.fixture
def world(stage: Stage) -> World:
    """Three items in step, without links."""
    made = linked_world(stage)
    for name in ("one", "two", "three"):
        made.left.person_creates(item(name))
    made.settle()
    return made


def link(world: World, kind: str = "blocks", one: str = "one", two: str = "two") -> None:
    world.left.person_links(named(world.left, one), kind, named(world.left, two))


def unlink(world: World, kind: str = "blocks", one: str = "one", two: str = "two") -> None:
    world.left.person_unlinks(named(world.left, one), kind, named(world.left, two))


def looked_at(world: World) -> None:
    """Every item is looked at anew, on both sides, and nothing is written."""
    quiet(world)
    links = (shown(world.left), shown(world.right))
    for app in (world.left, world.right):
        app.tick(100)
        for one in list(app.records):
            app.touch(one)
    world.calm()
    world.settle()
    assert (shown(world.left), shown(world.right)) == links
    quiet(world)


def test_a_link_that_a_run_made_is_taken_away_and_the_other_side_keeps_its_own(world: World) -> None:
    link(world)
    run = ran(world)
    assert shown(world.right) == LINKED
    undone = undo(world, run)
    assert shown(world.right) == set()
    assert shown(world.left) == {("one", "blocks", "two"), ("two", "blocked", "one")}
    assert "link taken away" in lines(world, undone)
    looked_at(world)


def test_a_link_that_a_run_took_away_comes_back_and_the_other_side_stays_without(world: World) -> None:
    link(world)
    world.settle()
    unlink(world)
    run = ran(world)
    assert shown(world.right) == set()
    undo(world, run)
    assert (shown(world.left), shown(world.right)) == (set(), LINKED)
    looked_at(world)


def test_once_both_sides_are_alike_again_links_travel_as_ever(world: World) -> None:
    link(world)
    undo(world, ran(world))
    link(world, one="three", two="one")  # another link of one of the two
    world.settle()
    assert ("three", "blocked", "one") in shown(world.right)
    unlink(world)
    world.settle()
    link(world)
    world.settle()
    assert shown(world.right) >= LINKED
    unlink(world)
    world.settle()
    assert not shown(world.right) & LINKED


def test_a_new_link_between_the_two_is_on_record_as_not_carried_over(world: World) -> None:
    link(world)
    undo(world, ran(world))
    link(world, "relates")
    world.settle()
    assert shown(world.right) == set()
    assert "since a run was undone" in world.history()


def test_an_undo_of_links_can_be_undone(world: World) -> None:
    link(world)
    first = undo(world, ran(world))
    assert first is not None
    undo(world, first)
    assert shown(world.right) == LINKED
    looked_at(world)
    unlink(world)
    world.settle()
    assert shown(world.right) == set()


def test_a_link_that_is_as_it_was_before_the_run_is_left_as_it_is(world: World) -> None:
    link(world)
    world.settle()
    unlink(world)
    run = ran(world)
    one, two = (named(world.right, name) for name in ("one", "two"))
    world.right.person_links(one, "blocked", two)
    undone = undo(world, run)
    assert "link" not in lines(world, undone)
    assert shown(world.right) == LINKED


def test_a_parent_that_a_run_set_gives_way_to_the_one_before_it(world: World) -> None:
    world.left.person_links(named(world.left, "one"), PARENT, named(world.left, "two"))
    world.settle()
    world.left.person_links(named(world.left, "one"), PARENT, named(world.left, "three"))
    run = ran(world)
    assert shown(world.right) == {("one", PARENT, "three")}
    undo(world, run)
    assert shown(world.right) == {("one", PARENT, "two")}
    assert shown(world.left) == {("one", PARENT, "three")}
    looked_at(world)
    world.left.person_links(named(world.left, "three"), PARENT, named(world.left, "two"))
    world.settle()
    assert ("three", PARENT, "two") in shown(world.right)


@pytest.mark.parametrize("before", [True, False])
def test_a_parent_that_a_run_set_or_took_away_is_as_before_and_does_not_travel_back(
    world: World,
    before: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    one, two = named(world.left, "one"), named(world.left, "two")
    if before:
        world.left.person_links(one, PARENT, two)
        world.settle()
        world.left.person_unlinks(one, PARENT, two)
    else:
        world.left.person_links(one, PARENT, two)
    undo(world, ran(world))
    parents = {("one", PARENT, "two")}
    assert (shown(world.left), shown(world.right)) == ((set(), parents) if before else (parents, set()))
    looked_at(world)
    world.left.person_links(one, PARENT, named(world.left, "three"))
    world.settle()
    assert shown(world.right) == {("one", PARENT, "three")}


def test_a_parent_that_somebody_changed_since_is_left_and_named(world: World) -> None:
    world.left.person_links(named(world.left, "one"), PARENT, named(world.left, "two"))
    run = ran(world)
    world.right.person_links(named(world.right, "one"), PARENT, named(world.right, "three"))
    undone = undo(world, run)
    assert "it was changed since" in lines(world, undone)
    assert shown(world.right) == {("one", PARENT, "three")}


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(2, 8))
@pytest.mark.parametrize("first", ["a pass", "the undo"])
@pytest.mark.parametrize("made", [True, False])
def test_an_undo_of_links_that_was_cut_off_anywhere_goes_on_and_is_nobodys_edit(
    world: World,
    step: int,
    bad: Fate,
    first: str,
    made: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    link(world)
    world.left.person_links(named(world.left, "three"), PARENT, named(world.left, "one"))
    if not made:
        world.settle()
        unlink(world)
        world.left.person_unlinks(named(world.left, "three"), PARENT, named(world.left, "one"))
    run = ran(world)
    left, there = shown(world.left), {*LINKED, ("three", PARENT, "one")}
    undo(world, run, [Fate.WELL] * step + [bad])
    if first == "a pass":
        world.calm()
    if world.asked():
        world.go_on()
    world.settle()
    undo(world, run)  # what could not be done then
    assert (shown(world.left), shown(world.right)) == (left, set() if made else there)
    looked_at(world)
