"""What meets a passing failure is tried once more within the same pass; what keeps failing waits for its hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from server.domain.errors import LostAnswer, Transient
from server.domain.item import Draft, Item
from server.domain.values import Value
from server.services.sync.stumble import HELD_TRIES, MOST_TRIES
from tests.property import laws
from tests.property.model import ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
_ITEMS = 12


@pytest.fixture
def world(stage: Stage) -> World:
    made = stage.world()
    for number in range(_ITEMS):
        made.left.person_creates(ITEM | {"title": f"item {number}"})
    made.left.page = _ITEMS
    return made


@pytest.fixture
def creates(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str, int], Transient | None]], Counter[str]]:
    """Let creates fail as a function of title and number of the attempt says; what was asked for, by title."""

    def set_up(fails: Callable[[str, int], Transient | None]) -> Counter[str]:
        create, asked = ModelConnector.create, Counter[str]()

        def made(self: ModelConnector, draft: Draft) -> Item:
            title = str(draft.fields["title"])
            asked[title] += 1
            error = fails(title, asked[title])
            if isinstance(error, LostAnswer):
                create(self, draft)
            if error is not None:
                raise error
            return create(self, draft)

        monkeypatch.setattr(ModelConnector, "create", made)
        return asked

    return set_up


def come_to_rest(world: World) -> None:
    for app in (world.left, world.right):
        app.tick()
    world.settle()
    laws.check_all(world)


def held(world: World) -> list[tuple[str, int]]:
    return [(row.kind, row.attempts) for row in world.rows("select kind, attempts from holds")]


Creates = Callable[[Callable[[str, int], Transient | None]], Counter[str]]


def test_an_item_that_met_a_server_error_is_through_at_the_end_of_the_pass(world: World, creates: Creates) -> None:
    creates(lambda title, time: Transient("Try later.", status=500) if title < "item 4" and time == 1 else None)
    world.sync()
    assert len(world.right.records) == _ITEMS
    assert held(world) == []
    come_to_rest(world)


def test_a_create_whose_answer_was_lost_is_looked_up_after_a_moment_and_made_once(
    world: World, creates: Creates
) -> None:
    asked = creates(lambda title, _: LostAnswer("No answer came.") if title < "item 4" else None)
    world.sync()
    assert len(world.right.records) == _ITEMS
    assert max(asked.values()) == 1
    assert held(world) == []
    come_to_rest(world)


def test_when_most_of_a_page_failed_the_app_is_left_alone(world: World, creates: Creates) -> None:
    asked = creates(lambda title, _: None if title == "item 0" else Transient("Try later.", status=500))
    world.sync()
    assert max(asked.values()) == 1
    assert len(held(world)) == _ITEMS - 1


def test_an_app_that_names_a_time_is_not_asked_before_it(world: World, creates: Creates) -> None:
    asked = creates(lambda title, _: Transient("Later.", status=503, retry_after=9.0) if title == "item 0" else None)
    world.sync()
    assert asked["item 0"] == 1
    assert held(world) == [("retry", 1)]


def test_what_keeps_failing_waits_no_longer_for_having_been_tried_in_the_pass(world: World, creates: Creates) -> None:
    asked = creates(lambda title, _: Transient("Try later.", status=500) if title == "item 0" else None)
    world.sync()
    assert asked["item 0"] == 1 + MOST_TRIES
    assert held(world) == [("retry", 1)]
    assert len(world.right.records) == _ITEMS - 1


def test_what_was_held_before_is_tried_a_few_times_a_pass_and_waits_longer_each_time(
    world: World, creates: Creates
) -> None:
    asked = creates(lambda title, _: Transient("Try later.", status=500) if title == "item 0" else None)
    world.sync()
    for number in range(1, 3):
        world.be_patient()
        world.sync()
        assert asked["item 0"] == 1 + MOST_TRIES + number * (1 + HELD_TRIES)
        assert held(world) == [("retry", 1 + number)]


def test_a_bad_moment_when_its_time_has_come_costs_a_held_item_no_further_wait(world: World, creates: Creates) -> None:
    bad = 1 + MOST_TRIES + HELD_TRIES
    creates(lambda title, time: Transient("Try later.", status=500) if title == "item 0" and time <= bad else None)
    world.sync()
    world.be_patient()
    world.sync()
    assert held(world) == []
    assert len(world.right.records) == _ITEMS
    come_to_rest(world)
