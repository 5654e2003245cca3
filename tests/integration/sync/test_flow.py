"""Pages follow each other while the calls of the one before are made; nothing is lost or made twice by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from server.domain.errors import Unavailable
from server.domain.item import Draft, Item
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from server.domain.values import Value
from server.services.sync import feed, settle
from tests.property import laws
from tests.property.model import Fate, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
_ITEMS, _PAGE = 12, 3


@pytest.fixture
def world(stage: Stage) -> World:
    made = stage.world()
    for number in range(_ITEMS):
        made.left.person_creates(ITEM | {"title": f"item {number}"})
    return made


def at_first_create(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen while the first twin is made."""
    create, once = ModelConnector.create, iter([happens])

    def made(self: ModelConnector, draft: Draft) -> Item:
        next(once, lambda: None)()
        return create(self, draft)

    monkeypatch.setattr(ModelConnector, "create", made)


def on_record_at_each_settle(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many operations are planned and not over at each settle, as it comes."""
    planned: list[int] = []
    commit = settle.commit

    def look_first(*given: object, **more: object) -> None:
        planned.append(len(world.rows("select 1 from operations where state = 'planned'")))
        commit(*given, **more)  # type: ignore[arg-type]  # whatever it is given

    monkeypatch.setattr(settle, "commit", look_first)
    return planned


def come_to_rest(world: World) -> None:
    for app in (world.left, world.right):
        app.tick()
    world.settle()
    laws.check_all(world)


def test_a_page_is_on_record_before_the_page_before_it_is_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = on_record_at_each_settle(world, monkeypatch)
    world.sync()
    assert planned[:4] == [2 * _PAGE, 2 * _PAGE, 2 * _PAGE, _PAGE]
    assert len(world.right.records) == _ITEMS


def test_an_edit_of_an_item_that_was_read_ahead_is_carried_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def edit() -> None:
        for item_id in world.left.records:
            world.left.person_edits(item_id, "title", f"edited {item_id}")

    at_first_create(monkeypatch, edit)
    world.sync()
    come_to_rest(world)
    assert {str(one.fields["title"]) for one in world.right.records.values()} == {
        f"edited {item_id}" for item_id in world.left.records
    }


def test_the_cursor_never_moves_beyond_a_page_that_could_not_be_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, times = settle.commit, iter(range(100))

    def silent(*given: object, **more: object) -> None:
        if next(times) == 1:
            raise Unavailable("The database does not answer.")
        commit(*given, **more)  # type: ignore[arg-type]  # whatever it is given

    monkeypatch.setattr(settle, "commit", silent)
    with pytest.raises(Unavailable):
        for _ in feed.run(world._work()):
            pass
    [left] = world.rows("select at from cursors where side = 'left'")
    created = sorted(one.created for one in world.left.records.values())
    assert left.at == created[_PAGE - 1]
    monkeypatch.undo()
    come_to_rest(world)
    assert len(world.right.records) == _ITEMS


@pytest.mark.parametrize("after", range(1, 40, 3))
def test_a_death_at_any_time_makes_nothing_twice_and_loses_nothing(world: World, after: int) -> None:
    world.sync([Fate.WELL] * after + [Fate.KILLED_AFTER])
    come_to_rest(world)
    assert len(world.right.records) == _ITEMS


def test_a_page_with_an_item_that_is_known_waits_for_the_page_before(world: World) -> None:
    """Both pages bring the same items: the second time they are known, and made only once."""
    world.left.disorder = True
    world.sync()
    come_to_rest(world)
    assert len(world.right.records) == _ITEMS


def test_where_links_travel_each_page_is_settled_before_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.document = replace(world.document, links=LinkRules(parents=Direction.BOTH))
    planned = on_record_at_each_settle(world, monkeypatch)
    world.sync()
    assert planned[:4] == [_PAGE] * 4
    assert len(world.right.records) == _ITEMS
