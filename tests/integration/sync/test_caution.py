"""A run that would end or overwrite too much stops before it does; a pair that is written in a loop is held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import NeedsRelease
from server.domain.rules import BreakerRules, GuardRules
from server.domain.values import Value
from server.services.sync import feed
from tests.property import laws
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def begun(stage: Stage, items: int) -> World:
    world = stage.world()
    world.document = replace(
        world.document, guard=GuardRules(partings=10, rewrites=50, least=2), breaker=BreakerRules(writes=6)
    )
    for number in range(items):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    world.settle()
    return world


def test_a_first_run_may_create_as_much_as_there_is(stage: Stage) -> None:
    world = begun(stage, 12)
    assert len(world.right.records) == 12


def test_a_run_that_would_overwrite_too_many_twins_stops_before_it_goes_on(stage: Stage) -> None:
    world = begun(stage, 12)
    for item in list(world.left.records):
        world.left.person_edits(item, "status", "2")
    with pytest.raises(NeedsRelease, match="of 12 pairs would be overwritten"):
        world.calm()
    written = sum(one.fields["status"] == "2" for one in world.right.records.values())
    assert written <= 6
    work = replace(world._work(), released=True)
    for _ in feed.run(work):
        pass
    feed.finish(work, None)
    for app in (world.left, world.right):
        app.tick()
    assert all(one.fields["status"] == "2" for one in world.right.records.values())
    laws.check_all(world)


def test_two_apps_that_undo_each_other_are_stopped_and_the_others_go_on(stage: Stage) -> None:
    world = begun(stage, 2)
    [looping, other] = list(world.left.records)
    twin = next(one for one in world.right.records.values() if one.fields["title"] == "item 0")
    for number in range(20):
        world.left.person_edits(looping, "title", "left says so")
        world.left.tick()
        world.calm()
        world.right.person_edits(twin.id, "title", "right says so")
        world.right.tick()
        world.left.person_edits(other, "title", f"edit {number % 3}") if number < 3 else None
        world.calm()
    [held] = world.rows("select kind, reason from holds where integration_id = :integration group by kind, reason")
    assert held.kind == "quarantine"
    assert "within an hour" in held.reason
    assert world.left.writes + world.right.writes < 20
    assert "edit 2" in {one.fields["title"] for one in world.right.records.values()}
