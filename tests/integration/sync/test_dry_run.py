"""A dry run shows what a run would do, writes none of it, and the first real run keeps to it."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.errors import NeedsRelease
from server.domain.item import Side
from server.domain.values import Value
from server.engine.cap import spare
from server.store import requests, runs
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


def lines(world: World, run: str) -> list[Any]:
    return world.rows(f"select * from previews where run_id = '{run}' order by id")  # noqa: S608 - our own id


def counts(world: World, run: str) -> dict[str, int]:
    return dict(world.rows(f"select counts from runs where id = '{run}'")[0].counts)  # noqa: S608 - our own id


def untouched(world: World) -> tuple[object, ...]:
    """All that a live pass goes by."""
    tables = ("pairs", "comment_pairs", "attachment_pairs", "operations", "events", "conflicts", "cursors", "holds")
    number = "select coalesce(sum(hashtextextended(xmin::text || ctid::text, 0)), 0) as number from"
    return tuple(world.rows(f"{number} {one}")[0].number for one in tables)


def test_a_dry_run_of_a_new_integration_counts_everything_and_writes_nothing(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(values("left 0"))
    for number in range(1, 7):
        world.left.person_creates(values(f"left {number}"))
    world.left.person_comments(item, "a comment", private=True)
    world.left.person_attaches(item, "file.txt", b"content")
    world.right.person_creates(values("right", due="2031-01-31"))
    before = untouched(world)
    run = world.answer("dry run")
    assert untouched(world) == before
    assert world.left.writes == world.right.writes == 0
    assert counts(world, run) == {"creates": 8, "comments": 1, "files": 1}
    shown = lines(world, run)
    made = [(one.side, one.after) for one in shown if one.action == "create" and not one.field]
    assert sorted(made) == [("left", "right"), *[("right", f"left {number}") for number in range(7)]]
    assert [(one.item_key, one.before, one.after) for one in shown if one.field == "Due"] == [
        ("right-1", None, "2031-01-31")
    ]
    assert world.rows("select state, done from runs")[0].state == "succeeded"
    assert world.rows("select item_id from walked") == []


def test_each_field_is_shown_before_and_after_and_a_pair_counts_once(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(values("old"))
    world.settle()
    [twin] = world.right.records
    world.left.tick()
    world.left.person_edits(item, "title", "new")
    world.right.person_edits(twin, "status", "2")
    before = untouched(world)
    run = world.answer("dry run")
    assert untouched(world) == before
    assert counts(world, run) == {"updates": 2}
    assert {(one.side, one.field, one.before, one.after) for one in lines(world, run)} == {
        ("right", "Title", "old", "new"),
        ("left", "Status", "New", "Done"),
    }
    laws.check_all(world)


def test_what_would_be_skipped_or_in_conflict_is_listed_with_the_reason(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(values("same"))
    world.settle()
    [twin] = world.right.records
    world.left.person_edits(item, "title", "mine")
    world.right.tick()
    world.right.person_edits(twin, "title", "theirs")
    run = world.answer("dry run")
    [clash] = [one for one in lines(world, run) if one.action == "conflict"]
    assert (clash.side, clash.before, clash.after) == ("left", "mine", "theirs")
    assert "changed last" in clash.reason
    assert counts(world, run) == {"updates": 1, "conflicts": 1}


def test_an_item_that_was_refused_is_shown_as_it_would_be_tried_now(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    world.left.person_creates(values("bad"))
    world.sync()
    run = world.answer("dry run")
    assert counts(world, run) == {"creates": 1}


def test_an_item_that_was_deleted_is_found_by_the_dry_run(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(values("short lived"))
    world.settle()
    world.left.person_deletes(item)
    before = untouched(world)
    run = world.answer("dry run")
    assert untouched(world) == before
    [line] = lines(world, run)
    assert (line.side, line.action) == ("right", "ended")
    assert "deleted on left" in line.reason
    assert counts(world, run) == {"ended": 1}


def test_a_dry_run_that_was_killed_begins_anew_and_its_lines_are_gone(stage: Stage) -> None:
    world = stage.world()
    for number in range(7):
        world.left.person_creates(values(f"left {number}"))
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "dry run", {}, "test")
    dead = world.go_on(pages=2)
    assert lines(world, dead)
    world._take_over()
    run = world.go_on()
    assert lines(world, dead) == []
    assert counts(world, run) == {"creates": 7}
    assert world.rows("select id from run_requests") == []


def test_a_dry_run_is_cancelled_at_its_next_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = stage.world()
    for number in range(7):
        world.left.person_creates(values(f"left {number}"))
    monkeypatch.setattr(runs, "progress", lambda *_, **__: True)
    run = world.answer("dry run")
    assert [row.state for row in world.rows("select state from runs")] == ["cancelled"]
    assert len({one.item_id for one in lines(world, run)}) == 3
    assert world.cap() is None


def test_items_that_were_joined_before_leave_the_first_run_bound_to_its_dry_run(stage: Stage) -> None:
    world = stage.world()
    for app in (world.left, world.right):
        app.person_creates(values("on both"))
    rules = {"rules": [{"parts": [{"left": "title", "right": "title", "how": "words"}]}]}
    world.answer("match", {"preview": world.answer("match", {"rules": rules}), "wins": "fill"})
    assert [row.state for row in world.rows("select state from pairs")] == ["linked"]
    world.left.person_creates(values("shown"))
    world.answer("dry run")
    assert world.cap() == {"create": 1}
    for number in range(spare({"create": 1}) + 1):
        world.left.person_creates(values(f"later {number}"))
    with pytest.raises(NeedsRelease):
        world.calm()


def test_a_dry_run_after_anything_was_written_binds_nothing(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("written"))
    world.sync([Fate.WELL] * 4 + [Fate.KILLED_AFTER])  # the twin is there, and no page of a feed has come to its end
    assert world.rows("select 1 from cursors where integration_id = :integration") == []
    world.answer("dry run")
    assert world.cap() is None


def test_the_first_run_stops_before_it_goes_beyond_what_was_shown(stage: Stage) -> None:
    world = stage.world()
    for number in range(3):
        world.left.person_creates(values(f"shown {number}"))
    world.answer("dry run")
    assert world.cap() == {"create": 3}
    for number in range(spare({"create": 3}) + 1):
        world.left.person_creates(values(f"later {number}"))
    with pytest.raises(NeedsRelease, match="make new items more often than its dry run showed"):
        world.calm()
    made = len(world.right.records)
    assert 3 <= made <= 3 + spare({"create": 3})
    with pytest.raises(NeedsRelease):  # what was done before counts, in the next pass too
        world.calm()
    assert len(world.right.records) == made
    world.answer("dry run")
    world.calm()
    assert world.cap() is None
    laws.check_all(world)
    assert len(world.right.records) == len(world.left.records)


def test_a_few_items_more_than_shown_are_let_through_and_the_cap_ends_with_the_first_run(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("shown"))
    world.answer("dry run")
    world.left.person_creates(values("made since"))
    world.calm()
    assert world.cap() is None
    assert len(world.right.records) == 2
    for number in range(60):
        world.app(Side.LEFT).person_creates(values(f"later {number}"))
    world.calm()
    assert len(world.right.records) == 62


def test_an_integration_that_has_run_gets_no_cap(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(values("there"))
    world.settle()
    world.answer("dry run")
    assert world.cap() is None
