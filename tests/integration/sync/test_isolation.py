"""One bad item holds back no other, and whatever is held back is on record by its key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.item import Item, Side
from server.domain.mapping import ConflictPolicy
from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate, ModelApp
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str, text: str = "") -> dict[str, Value]:
    return {"title": title, "text": text, "status": "1", "labels": ()}


def held(world: World) -> list[tuple[str, str, str]]:
    return [
        tuple(row) for row in world.rows("select item_key, kind, words from holds where integration_id = :integration")
    ]


def test_a_refused_item_is_quarantined_with_the_apps_words_and_the_others_arrive(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    for title in ("one", "bad", "two"):
        world.left.person_creates(values(title))
    world.sync()
    assert sorted(str(one.fields["title"]) for one in world.right.records.values()) == ["one", "two"]
    assert held(world) == [("left-2", "quarantine", "“bad” is not welcome")]


def test_a_quarantined_item_comes_through_once_a_person_changes_it(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    item = world.left.person_creates(values("bad"))
    world.sync()
    world.left.tick()
    world.left.person_edits(item, "title", "good")
    world.sync()
    assert [one.fields["title"] for one in world.right.records.values()] == ["good"]
    assert held(world) == []


def test_a_quarantined_item_is_not_tried_again_by_itself(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    world.left.person_creates(values("bad"))
    for _ in range(3):
        world.sync()
    before = world.rows("select attempts from holds")
    for _ in range(3):
        world.sync()
    assert world.rows("select attempts from holds") == before


def test_a_refused_update_is_retried_with_the_pair_and_loses_nothing(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    item = world.left.person_creates(values("fine"))
    world.sync()
    world.left.person_edits(item, "title", "bad")
    world.left.person_edits(item, "text", "news")
    world.sync()
    assert held(world) == [("left-1", "quarantine", "“bad” is not welcome")]
    world.right.refuses = frozenset()
    world.settle()
    [twin] = world.right.records.values()
    assert (twin.fields["title"], twin.fields["text"]) == ("bad", "news")


@pytest.mark.parametrize("marks", [True, False])
def test_an_item_that_was_refused_halfway_is_found_and_completed(stage: Stage, marks: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(right_refuses_halfway=True, right_marks_items=marks)
    world.left.person_creates(values("half") | {"status": "2"})
    world.sync()
    [twin] = world.right.records.values()
    assert twin.fields["status"] == "2"
    laws.check_all(world)
    assert len(world.right.records) == len(world.left.records) == 1


@pytest.mark.parametrize("step", range(3, 9))
def test_what_the_app_said_to_a_create_is_told_though_it_could_not_be_asked_again(stage: Stage, step: int) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    item = world.left.person_creates(values("bad"))
    world.sync([Fate.WELL] * step + [Fate.BUSY])
    told = "“bad” is not welcome" in world.history()
    world.left.person_edits(item, "title", "good")
    laws.check_all(world)
    assert told or not world.right.refusals


def test_a_date_that_the_app_made_up_is_taken_back(stage: Stage) -> None:
    world = stage.world(right_fills_dates=True)
    world.left.person_creates(values("no hurry"))
    world.left.person_creates(values("hurry") | {"due": "2031-01-31"})
    world.sync()
    assert [one.fields.get("due") for one in world.right.records.values()] == [None, "2031-01-31"]
    laws.check_all(world)


def test_an_app_that_is_busy_costs_the_item_its_turn_and_no_more(stage: Stage) -> None:
    world = stage.world()
    for number in range(3):
        world.left.person_creates(values(f"item {number}"))
    world.sync([Fate.WELL, Fate.WELL, Fate.WELL, Fate.BUSY])
    assert [kind for _, kind, _ in held(world)].count("retry") <= 1
    laws.check_all(world)
    assert len(world.right.records) == 3


def test_items_of_a_type_that_is_not_mapped_are_on_record(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = stage.world()
    honest = ModelApp.item

    def odd(self: ModelApp, item_id: str) -> Item:
        item = honest(self, item_id)
        return item if item.container == "right" else replace(item, type="epic")

    monkeypatch.setattr(ModelApp, "item", odd)
    world.left.person_creates(values("of another kind"))
    world.sync()
    assert held(world) == [("left-1", "skipped", "")]
    assert "“epic”" in world.history()
    assert world.right.records == {}


def test_a_deleted_item_ends_its_pair_and_leaves_the_twin(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(values("short lived"))
    world.sync()
    world.right.tick()
    world.left.person_deletes(item)
    [twin] = world.right.records
    world.right.person_edits(twin, "title", "still here")
    world.sync()
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]
    assert "deleted on left" in world.history()
    world.settle()
    assert list(world.right.records) == [twin]
    assert world.left.records == {}


@pytest.mark.parametrize("side", list(Side))
def test_an_error_of_a_feed_is_never_an_empty_feed(stage: Stage, side: Side) -> None:
    world = stage.world()
    world.app(side).person_creates(values("there"))
    world.sync([Fate.BUSY] * 3)  # two commits, which no app can refuse, then the left feed
    assert world.rows("select at from cursors") == []
    laws.check_all(world)
    assert len(world.left.records) == len(world.right.records) == 1


def test_a_conflict_that_waits_for_a_person_is_told_at_the_first_look_and_once(stage: Stage) -> None:
    world = stage.world()
    [type_] = world.document.types
    held_fields = tuple(replace(one, conflict=ConflictPolicy.HOLD) for one in type_.fields)
    world.document = replace(world.document, types=(replace(type_, fields=held_fields),))
    item = world.left.person_creates(values("title"))
    world.settle()
    [twin] = world.right.records
    for typed in ("one", "another"):
        world.left.person_edits(item, "text", f"{typed} left")
        world.right.person_edits(twin, "text", f"{typed} right")
        for _ in range(3):
            world.sync_within_the_second()
            world.sync()
    told = world.rows("select left_value, right_value, winner from conflicts order by id")
    assert [tuple(row) for row in told] == [
        ("one left", "one right", "held"),
        ("another left", "another right", "held"),
    ]
    assert len(world.rows("select id from events where outcome = 'conflict'")) == 2
    laws.check_all(world)


@pytest.mark.parametrize("text", ["null\0byte", "half a pair \ud83d"])
def test_a_text_that_no_database_can_hold_stops_nothing(stage: Stage, text: str) -> None:
    world = stage.world()
    item = world.left.person_creates(values("odd", text))
    world.left.person_comments(item, f"odd too: {text}", private=False)
    world.left.person_creates(values("even", "fine"))
    laws.check_all(world)
    assert len(world.right.records) == 2
    assert world.left.records[item].fields["text"] == text
