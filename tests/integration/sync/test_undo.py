"""A run taken back: values that are still ours return, what people typed since stays, and the next pass is quiet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.domain.integration import Document
from server.domain.mapping import ConflictPolicy, ValueMapping
from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate, Record
from tests.property.world import Stage, World, document

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "first", "text": "a\nb", "status": "1", "labels": ("red",)}


def begun(stage: Stage, **quirks: Any) -> tuple[World, str, Record]:
    """A pair in step: the world, the left item's id, the right record."""
    world = stage.world(**quirks)
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records.values()
    return world, item, twin


def ran(world: World) -> str:
    """A pass that has something to do; its run."""
    world.sync()
    return world.last_run()


def undo(world: World, run: str, fates: list[Fate] | None = None) -> str | None:
    world.ask("undo", {"run": run})
    return world.go_on_in_trouble(fates or [])


def lines(world: World, run: str | None) -> str:
    rows = world.rows(f"select outcome, summary, detail from events where run_id = '{run}'")  # noqa: S608 - an id of ours
    return " ".join(str(tuple(row)) for row in rows)


def state(world: World) -> list[dict[str, Value]]:
    return [dict(one.fields) for app in (world.left, world.right) for one in app.records.values()]


def quiet(world: World) -> None:
    """Two more passes write nothing to either app."""
    before = (world.left.writes, world.right.writes, state(world))
    world.calm()
    world.calm()
    assert (world.left.writes, world.right.writes, state(world)) == before


