"""Items that a person wants looked at again: what stamps hid is found, and a hard resync carries one side over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from server.domain.item import Side
from server.domain.mapping import Direction
from server.domain.values import Value
from server.store.requests import RequestKind
from tests.property import laws
from tests.property.model import Fate, Record
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "first", "text": "a\nb", "status": "1", "labels": ("red",)}


@dataclass(slots=True)
class Once:
    """The app is busy when this call comes for the first time."""

    call: str

    def __call__(self, call: str) -> Fate:
        if call != self.call:
            return Fate.WELL
        self.call = ""
        return Fate.BUSY


def begun(stage: Stage, count: int = 1, **quirks: Any) -> tuple[World, list[str], list[Record]]:
    """Pairs in step: the world, the left items' ids, the right records."""
    world = stage.world(**quirks)
    items = [world.left.person_creates(ITEM | {"title": f"item {number}"}) for number in range(count)]
    world.settle()
    return world, items, list(world.right.records.values())


def change_unseen(world: World, side: Side, item_id: str, name: str, value: Value) -> None:
    """A change that the app's time of change does not tell."""
    world.app(side).records[item_id].fields[name] = value


def pair_of(world: World, left_id: str) -> str:
    return str(world.rows(f"select id from pairs where left_id = '{left_id}'")[0].id)  # noqa: S608 - an id of ours


def done_first(world: World, place: str) -> str:
    """The left item of the pair at which the walk stood."""
    pair = place.removeprefix("pairs/")
    return str(world.rows(f"select left_id from pairs where id = '{pair}'")[0].left_id)  # noqa: S608 - an id of ours


@pytest.mark.parametrize("side", list(Side))
def test_a_change_that_no_stamp_told_is_found_on_either_side(stage: Stage, side: Side) -> None:
    world, [item], [twin] = begun(stage)
    change_unseen(world, side, item if side is Side.LEFT else twin.id, "text", "unseen")
    world.calm()
    assert {world.left.records[item].fields["text"], twin.fields["text"]} == {"a\nb", "unseen"}
    world.answer("resync")
    assert (world.left.records[item].fields["text"], twin.fields["text"]) == ("unseen", "unseen")
    laws.check_all(world)


def test_only_what_was_named_is_looked_at(stage: Stage) -> None:
    world, items, twins = begun(stage, 4)
    for one in items:
        change_unseen(world, Side.LEFT, one, "text", "unseen")
    argument = {"pairs": [pair_of(world, items[0])], "items": [{"side": "right", "item_id": twins[2].id}]}
    world.answer("resync", argument)
    assert [one.fields["text"] for one in twins] == ["unseen", "a\nb", "unseen", "a\nb"]


def test_a_resync_of_two_quiet_sides_writes_nothing_and_says_nothing(stage: Stage) -> None:
    world, _, _ = begun(stage, 3)
    before = world.left.writes + world.right.writes
    run = world.answer("resync")
    assert world.left.writes + world.right.writes == before
    assert world.rows(f"select id from events where run_id = '{run}'") == []  # noqa: S608 - an id of ours
    laws.check_all(world)


