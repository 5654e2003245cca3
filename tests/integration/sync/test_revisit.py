"""Edits that move no time are found within minutes in items that changed lately; to find none costs no row."""

from __future__ import annotations

import pytest

from server.domain.values import Value
from server.services.sync.revisit import EVERY
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
_LONG_AGO = "update pairs set synced_at = now() - interval '7 hours' where integration_id = :integration returning id"


def begun(stage: Stage, *, silent: bool = True, items: int = 1) -> World:
    """Items with a comment each, in step; a round of looks is behind them, and whatever overlaps."""
    world = stage.world(left_silent=silent)
    for number in range(items):
        item = world.left.person_creates(ITEM | {"title": f"item {number}"})
        world.left.person_comments(item, f"said first of {number}", private=False)
    world.settle()
    world.tick(10)
    world.calm()
    return world


def edit_in_silence(world: World, item: str) -> None:
    [comment] = world.left.records[item].comments
    world.left.person_edits_comment(item, comment.id, "said on second thought")


def heard(world: World) -> int:
    return sum("on second thought" in one.body for each in world.right.records.values() for one in each.comments)


def test_an_edit_that_moves_no_time_is_found_with_the_next_round(stage: Stage) -> None:
    world = begun(stage)
    world.tick(int(EVERY) + 1)
    world.calm()
    edit_in_silence(world, "1")
    world.calm()
    assert heard(world) == 0, "no feed brings it, and the round has just been"
    world.tick(int(EVERY) + 1)
    world.calm()
    assert heard(world) == 1


def test_a_round_that_finds_nothing_writes_no_row_and_asks_for_each_item_once(stage: Stage) -> None:
    world = begun(stage, items=3)
    world.tick(int(EVERY) + 1)
    before, writes = world.fingerprint(), world.right.writes
    world.left.reads.clear()
    world.calm()
    assert world.fingerprint() == before
    assert world.right.writes == writes
    assert world.left.reads["fetch"] == 3


def test_what_has_not_changed_for_hours_is_left_to_the_full_scan(stage: Stage) -> None:
    world = begun(stage)
    world.rows(_LONG_AGO)
    edit_in_silence(world, "1")
    world.tick(int(EVERY) + 1)
    world.left.reads.clear()
    world.calm()
    assert "fetch" not in world.left.reads
    assert heard(world) == 0
    world.scan()
    assert heard(world) == 1


def test_an_app_that_tells_every_time_is_not_asked_again(stage: Stage) -> None:
    world = begun(stage, silent=False)
    world.tick(int(EVERY) + 1)
    world.left.reads.clear()
    world.calm()
    assert "fetch" not in world.left.reads


def test_of_many_the_others_have_their_turn(stage: Stage) -> None:
    world = begun(stage, items=50)
    for item in world.left.records:
        edit_in_silence(world, item)
    for _ in range(4):
        world.tick(int(EVERY) + 1)
        world.left.reads.clear()
        world.calm()
        assert world.left.reads.get("fetch", 0) <= 60
    assert heard(world) == 50
