"""What an app says yes to and leaves as it was is on record; what it keeps in its own words is in step, and quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from server.domain.item import Item, Side
from server.domain.values import Value
from tests.property.model import ModelConnector
from tests.property.stories import values
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def begun(stage: Stage, **quirks: Any) -> tuple[World, str, str]:
    world = stage.world(**quirks)
    item = world.left.person_creates(values("first", text="a\nb", labels=("red",)))
    world.settle()
    [twin] = world.right.records
    return world, item, twin


def lines(world: World) -> int:
    return int(world.rows("select count(*) as lines from events where integration_id = :integration")[0].lines)


@pytest.mark.parametrize(
    ("name", "value"), [("title", "second"), ("text", "c\nd"), ("text", None), ("labels", ("blue",))]
)
def test_a_yes_that_changes_nothing_is_held_told_once_and_never_overwrites_the_edit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, value: Value
) -> None:
    world, item, twin = begun(stage)
    honest = ModelConnector.update

    def deaf(self: ModelConnector, item_id: str, changed: Mapping[str, Value]) -> Item:
        heard = {each: one for each, one in changed.items() if each != name or self.app is not world.right}
        return honest(self, item_id, heard)

    monkeypatch.setattr(ModelConnector, "update", deaf)
    world.left.person_edits(item, name, value)
    for _ in range(3):
        world.sync(seconds=2)
    assert world.left.records[item].fields[name] == value
    assert world.right.records[twin].fields[name] != value
    [hold] = world.rows("select kind, reason, words from holds where integration_id = :integration")
    assert hold.kind == "quarantine"
    assert "left it as it was" in hold.words
    before = lines(world), world.right.writes
    for side in Side:
        world.app(side).tick(5)
    world.left.person_comments(item, "about something else", private=False)
    world.sync(seconds=2)
    told = lines(world)
    for _ in range(3):
        world.sync(seconds=2)
    assert lines(world) == told, "nothing is told of it again"
    assert world.right.writes == before[1] + 1, "the comment alone was written"
    monkeypatch.setattr(ModelConnector, "update", honest)
    world.left.person_edits(item, name, ("green",) if name == "labels" else "third")
    world.settle()
    assert world.right.records[twin].fields[name] == world.left.records[item].fields[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "  first  "),
        ("title", "first" + " and" * 40),
        ("text", "a \r\nb\r\n\r\n\r\n\r\nc"),
        ("labels", ("RED", "Blue")),
        ("title", "e\u0301te\u0301"),
    ],
)
def test_what_an_app_makes_of_a_value_is_in_step_and_quiet(stage: Stage, name: str, value: Value) -> None:
    world, item, _ = begun(stage, right_trims=True, right_renders=True, right_folds=True)
    world.left.person_edits(item, name, value)
    world.settle()
    assert world.rows("select 1 from holds where integration_id = :integration") == []
    before = lines(world), world.left.writes, world.right.writes
    world.right.person_comments(next(iter(world.right.records)), "said", private=False)
    world.settle()
    told = lines(world), world.left.writes, world.right.writes
    assert (told[1] - before[1], told[2] - before[2]) == (1, 0), "the comment alone was written"
    for _ in range(3):
        world.sync(seconds=2)
    assert (lines(world), world.left.writes, world.right.writes) == told
    assert world.left.records[item].fields[name] == value


def test_an_item_that_cannot_be_read_after_a_write_has_one_line_however_often_it_is_tried(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.right.illegible.add(twin)
    for _ in range(2):
        world.be_patient()
        world.sync(seconds=2)
    before = lines(world)
    for _ in range(5):
        world.be_patient()
        world.sync(seconds=2)
    assert lines(world) == before
    world.right.illegible.clear()
    world.right.touch(twin)
    world.settle()
    assert world.right.records[twin].fields["title"] == "second"
