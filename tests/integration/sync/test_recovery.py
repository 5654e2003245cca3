"""Each step of the path, and what is found when the process dies right after it."""

from __future__ import annotations

import pytest

from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage

pytestmark = pytest.mark.postgres
_BEFORE_THE_CREATE = 4
"""Calls and commits of a pass before it makes the twin of the only item."""
_BEFORE_THE_UPDATE = 5
"""Those before it writes to a twin that is there."""
ITEM: dict[str, Value] = {"title": "only once", "text": "a\nb", "status": "2", "labels": ("red",)}


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("marks", [True, False])
def test_a_death_at_any_step_never_makes_a_second_item(stage: Stage, step: int, bad: Fate, marks: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(left_marks_items=marks, right_marks_items=marks)
    item = world.left.person_creates(ITEM)
    world.left.person_comments(item, "a comment", private=True)
    world.left.person_attaches(item, "file.txt", b"content")
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    assert len(world.right.records) == 1


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
@pytest.mark.parametrize("step", range(8))
def test_a_death_at_any_step_never_loses_an_edit(stage: Stage, step: int, bad: Fate) -> None:
    world = stage.world(right_trims=True)
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_edits(item, "title", "a much longer title")
    world.left.person_edits(item, "labels", ("blau",))
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "a much longe"
    assert twin.fields["labels"] == ("blau",)
    assert world.left.records[item].fields["title"] == "a much longer title"


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 12))
def test_what_is_taken_away_while_a_create_is_unconfirmed_stays_away(stage: Stage, step: int, bad: Fate) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM | {"labels": ("red", "green")})
    world.sync([Fate.WELL] * step + [bad])
    for twin in world.right.records:
        world.right.person_edits(twin, "labels", ("green", "red", "typed right"))
    world.left.person_edits(item, "labels", ("green",))
    laws.check_all(world)
    [twin] = world.right.records
    shown = {str(world.right.records[twin].fields["labels"]), str(world.left.records[item].fields["labels"])}
    assert shown <= {"('green',)", "('green', 'typed right')"}


@pytest.mark.parametrize("lost", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("bad", [Fate.BUSY, Fate.REFUSED, Fate.LOST, Fate.KILLED_BEFORE, Fate.KILLED_AFTER])
@pytest.mark.parametrize("steps", [(4,), (5,), (3, 5), (5, 5)])
def test_what_is_taken_away_stays_away_though_the_write_after_a_lost_create_fails_too(
    stage: Stage, lost: Fate, bad: Fate, steps: tuple[int, ...]
) -> None:
    world = stage.world(right_marks_items=bad is not Fate.LOST)
    world.persists = False
    item = world.left.person_creates(ITEM | {"labels": ("new",)})
    world.sync([Fate.WELL] * _BEFORE_THE_CREATE + [lost])
    assert len(world.right.records) == 1
    world.left.person_edits(item, "labels", ("l2", "l6"))
    for step in steps:
        world.be_patient()
        world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    [twin] = world.right.records.values()
    assert world.left.records[item].fields["labels"] == twin.fields["labels"] == ("l2", "l6")


@pytest.mark.parametrize("bad", [Fate.BUSY, Fate.REFUSED, Fate.KILLED_BEFORE])
@pytest.mark.parametrize("step", range(2, 6))
def test_what_is_typed_back_after_a_write_that_was_cut_off_arrives_though_the_next_one_fails_too(
    stage: Stage, bad: Fate, step: int
) -> None:
    world = stage.world()
    world.persists = False
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records.values()
    world.left.person_edits(item, "title", "for a moment")
    world.left.person_edits(item, "labels", ("for a moment",))
    world.sync([Fate.WELL] * _BEFORE_THE_UPDATE + [Fate.KILLED_AFTER])
    assert twin.fields["title"] == "for a moment"
    world.left.person_edits(item, "title", ITEM["title"])
    world.left.person_edits(item, "labels", ("green",))
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    assert (twin.fields["title"], twin.fields["labels"]) == (ITEM["title"], ("green",))


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 10))
def test_a_write_of_ours_that_is_unconfirmed_is_no_edit_of_a_person(stage: Stage, step: int, bad: Fate) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_edits(item, "title", "for a moment")
    world.left.person_edits(item, "labels", ("for a moment",))
    world.sync([Fate.WELL] * step + [bad])
    world.left.person_edits(item, "title", ITEM["title"])
    world.left.person_edits(item, "labels", ("green",))
    [twin] = world.right.records.values()
    world.right.person_edits(twin.id, "status", "1")
    laws.check_all(world)
    [twin] = world.right.records.values()
    assert (twin.fields["title"], twin.fields["labels"]) == (ITEM["title"], ("green",))
    assert world.rows("select 1 from conflicts") == []


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
@pytest.mark.parametrize("step", range(3, 14))
def test_what_only_the_other_side_has_to_give_survives_a_write_that_failed(stage: Stage, step: int, bad: Fate) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    world.right.tick()
    world.left.person_edits(item, "title", "the same on both")
    world.right.person_edits(twin, "title", "the same on both")
    world.right.person_edits(twin, "text", "typed right")
    world.right.person_comments(twin, "a comment on the right", private=True)
    world.right.person_attaches(twin, "file.txt", b"content of the right")
    for app in (world.left, world.right):
        app.tick()  # so that their stamps are believed
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    assert world.left.records[item].fields["text"] == "typed right"
    assert [one.private for one in world.left.records[item].comments] == [True]
    assert list(world.left.records[item].contents.values()) == [b"content of the right"]


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 14))
def test_what_a_conflict_overwrote_is_on_record_even_if_the_process_died_right_then(
    stage: Stage, step: int, bad: Fate
) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    world.left.person_edits(item, "title", "typed left")
    world.right.tick()
    world.right.person_edits(twin, "title", "typed right")
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    shown = {world.left.records[item].fields["title"], world.right.records[twin].fields["title"]}
    assert shown == {"typed right"}
    assert "typed left" in world.history()


