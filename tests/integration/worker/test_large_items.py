"""Pages whose items are too large to be held together become smaller, whatever the pass, and all come through."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from server.connectors.room import ROOM, Limits
from server.domain.item import Side
from server.services.sync.passes import Broken, Desk, Finished
from server.store import inbox
from server.store.requests import RequestKind
from tests.integration.worker.desks import ITEM, to_its_end
from tests.property import laws
from tests.property.world import World

pytestmark = pytest.mark.postgres
LARGE = "x" * 150_000
ITEMS = 7
LIMITS = Limits(tenant=400_000, whole=9_000_000, little=100_000, patience=0.02)
"""An item and its twin have room, and no other beside them."""
TITLE = {"rules": {"rules": [{"parts": [{"left": "title", "right": "title", "how": "words"}]}]}}


def large(world: World, *sides: Side) -> None:
    for side in sides:
        for number in range(ITEMS):
            world.app(side).person_creates(ITEM | {"title": f"item {number}", "text": LARGE})


def passes(world: World, pool: ThreadPoolExecutor) -> list[Finished | Broken]:
    """Passes of one desk until one comes through: how each ended."""
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    ended: list[Finished | Broken] = []
    while not ended or isinstance(ended[-1], Broken):
        assert len(ended) < 6, ended
        ended.append(to_its_end(desk.start(desk.wanted()[-1], pool)))
    desk.close()
    for app in (world.left, world.right):
        app.tick()
    return ended


def shrank(ended: list[Finished | Broken]) -> bool:
    """Whether pages were too large at first, and nothing else stopped a pass."""
    reasons = [one.reason for one in ended if isinstance(one, Broken)]
    return bool(reasons) and all("smaller pages" in one for one in reasons)


@pytest.fixture
def in_step(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Large items that are in step, and little room from now on."""
    large(world, Side.LEFT)
    world.settle()
    assert len(world.right.records) == ITEMS
    monkeypatch.setattr(ROOM, "limits", LIMITS)
    return world


@pytest.fixture
def apart(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Nothing yet, and little room."""
    monkeypatch.setattr(ROOM, "limits", LIMITS)
    return world


@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("scan", {}),
        ("resync", {}),
        ("hard resync", {}),
        ("reconcile", {"wins": "left"}),
    ],
)
def test_a_run_over_all_items_comes_through_in_smaller_pages(
    in_step: World, pool: ThreadPoolExecutor, kind: RequestKind, argument: Mapping[str, Any]
) -> None:
    for app in (in_step.left, in_step.right):  # a page of the app's brings them all
        app.page = 50
    in_step.ask(kind, argument)
    assert shrank(passes(in_step, pool))
    laws.check_all(in_step)


def test_what_was_named_one_by_one_is_looked_at_in_smaller_pages(in_step: World, pool: ThreadPoolExecutor) -> None:
    rows = in_step.rows("select id from pairs where integration_id = :integration order by id")
    in_step.ask("resync", {"pairs": [str(row.id) for row in rows]})
    assert shrank(passes(in_step, pool))
    [run] = in_step.rows("select done from runs where trigger = 'resync' and state = 'succeeded'")
    assert run.done == ITEMS


def test_an_undo_comes_through_in_smaller_pages(in_step: World, pool: ThreadPoolExecutor) -> None:
    for item in list(in_step.left.records.values()):
        in_step.left.person_edits(item.id, "title", f"{item.fields['title']} again")
    passes(in_step, pool)
    in_step.ask("undo", {"run": in_step.last_run()})
    assert shrank(passes(in_step, pool))
    assert {one.fields["title"] for one in in_step.right.records.values()} == {f"item {n}" for n in range(ITEMS)}


def test_what_apps_tell_is_looked_at_in_smaller_pages(in_step: World, pool: ThreadPoolExecutor) -> None:
    for item in list(in_step.left.records.values()):
        in_step.left.person_edits(item.id, "title", f"{item.fields['title']} again")
    with in_step.scope.transaction() as tx:
        inbox.put(
            tx,
            in_step.document.left.connection,
            [(in_step.integration, Side.LEFT)],
            list(in_step.left.records),
        )
    assert shrank(passes(in_step, pool))
    assert {one.fields["title"] for one in in_step.right.records.values()} == {f"item {n} again" for n in range(ITEMS)}


def test_items_that_are_there_already_are_compared_and_joined_in_smaller_pages(
    apart: World, pool: ThreadPoolExecutor
) -> None:
    world = apart
    large(world, *Side)
    world.ask("match", TITLE)
    passes(world, pool)
    shown = world.last_run()
    world.ask("match", {"preview": shown, "wins": "fill"})
    assert shrank(passes(world, pool))
    assert len(world.rows("select id from pairs where integration_id = :integration")) == ITEMS


def test_a_dry_run_shows_all_in_smaller_pages(apart: World, pool: ThreadPoolExecutor) -> None:
    large(apart, Side.LEFT)
    apart.left.page = 50
    apart.ask("dry run")
    assert shrank(passes(apart, pool))
    assert len(apart.rows("select distinct item_id from previews where action = 'create'")) == ITEMS


def test_two_items_that_are_too_much_together_stay_apart_and_that_is_told(
    apart: World, pool: ThreadPoolExecutor
) -> None:
    world = apart
    for app in (world.left, world.right):
        app.person_creates(ITEM | {"title": "both", "text": 2 * LARGE})
    world.ask("match", TITLE)
    passes(world, pool)
    world.ask("match", {"preview": world.last_run(), "wins": "fill"})
    passes(world, pool)
    assert "They stay as they are." in world.history()
    assert world.rows("select id from pairs where integration_id = :integration") == []


def test_a_page_is_never_empty(world: World) -> None:
    for turn, most, size in ((1, 50, 1), (0, 50, 1), (8, 50, 8), (500, 50, 50)):
        assert replace(world._work(), turn=turn).at_once(most) == size