def test_fields_that_a_run_wrote_return_and_the_side_that_was_typed_on_stays(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.left.person_edits(item, "labels", ("blue", "red"))
    run = ran(world)
    assert (twin.fields["title"], twin.fields["labels"]) == ("second", ("blue", "red"))
    undone = undo(world, run)
    assert (twin.fields["title"], twin.fields["labels"]) == ("first", ("red",))
    assert world.left.records[item].fields["title"] == "second"
    assert "taken back" in lines(world, undone)
    quiet(world)


def test_the_next_edit_travels_as_ever_after_an_undo(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    undo(world, ran(world))
    world.left.person_edits(item, "title", "third")
    world.settle()
    assert twin.fields["title"] == "third"
    laws.check_all(world)


def test_a_value_that_somebody_changed_since_is_left_and_named(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.left.person_edits(item, "text", "news")
    run = ran(world)
    world.right.person_edits(twin.id, "title", "mine")
    undone = undo(world, run)
    assert (twin.fields["title"], twin.fields["text"]) == ("mine", "a\nb")
    assert "it was changed since" in lines(world, undone)
    world.settle()
    assert world.left.records[item].fields["title"] == "mine"


def test_an_edit_that_was_not_synced_yet_survives_an_undo(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    run = ran(world)
    world.right.person_edits(twin.id, "text", "typed meanwhile")
    world.left.person_edits(item, "due", "2031-01-31")
    undo(world, run)
    world.settle()
    assert world.left.records[item].fields["text"] == "typed meanwhile"
    assert twin.fields["due"] == "2031-01-31"
    assert (twin.fields["title"], world.left.records[item].fields["title"]) == ("first", "second")


def test_what_a_conflict_overwrote_comes_back(stage: Stage) -> None:
    world, item, twin = begun(stage)
    fields = tuple(replace(one, conflict=ConflictPolicy.LEFT) for one in world.document.types[0].fields)
    world.document = replace(world.document, types=(replace(world.document.types[0], fields=fields),))
    world.left.person_edits(item, "title", "typed left")
    world.right.person_edits(twin.id, "title", "typed right")
    run = ran(world)
    assert twin.fields["title"] == "typed left"
    undo(world, run)
    assert twin.fields["title"] == "typed right"
    assert world.left.records[item].fields["title"] == "typed left"
    quiet(world)


def test_an_undo_can_be_undone(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    first = undo(world, ran(world))
    assert first is not None
    assert twin.fields["title"] == "first"
    undo(world, first)
    assert twin.fields["title"] == "second"
    quiet(world)


def test_an_app_that_keeps_less_than_it_was_sent_is_still_taken_back(stage: Stage) -> None:
    world, item, twin = begun(stage, right_trims=True)
    world.left.person_edits(item, "title", "a title beyond its limit")
    run = ran(world)
    assert twin.fields["title"] == "a title beyo"
    undo(world, run)
    assert twin.fields["title"] == "first"
    quiet(world)


def test_comments_and_files_that_a_run_carried_over_are_removed_and_not_sent_again(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_comments(item, "said", private=False)
    world.left.person_attaches(item, "file.txt", b"content")
    run = ran(world)
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
    undo(world, run)
    assert (twin.comments, twin.attachments) == ([], [])
    quiet(world)
    world.left.person_edits(item, "title", "second")
    world.settle()
    assert (twin.comments, twin.attachments) == ([], [])
    assert [one.body for one in world.left.records[item].comments] == ["said"]


def test_a_comment_that_somebody_edited_stays(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_comments(item, "said", private=False)
    run = ran(world)
    twin.comments = [replace(one, body="rewritten") for one in twin.comments]
    world.right.touch(twin.id)
    undone = undo(world, run)
    assert [one.body for one in twin.comments] == ["rewritten"]
    assert "changed since" in lines(world, undone)


def test_an_edit_of_a_comment_is_taken_back(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_comments(item, "said", private=False)
    world.settle()
    [before] = [one.body for one in twin.comments]
    record = world.left.records[item]
    record.comments = [replace(one, body="said better") for one in record.comments]
    world.left.touch(item)
    run = ran(world)
    assert [one.body for one in twin.comments] != [before]
    undo(world, run)
    assert [one.body for one in twin.comments] == [before]
    quiet(world)
    assert [one.body for one in record.comments] == ["said better"]


def test_where_an_app_removes_nothing_the_comment_stays_on_record(stage: Stage) -> None:
    world, item, twin = begun(stage, right_removes=False)
    world.left.person_comments(item, "said", private=False)
    world.left.person_attaches(item, "file.txt", b"content")
    undone = undo(world, ran(world))
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
    assert "lets nobody remove a comment" in lines(world, undone)
    assert "lets nobody remove a file" in lines(world, undone)
    quiet(world)


def test_an_undone_create_ends_its_pair_and_is_not_made_again(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    run = ran(world)
    undone = undo(world, run)
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]
    assert "no longer kept in step" in lines(world, undone)
    world.left.person_edits(item, "title", "second")
    world.settle()
    assert len(world.right.records) == 1
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "first"


@pytest.mark.parametrize("touch", ["nothing", "a field", "a comment", "a file"])
def test_a_twin_is_deleted_only_when_asked_for_and_nobody_touched_it(stage: Stage, touch: str) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.left.person_comments(item, "said", private=False)
    run = ran(world)
    [twin] = world.right.records
    if touch == "a field":
        world.right.person_edits(twin, "title", "mine")
    if touch == "a comment":
        world.right.person_comments(twin, "mine", private=False)
    if touch == "a file":
        world.right.person_attaches(twin, "mine.txt", b"mine")
    undone = world.answer("undo", {"run": run, "delete": True})
    assert list(world.right.records) == ([] if touch == "nothing" else [twin])
    assert ("not deleted" in lines(world, undone)) is (touch != "nothing")
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]
    assert list(world.left.records) == [item]
    quiet(world)


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(2, 6))
def test_a_deletion_that_was_cut_off_never_reaches_the_side_that_was_typed_on(
    stage: Stage, step: int, bad: Fate
) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    run = ran(world)
    world.ask("undo", {"run": run, "delete": True})
    world.go_on_in_trouble([Fate.WELL] * step + [bad])
    world.calm()
    if world.asked():
        world.go_on()
    world.settle()
    assert list(world.left.records) == [item]
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]
    quiet(world)


def test_only_the_pairs_that_were_named_are_undone(stage: Stage) -> None:
    world = stage.world()
    items = [world.left.person_creates(ITEM | {"title": f"item {number}"}) for number in range(3)]
    world.settle()
    for one in items:
        world.left.person_edits(one, "text", "news")
    run = ran(world)
    chosen = str(world.rows(f"select id from pairs where left_id = '{items[1]}'")[0].id)  # noqa: S608 - an id of ours
    world.answer("undo", {"run": run, "pairs": [chosen]})
    assert [one.fields["text"] for one in world.right.records.values()] == ["news", "a\nb", "news"]


def test_a_create_whose_answer_was_lost_belongs_to_its_run(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(ITEM)
    fates = {"right.create": Fate.LOST}
    world.right.fate = lambda call: fates.pop(call, Fate.WELL)
    run = ran(world)
    world.settle()
    undo(world, run)
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]


def test_an_update_whose_answer_was_lost_is_taken_back_once_it_was_found(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    fates = {"right.update": Fate.LOST}
    world.right.fate = lambda call: fates.pop(call, Fate.WELL)
    run = ran(world)
    world.settle()
    undo(world, run)
    assert twin.fields["title"] == "first"
    quiet(world)


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(2, 7))
@pytest.mark.parametrize("first", ["a pass", "the undo"])
def test_an_undo_that_was_cut_off_anywhere_goes_on_and_is_nobodys_edit(
    stage: Stage, step: int, bad: Fate, first: str
) -> None:
    world, item, twin = begun(stage, right_trims=True)
    world.left.person_edits(item, "title", "a title beyond its limit")
    world.left.person_comments(item, "said", private=False)
    run = ran(world)
    done = undo(world, run, [Fate.WELL] * step + [bad])
    if first == "a pass":
        world.calm()
    if world.asked():
        world.go_on()
    elif done is not None and (
        twin.fields["title"] != "first" or twin.comments
    ):  # it could not be done then, and said so
        assert '"failed"' in world.history() or "not undone" in lines(world, done)
        undo(world, run)
    world.settle()
    assert (twin.fields["title"], twin.comments) == ("first", [])
    assert world.left.records[item].fields["title"] == "a title beyond its limit"
    assert [one.body for one in world.left.records[item].comments] == ["said"]
    quiet(world)


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(4, 7))
@pytest.mark.parametrize("again", range(1, 5))
@pytest.mark.parametrize("second", ["a pass", "the undo"])
def test_an_undo_that_was_cut_off_stays_nobodys_edit_though_who_looks_it_up_dies_too(
    stage: Stage, step: int, bad: Fate, again: int, second: str
) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.left.person_comments(item, "said", private=False)
    world.left.person_attaches(item, "file.txt", b"content")
    run = ran(world)
    undo(world, run, [Fate.WELL] * step + [bad])
    world.left.person_edits(item, "text", "typed since")  # so that there is something to write
    death = [Fate.WELL] * again + [Fate.KILLED_AFTER]
    if second == "a pass":
        world.sync(death)
    elif world.asked():
        world.go_on_in_trouble(death)
    else:
        undo(world, run, death)
    if not twin.comments and not world.rows("select 1 from operations where state = 'planned'"):
        assert [row.right_id for row in world.rows("select right_id from comment_pairs")] == [None]
    world.settle()
    left = world.left.records[item]
    assert (left.fields["title"], left.fields["text"]) == ("second", "typed since")
    assert ([one.body for one in left.comments], list(left.contents.values())) == (["said"], [b"content"])
    assert twin.fields["text"] == "typed since"
    if world.asked():
        world.go_on()
    undo(world, run)
    assert (twin.fields["title"], twin.comments, twin.attachments) == ("first", [], [])
    assert left.fields["title"] == "second"
    quiet(world)


def test_an_item_that_is_gone_holds_back_no_other(stage: Stage) -> None:
    world = stage.world()
    items = [world.left.person_creates(ITEM | {"title": f"item {number}"}) for number in range(2)]
    world.settle()
    for one in items:
        world.left.person_edits(one, "text", "news")
    run = ran(world)
    world.right.person_deletes(min(world.right.records))
    undone = undo(world, run)
    assert [one.fields["text"] for one in world.right.records.values()] == ["a\nb"]
    assert "not there any more" in lines(world, undone)


def test_both_sides_that_a_run_wrote_are_taken_back(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.right.person_edits(twin.id, "text", "typed right")
    run = ran(world)
    assert world.left.records[item].fields["text"] == "typed right"
    undo(world, run)
    assert (twin.fields["title"], twin.fields["text"]) == ("first", "typed right")
    left = world.left.records[item].fields
    assert (left["title"], left["text"]) == ("second", "a\nb")
    quiet(world)


def test_a_preview_of_an_undo_shows_what_would_return_and_writes_nothing(stage: Stage) -> None:
    world, item, twin = begun(stage)
    world.left.person_edits(item, "title", "second")
    world.left.person_edits(item, "text", "news")
    world.left.person_comments(item, "said", private=False)
    run = ran(world)
    world.right.person_edits(twin.id, "text", "mine")
    before = (world.right.writes, world.rows("select count(*), max(finished_at) from operations"))
    shown = world.answer("undo", {"run": run, "dry": True})
    assert (world.right.writes, world.rows("select count(*), max(finished_at) from operations")) == before
    rows = world.rows(f"select action, field, before, after from previews where run_id = '{shown}'")  # noqa: S608 - an id of ours
    assert {tuple(row) for row in rows} == {
        ("update", "Title", "second", "first"),
        ("delete_comment", "", None, None),
        ("note", "Text", "a\nb", "mine"),
    }
    undo(world, run)
    assert (twin.fields["title"], twin.fields["text"], twin.comments) == ("first", "mine", [])


OVER = "3"
"""The status over which the right app takes an item to any other."""


def walking(left: str, right: str) -> Document:
    """The status on the way has a counterpart on the other side, too."""
    plain = document(left, right)
    [type_] = plain.types
    values = (ValueMapping("1", "1"), ValueMapping("2", "2"), ValueMapping("4", OVER))
    fields = tuple(replace(one, values=values) if one.left == "status" else one for one in type_.fields)
    return replace(plain, types=(replace(type_, fields=fields),))


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("first", ["a pass", "the undo"])
def test_a_status_that_an_undo_walks_back_is_ours_wherever_it_is_cut_off(
    stage: Stage, step: int, bad: Fate, first: str
) -> None:
    world = stage.world(walking, right_over=OVER)
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records.values()
    world.left.person_edits(item, "status", "2")
    run = ran(world)
    assert twin.fields["status"] == "2"
    undo(world, run, [Fate.WELL] * step + [bad])
    if first == "a pass":
        world.calm()
    for _ in range(2):
        if world.asked():
            world.go_on()
        world.settle()
        assert world.left.records[item].fields["status"] == "2", "the side that was typed on stays"
        if twin.fields["status"] != "1":
            undo(world, run)
    assert twin.fields["status"] == "1"
    assert not world.rows("select 1 from conflicts")
    quiet(world)


def test_what_an_undo_walks_over_is_on_record_before_it_goes(stage: Stage) -> None:
    world = stage.world(walking, right_over=OVER)
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_edits(item, "status", "2")
    undone = undo(world, ran(world))
    [row] = world.rows(f"select payload from operations where run_id = '{undone}'")  # noqa: S608 - an id of ours
    assert row.payload["via"] == {"status": [OVER]}


def test_a_way_back_that_breaks_is_ours_and_can_be_gone_once_more(stage: Stage) -> None:
    world = stage.world(walking, right_over=OVER)
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records.values()
    world.left.person_edits(item, "status", "2")
    run = ran(world)
    world.right.blocked = True
    undo(world, run)
    assert twin.fields["status"] == OVER
    world.settle()
    assert world.left.records[item].fields["status"] == "2"
    world.right.blocked = False
    undo(world, run)
    assert twin.fields["status"] == "1"
    quiet(world)
