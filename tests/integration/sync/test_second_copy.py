"""What an app made twice of ours (a late sender, a proxy) never becomes a third; what a person copied is an item."""

from __future__ import annotations

import pytest

from server.domain.values import Value
from tests.property.model import Record
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres

VALUES: dict[str, Value] = {"title": "one", "text": "some words", "status": "1", "labels": ()}


def begin(stage: Stage) -> tuple[World, Record]:
    """An item of the left side, and its twin."""
    world = stage.world()
    world.left.person_creates(VALUES)
    world.sync()
    [twin] = world.right.records.values()
    return world, twin


def made_twice(world: World, twin: Record) -> Record:
    """What a request does that comes late."""
    copy = world.right.records[world.right.person_creates(VALUES)]
    copy.ours, copy.marker = True, twin.marker
    return copy


def holds(world: World) -> list[tuple[str, str, str]]:
    query = "select item_key, kind, reason from holds where integration_id = :integration"
    return [tuple(row) for row in world.rows(query)]


def test_a_second_copy_stays_out_and_a_person_is_told_which_one_it_is(stage: Stage) -> None:
    world, twin = begin(stage)
    copy = made_twice(world, twin)
    world.tick(60)
    world.sync()
    assert len(world.left.records) == 1
    [(key, kind, reason)] = holds(world)
    assert (key, kind) == (copy.key, "quarantine")
    assert f"{copy.key} is a second copy of {twin.key}" in reason


def test_the_twin_stays_in_step_beside_its_copy(stage: Stage) -> None:
    world, twin = begin(stage)
    made_twice(world, twin)
    world.tick(60)
    world.right.person_edits(twin.id, "text", "other words")
    world.sync()
    assert [one.fields["text"] for one in world.left.records.values()] == ["other words"]


def test_what_is_known_as_a_copy_is_not_told_at_every_pass(stage: Stage) -> None:
    world, twin = begin(stage)
    made_twice(world, twin)
    for _ in range(3):
        world.tick(60)
        world.sync()
    told = world.rows("select summary from events where outcome = 'held' and integration_id = :integration")
    assert len(told) == 1


def test_a_copy_that_is_deleted_leaves_the_twin_and_its_pair_alone(stage: Stage) -> None:
    world, twin = begin(stage)
    copy = made_twice(world, twin)
    world.tick(60)
    world.sync()
    world.right.person_deletes(copy.id)
    world.sync(trigger="scan")
    assert holds(world) == []
    assert world.right.records.keys() == {twin.id}
    assert world.rows("select state from pairs where integration_id = :integration") == [("linked",)]


def test_what_a_person_copied_with_our_correlation_id_in_it_is_an_item_of_its_own(stage: Stage) -> None:
    world, twin = begin(stage)
    copy = world.right.records[world.right.person_creates({**VALUES, "title": "copied"})]
    copy.marker = twin.marker
    world.tick(60)
    world.settle()
    assert sorted(str(one.fields["title"]) for one in world.left.records.values()) == ["copied", "one"]
    assert holds(world) == []
