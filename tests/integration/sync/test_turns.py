"""A connection that is slow by its pace holds its integration's turns short, and loses nothing by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.connectors.pace import Limits
from server.domain.values import Value
from server.services.pacing import NO_LIMIT, Paces
from server.services.sync import feed
from server.services.sync.work import Work
from server.store import connections
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def slow(world: World) -> Work:
    """A pass whose turns are two items long (a page of the model has three)."""
    return replace(world._work(), turn=2)


def test_a_page_is_worked_in_parts_and_its_cursor_moves_with_the_last(stage: Stage) -> None:
    world = stage.world()
    for number in range(3):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    steps = feed.run(slow(world))
    next(steps)
    assert len(world.right.records) == 2
    assert world.rows("select at from cursors") == []
    next(steps)
    assert len(world.right.records) == 3
    assert len(world.rows("select at from cursors where side = 'left'")) == 1
    for _ in steps:
        pass
    for app in (world.left, world.right):
        app.tick()
    world.settle()
    laws.check_all(world)


def test_what_stops_between_two_parts_is_begun_again_with_the_page(stage: Stage) -> None:
    world = stage.world()
    for number in range(3):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    next(feed.run(slow(world)))
    world.sync([Fate.WELL])
    assert len(world.right.records) == 3
    world.settle()
    laws.check_all(world)


def test_the_slower_connection_says_how_long_a_turn_is(stage: Stage) -> None:
    world, paces = stage.world(), Paces()
    ids = (world.document.left.connection, world.document.right.connection)
    assert paces.items_a_turn(*ids) == NO_LIMIT
    for connection_id, rate in zip(ids, (90.0, 9.0), strict=True):
        with world.scope.reading() as tx:
            paces.of(world.scope, connections.get(tx, connection_id), Limits(rate, 2.0))
    assert paces.items_a_turn(*ids) == 27  # the sync process has nine tenths of the pace
    assert paces.items_a_turn(ids[0]) == 270
