"""Comments and files that a person deletes: their twins go with them where the integration says so, and only then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def begun(stage: Stage, *, follows: bool, removes: bool = True) -> tuple[World, str]:
    """A pair with a comment and a file that a person put on the left."""
    world = stage.world(left_removes=removes, right_removes=removes)
    rules = world.document
    world.document = replace(
        rules,
        comments=replace(rules.comments, deletions=follows),
        attachments=replace(rules.attachments, deletions=follows),
    )
    item = world.left.person_creates(ITEM)
    world.left.person_comments(item, "said and taken back", private=False)
    world.left.person_attaches(item, "draft.txt", b"content")
    world.settle()
    return world, item


def take_back(world: World, item: str) -> None:
    """The person deletes both."""
    record = world.left.records[item]
    world.left.person_removes_comment(item, record.comments[0].id)
    world.left.person_removes_file(item, record.attachments[0].id)


def test_what_a_person_deleted_stays_on_the_other_side_unless_somebody_decided_otherwise(stage: Stage) -> None:
    world, item = begun(stage, follows=False)
    take_back(world, item)
    world.settle()
    [twin] = world.right.records.values()
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
    assert "comment deleted" in world.history()
    assert "file deleted" in world.history()
    assert "its twin stays" in world.history()


def test_what_a_person_deleted_goes_on_the_other_side_too_where_it_shall(stage: Stage) -> None:
    world, item = begun(stage, follows=True)
    take_back(world, item)
    world.settle()
    [twin] = world.right.records.values()
    assert (twin.comments, twin.attachments) == ([], [])
    assert "comment removed" in world.history()
    assert "file removed" in world.history()
    world.settle()
    assert world.left.records[item].comments == []


def test_an_app_that_keeps_everything_is_not_asked(stage: Stage) -> None:
    world, item = begun(stage, follows=True, removes=False)
    take_back(world, item)
    world.settle()
    [twin] = world.right.records.values()
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
    assert world.rows("select item_id from holds where integration_id = :integration") == []


def test_a_copy_that_somebody_deleted_does_not_take_the_original_with_it(stage: Stage) -> None:
    world, item = begun(stage, follows=True)
    [twin] = world.right.records.values()
    world.right.person_removes_comment(twin.id, twin.comments[0].id)
    world.right.person_removes_file(twin.id, twin.attachments[0].id)
    world.settle()
    record = world.left.records[item]
    assert (len(record.comments), len(record.attachments)) == (1, 1)
    assert (twin.comments, twin.attachments) == ([], [])


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 11))
def test_a_death_around_a_removal_removes_once_and_comes_to_rest(stage: Stage, step: int, bad: Fate) -> None:
    world, item = begun(stage, follows=True)
    take_back(world, item)
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    [twin] = world.right.records.values()
    assert (twin.comments, twin.attachments) == ([], [])
    laws.check_all(world)