@pytest.mark.parametrize("marks", [True, False])
def test_a_search_that_lags_makes_no_second_item_of_a_create_that_was_sent_late(stage: Stage, marks: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(lag=3, right_marks_items=marks, hurries=True)
    world.left.person_creates(ITEM)
    world.tick(3)
    world.sync([Fate.WELL] * 4 + [Fate.KILLED_AFTER])
    assert len(world.right.records) == 1
    for _ in range(8):  # a second each: the app's search shows the item after the third
        world.sync_within_the_second()
        world.tick()
    laws.check_all(world)
    assert len(world.right.records) == 1


def test_how_long_a_lost_create_was_looked_for_is_forgotten_however_it_is_found(stage: Stage) -> None:
    world = stage.world(lag=3)
    world.persists = False
    world.left.person_creates(ITEM)
    world.tick(3)
    world.sync([Fate.WELL] * _BEFORE_THE_CREATE + [Fate.LOST])
    world.sync()
    assert len(world.unknown_since) == 1
    world.tick(3)
    world.right.fate = lambda call: Fate.BUSY if call == "right.find" else Fate.WELL
    world.sync()  # its feed brings what its search does not
    assert world.rows("select state from pairs")[0].state == "linked"
    assert world.unknown_since == {}
    world.right.fate = world.fate
    laws.check_all(world)


def test_a_create_that_never_arrived_is_sent_again_once_the_search_would_show_it(stage: Stage) -> None:
    world = stage.world(lag=3)
    world.left.person_creates(ITEM)
    world.tick(3)
    world.sync([Fate.WELL] * 4 + [Fate.KILLED_BEFORE])
    for _ in range(3):
        world.sync()
        assert world.right.records == {}
    laws.check_all(world)
    assert len(world.right.records) == 1


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.REFUSED])
@pytest.mark.parametrize("step", range(4, 9))
def test_of_two_items_that_read_alike_each_gets_its_own_twin(stage: Stage, step: int, bad: Fate) -> None:
    world = stage.world(marks_items=False)
    for _ in range(2):
        world.left.person_creates(ITEM)
    world.sync([Fate.WELL] * step + [bad])
    laws.check_all(world)
    assert len(world.right.records) == 2


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(5, 16))
@pytest.mark.parametrize("talked_of", [0, 1])
def test_of_two_items_that_read_alike_each_keeps_what_was_said_of_it(
    stage: Stage, step: int, bad: Fate, talked_of: int
) -> None:
    world = stage.world(marks_items=False, marks_comments=False)
    items = [world.left.person_creates(ITEM) for _ in range(2)]
    world.left.person_comments(items[talked_of], "said of one of them", private=False)
    world.left.person_attaches(items[talked_of], "a.txt", b"a")
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    laws.check_all(world)
    assert len(world.right.records) == 2
    assert [len(one.comments) for one in world.left.records.values()] == [1 - talked_of, talked_of]


@pytest.mark.parametrize("marks", [True, False])
def test_a_comment_that_an_app_took_twice_does_not_travel_back(stage: Stage, marks: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(marks_comments=marks)
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_comments(item, "said once", private=False)
    world.sync([Fate.TWICE] * 9)
    laws.check_all(world)
    assert len(world.left.records[item].comments) == 1
    assert "took our comment twice" in world.history()


def test_a_file_that_an_app_took_twice_does_not_travel_back(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    world.left.person_attaches(item, "once.txt", b"once")
    world.sync([Fate.TWICE] * 9)
    laws.check_all(world)
    assert len(world.left.records[item].attachments) == 1
    assert "took our file twice" in world.history()


def test_a_late_holder_cannot_commit(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(ITEM)
    late = world.epoch
    world._take_over()
    current, world.epoch = world.epoch, late
    with pytest.raises(Exception, match="taken this tenant over"):
        world.calm()
    assert world.rows("select id from pairs") == []
    world.epoch = current
    laws.check_all(world)
    assert len(world.right.records) == 1


@pytest.mark.parametrize("step", range(3, 9))
def test_what_a_person_changes_while_a_new_twin_is_completed_is_their_edit(stage: Stage, step: int) -> None:
    world = stage.world(right_fills_dates=True)  # the day that it makes up is taken back in a second write
    item = world.left.person_creates(ITEM | {"labels": ("red",)})

    def somebody_is_faster(_item: str) -> None:
        for one in world.right.records:
            world.right.person_edits(one, "labels", ("typed right",))

    world.right.meanwhile = somebody_is_faster
    world.sync([Fate.WELL] * step + [Fate.MEANWHILE])
    laws.check_all(world)
    [twin] = world.right.records.values()
    assert world.left.records[item].fields["labels"] == twin.fields["labels"]