def test_a_hard_resync_carries_the_origin_over_what_the_other_side_holds(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_edits(item, "text", "news")
    world.sync()
    world.answer("undo", {"run": world.last_run()})
    assert twin.fields["text"] == "a\nb"
    world.answer("resync")
    assert twin.fields["text"] == "a\nb"
    world.answer("hard resync")
    assert twin.fields["text"] == "news"
    laws.check_all(world)


def test_a_hard_resync_from_the_side_that_was_named_goes_the_other_way(stage: Stage) -> None:
    world, [item], _ = begun(stage)
    world.left.person_edits(item, "text", "news")
    world.sync()
    world.answer("undo", {"run": world.last_run()})
    world.answer("hard resync", {"side": "right", "pairs": [pair_of(world, item)]})
    assert world.left.records[item].fields["text"] == "a\nb"
    assert '"news"' in world.history()
    laws.check_all(world)


def test_a_hard_resync_keeps_the_direction_of_each_field(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    fields = tuple(
        replace(one, direction=Direction.TO_LEFT) if one.left == "text" else one
        for one in world.document.types[0].fields
    )
    world.document = replace(world.document, types=(replace(world.document.types[0], fields=fields),))
    change_unseen(world, Side.LEFT, item, "text", "mine")
    change_unseen(world, Side.LEFT, item, "title", "mine too")
    world.answer("hard resync")
    assert (twin.fields["text"], twin.fields["title"]) == ("a\nb", "mine too")


def test_an_edit_of_the_other_side_meanwhile_is_a_conflict_on_record(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.right.tick()
    world.right.person_edits(twin.id, "title", "typed right")
    world.answer("hard resync")
    shown = {world.left.records[item].fields["title"], twin.fields["title"]}
    assert shown == {"typed right"}
    assert world.rows("select winner from conflicts")[0].winner == "right"
    laws.check_all(world)


def test_comments_and_files_are_not_carried_a_second_time(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_comments(item, "said", private=False)
    world.left.person_attaches(item, "file.txt", b"content")
    world.settle()
    world.answer("hard resync")
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
    laws.check_all(world)


def test_what_was_refused_is_tried_again(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    world.left.person_creates(ITEM | {"title": "bad"})
    world.left.person_creates(ITEM)
    world.settle()
    assert len(world.right.records) == 1
    world.right.refuses = frozenset()
    world.answer("resync")
    assert sorted(str(one.fields["title"]) for one in world.right.records.values()) == ["bad", "first"]
    assert world.rows("select item_id from holds") == []
    laws.check_all(world)


def test_a_write_that_did_not_come_through_is_tried_again_as_hard_as_it_was_asked_for(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_edits(item, "text", "news")
    world.sync()
    world.answer("undo", {"run": world.last_run()})
    for call in ("left.fetch", "right.fetch", "right.update"):
        world.left.fate = world.right.fate = Once(call)
        world.answer("hard resync")
        assert twin.fields["text"] == "a\nb"
        world.settle()
        assert twin.fields["text"] == "news"
        world.answer("undo", {"run": world.last_run()})
        assert twin.fields["text"] == "a\nb"


def test_a_pair_that_has_ended_is_left_and_that_is_on_record(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_deletes(item)
    world.answer("resync", {"pairs": [pair_of(world, item)]})
    world.right.person_edits(twin.id, "text", "lives on")
    run = world.answer("resync", {"pairs": [pair_of(world, item)], "items": [{"side": "right", "item_id": twin.id}]})
    rows = world.rows(f"select summary from events where run_id = '{run}'")  # noqa: S608 - an id of ours
    assert ["not kept in step any more" in row.summary for row in rows] == [True, True]
    assert world.left.records == {}
    assert list(world.right.records) == [twin.id]


def test_an_item_that_nobody_has_seen_gets_its_twin(stage: Stage) -> None:
    world, _, _ = begun(stage)
    item = world.left.person_creates(ITEM | {"title": "overlooked"})
    world.answer("resync", {"items": [{"side": "left", "item_id": item}]})
    assert len(world.right.records) == 2
    laws.check_all(world)


@pytest.mark.parametrize("kind", ["resync", "hard resync"])
def test_a_resync_that_was_killed_goes_on_where_it_stood(
    stage: Stage, kind: RequestKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.sync.resync._PAGE", 1)
    world, items, twins = begun(stage, 3)
    for one in items:
        change_unseen(world, Side.LEFT, one, "text", "unseen")
    world.ask(kind)
    world.go_on(pages=1)
    place = world.rows("select place from run_requests")[0].place
    assert sum(one.fields["text"] == "unseen" for one in twins) == 1
    world._take_over()
    change_unseen(world, Side.LEFT, done_first(world, place), "text", "again")
    world.go_on()
    assert [one.fields["text"] for one in twins] == ["unseen"] * 3
    assert world.rows("select id from run_requests") == []


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 9))
def test_a_hard_resync_that_died_anywhere_is_finished_by_the_next(stage: Stage, step: int, bad: Fate) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_edits(item, "text", "news")
    world.sync()
    world.answer("undo", {"run": world.last_run()})
    world.ask("hard resync")
    world.go_on_in_trouble([Fate.WELL] * step + [bad])
    world.calm()
    if world.asked():
        world.go_on()
    world.settle()
    assert (world.left.records[item].fields["text"], twin.fields["text"]) == ("news", "news")
    laws.check_all(world)


def test_a_preview_of_a_hard_resync_shows_each_field_and_writes_nothing(stage: Stage) -> None:
    world, [item], [twin] = begun(stage)
    world.left.person_edits(item, "text", "news")
    world.sync()
    world.answer("undo", {"run": world.last_run()})
    before = (world.right.writes, world.rows("select left_snapshot, right_snapshot from pairs"))
    run = world.answer("hard resync", {"dry": True})
    assert (world.right.writes, world.rows("select left_snapshot, right_snapshot from pairs")) == before
    rows = world.rows(f"select action, field, before, after from previews where run_id = '{run}'")  # noqa: S608 - an id of ours
    assert [tuple(row) for row in rows] == [("update", "Text", "a\nb", "news")]
    assert twin.fields["text"] == "a\nb"
