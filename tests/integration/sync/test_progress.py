"""How far a run has come is said of what is counted, and what is not counted yet is said, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.values import Value
from server.services.sync import feed
from server.store import history
from server.store.history import RunRow
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def last_run(world: World) -> RunRow:
    last = world.last_run()
    with world.scope.reading() as tx:
        return history.run(tx, last)


def filled(stage: Stage) -> World:
    """Five items on the left and one on the right; nobody has seen any."""
    world = stage.world()
    for number in range(5):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    world.right.person_creates(ITEM | {"title": "over there"})
    return world


def test_a_backfill_says_which_side_it_has_not_counted_and_promises_no_end_before(stage: Stage) -> None:
    world = filled(stage)
    work = replace(world._work(), turn=2)
    steps = feed.run(work)
    next(steps)
    run = last_run(world)
    assert run.uncounted == "right"
    assert replace(run, total=5, seconds=60.0).pace.seconds_left is None
    for _ in steps:
        if work.run.phase == "reading right":
            assert last_run(world).uncounted == ""
    feed.finish(work, None)
    assert last_run(world).uncounted == ""


def test_a_pass_that_knows_both_sides_leaves_none_uncounted(stage: Stage) -> None:
    world = filled(stage)
    world.settle()
    world.left.person_creates(ITEM | {"title": "later"})
    steps = feed.run(replace(world._work(), turn=1))
    next(steps)
    assert last_run(world).uncounted == ""
    for _ in steps:
        pass


@pytest.mark.parametrize("kind", ["dry run", "match"])
def test_what_is_only_looked_at_says_it_too(stage: Stage, kind: str) -> None:
    world = filled(stage)
    rules = {"rules": [{"parts": [{"left": "title", "right": "title", "how": "exact"}]}]}
    world.ask("match" if kind == "match" else "dry run", {"rules": rules} if kind == "match" else {})
    world.go_on(pages=1)
    assert last_run(world).uncounted == "right"
