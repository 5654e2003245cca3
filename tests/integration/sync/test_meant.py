"""An address is answered with the item of its own app; a bare number with whatever has it, on either side (V11)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from server.domain.item import Side
from server.domain.values import Value
from server.services import items
from server.services.apps import Apps
from server.services.explain import Explanation, explain
from server.store import integrations
from tests.property.model import ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "from the left", "text": "", "status": "1", "labels": ()}
LEFT, RIGHT = "https://tracker.example/redmine", "https://tracker.example/rt"


@pytest.fixture
def crossed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> World:
    """A Redmine and an RT below one host; number 2 of each is the twin of number 1 of the other."""
    world = stage.world()
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
        for side, kind, url in (("left", "redmine", LEFT), ("right", "request_tracker", RIGHT)):
            place = {"side": side, "kind": kind, "url": url}
            tx.execute(
                text(
                    "update connections set kind = :kind, settings = jsonb_build_object('url', cast(:url as text))"
                    " where name = :side"
                ),
                place,
            )
    world.left.person_creates(ITEM)
    world.right.person_creates(ITEM | {"title": "from the right"})
    world.settle()
    for module in ("apps", "sync.ends"):
        opener = lambda _scope, row, *_, **__: ModelConnector(world.app(Side(row.name)))  # noqa: E731
        monkeypatch.setattr(f"server.services.{module}.open_connector", opener)
    return world


def why(world: World, key: str) -> Explanation:
    return explain(world.scope, Apps(), key, live=True)


def titles(told: Explanation) -> set[str]:
    return {one.pair.title for one in told.subjects if one.pair is not None}


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (f"{LEFT}/issues/1", "from the left"),
        (f"{LEFT}/issues/2#note-1", "from the right"),
        (f"{RIGHT}/Ticket/Display.html?id=1", "from the right"),
        (f"{RIGHT}/Ticket/Display.html?id=2#txn-7", "from the left"),
    ],
)
def test_an_address_names_one_item_however_often_its_number_is_there(crossed: World, address: str, title: str) -> None:
    assert titles(why(crossed, address)) == {title}
    assert [one.title for one in items.page(crossed.scope, None, address, "", "", 50).items] == [title]


@pytest.mark.parametrize("number", ["1", "#1", "2"])
def test_a_bare_number_that_fits_both_sides_lists_both(crossed: World, number: str) -> None:
    assert titles(why(crossed, number)) == {"from the left", "from the right"}


def test_a_bare_number_is_asked_for_where_nothing_known_has_it(crossed: World) -> None:
    crossed.right.person_creates(ITEM | {"title": "fresh"})
    crossed.left.person_deletes("1")
    crossed.scan()
    only = crossed.left.person_creates(ITEM | {"title": "only here"})
    crossed.sync()  # its twin has another number than it
    fresh = crossed.right.person_creates(ITEM | {"title": "not looked at yet"})
    told = why(crossed, fresh)
    assert any(one.pair is None and one.key == f"right-{fresh}" for one in told.subjects), (only, told.sentence)


def test_an_address_of_an_app_that_is_not_connected_is_nobodys(crossed: World) -> None:
    for address in ("https://elsewhere.example/issues/1", "https://tracker.example/issues/1", f"{LEFT}/projects/1"):
        told = why(crossed, address)
        assert (told.subjects, told.history) == ((), ()), address
        assert items.page(crossed.scope, None, address, "", "", 50).items == ()


def test_what_is_on_record_of_another_app_s_number_is_not_told_of_an_address(crossed: World) -> None:
    alone = crossed.left.person_creates(ITEM | {"title": "alone"})
    crossed.right.refuses = frozenset({"alone"})
    crossed.sync()
    assert [one.holds[0].item_id for one in why(crossed, f"{LEFT}/issues/{alone}").subjects] == [alone]
    elsewhere = why(crossed, f"{RIGHT}/Ticket/Display.html?id={alone}")
    assert all(not one.holds for one in elsewhere.subjects)
