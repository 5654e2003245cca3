"""A migration moves everything once, one way, tells who made it and when, and ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.domain.mapping import Direction
from server.domain.values import Value
from server.store import integrations
from tests.property.model import START, Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


@pytest.fixture
def move(stage: Stage) -> Callable[..., World]:
    def make(**quirks: Any) -> World:
        world = stage.world(**quirks)
        world.document = replace(world.document, migration=Direction.TO_RIGHT)
        with world.scope.transaction() as tx:
            integrations.change(tx, world.integration, "move", world.document, "test")
            integrations.start(tx, world.integration)
        return world

    return make


def standing(world: World) -> tuple[str, str]:
    """Its state and its summary; a migration that has come through is no problem."""
    [row] = world.rows("select state, outcome, problem from integrations where id = :integration")
    assert row.problem == ""
    return row.state, row.outcome


def test_everything_is_moved_with_its_time_and_author_and_the_integration_ends(move: Callable[..., World]) -> None:
    world = move(right_keeps_created_at=True)
    item = world.left.person_creates(values("old", text="typed"))
    world.left.person_comments(item, "said then", private=False)
    world.right.tick(3600)
    world.right.person_creates(values("was there"))
    world.calm()
    twin = next(one for one in world.right.records.values() if one.ours)
    assert twin.created == START
    told, said = (one.body for one in twin.comments)
    assert told == "Moved from left left-1, where Pérson made it on 2026-11-23 12:00 UTC."
    assert "Pérson" in said
    assert "said then" in said
    state, sentence = standing(world)
    assert state == "paused"
    assert sentence == "The migration has come through: 1 items of left are on right, nothing is held back."
    assert [row.message for row in world.rows("select message from runs")] == [sentence]
    assert world.left.writes == 0
    assert len(world.left.records) == 1


def test_it_goes_on_while_something_is_due_and_names_what_is_left(move: Callable[..., World]) -> None:
    world = move(right_refuses=frozenset({"bad"}))
    for title in ("good", "bad", "late"):
        world.left.person_creates(values(title))
    world.right.fate = lambda call: Fate.BUSY if call == "right.create" else Fate.WELL
    world.calm()
    world.right.fate = lambda _call: Fate.WELL
    assert standing(world)[0] == "running"
    world.settle()
    state, sentence = standing(world)
    assert state == "paused"
    assert "2 items of left are on right, 1 are held back" in sentence


def test_nothing_is_written_back_whatever_people_do_on_the_new_side(move: Callable[..., World]) -> None:
    world = move()
    item = world.left.person_creates(values("moved"))
    world.calm()
    [twin] = world.right.records
    world.right.person_edits(twin, "title", "changed there")
    world.right.person_comments(twin, "said there", private=False)
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
    assert standing(world) == ("running", "")
    world.settle()
    assert world.left.writes == 0
    assert world.left.records[item].fields["title"] == "moved"
    assert world.right.records[twin].fields["title"] == "changed there"


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(1, 9))
@pytest.mark.parametrize("marks", [True, False])
def test_a_death_at_any_step_moves_an_item_once_and_tells_its_origin_once(
    move: Callable[..., World],
    step: int,
    bad: Fate,
    marks: bool,  # noqa: FBT001 - a case
) -> None:
    world = move(right_keeps_created_at=True, right_marks_items=marks, right_marks_comments=marks)
    item = world.left.person_creates(values("old", text="typed"))
    world.left.records[item].created = START - timedelta(days=400)
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    [twin] = world.right.records.values()
    assert [one.body.startswith("Moved from left left-1") for one in twin.comments] == [True]
    assert twin.created == START - timedelta(days=400)
    assert standing(world)[0] == "paused"


@pytest.mark.parametrize("bad", [Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("keeps", [True, False])
def test_a_twin_whose_answer_was_lost_is_found_whether_or_not_the_app_kept_its_age(
    move: Callable[..., World],
    bad: Fate,
    keeps: bool,  # noqa: FBT001 - a case
) -> None:
    world = move(right_keeps_created_at=keeps, right_drops_created_at=not keeps, right_marks_items=False)
    item = world.left.person_creates(values("old", text="typed"))
    world.left.records[item].created = START - timedelta(days=400)
    world.right.fate = lambda call: bad if call == "right.create" and not world.right.records else Fate.WELL
    world.sync()
    world.right.fate = lambda _call: Fate.WELL
    world.settle()
    [twin] = world.right.records.values()
    assert (twin.created == world.left.records[item].created) is keeps
    assert standing(world)[0] == "paused"


def test_what_the_app_was_seen_to_do_with_the_age_is_told_before_and_kept_after(move: Callable[..., World]) -> None:
    world = move(right_drops_created_at=True)
    item = world.left.person_creates(values("old"))
    world.left.records[item].created = START - timedelta(days=400)
    run = world.answer("dry run")
    [told] = world.rows(f"select message, state from runs where id = '{run}'")  # noqa: S608 - our own id
    assert told.state == "succeeded"
    assert told.message.startswith("Whether right lets items be as old as their originals is known only once")
    world.calm()
    seen = dict(world.rows("select name, seen from connections where name in ('left', 'right')"))
    assert seen == {"left": {}, "right": {"keeps_created_at": False}}
