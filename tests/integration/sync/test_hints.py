"""What apps told by webhook takes the same way as what a poll finds, and leaves the inbox only when it is settled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from server.domain.errors import Transient
from server.domain.item import Item, Side
from server.domain.values import Value
from server.services.sync import hints
from server.services.sync.passes import Broken, Desk, Finished
from server.store import inbox
from tests.property import laws
from tests.property.model import Fate, Killed, ModelApp, ModelConnector
from tests.property.world import World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


@pytest.fixture
def world(world: World) -> World:
    world.calm()
    return world


def tell(world: World, *items: str, side: Side = Side.LEFT) -> None:
    with world.scope.transaction() as tx:
        connection = world.document.side(side).connection
        inbox.put(tx, connection, [(world.integration, side)], items)


def told(world: World) -> list[str]:
    return [row.item_id for row in world.rows("select item_id from inbox order by item_id")]


def work(world: World) -> Finished | Broken | None:
    """The pass over what was told, by a fresh desk; None: there is none."""
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    wanted = [one for one in desk.wanted() if one.told]
    outcome: Finished | Broken | None = None
    with ThreadPoolExecutor(2) as pool:
        for each in wanted:
            one = desk.start(each, pool)
            while (outcome := one.step()) is None:
                pass
    desk.close()
    for app in (world.left, world.right):
        app.tick()
    return outcome


def watch(world: World) -> list[str]:
    """Every call from now on."""
    calls: list[str] = []

    def fate(call: str) -> Fate:
        calls.append(call)
        return Fate.WELL

    world.left.fate = world.right.fate = fate
    return calls


def test_an_item_that_is_named_arrives_without_a_look_at_the_feeds(world: World) -> None:
    item = world.left.person_creates(ITEM)
    world.left.person_creates(ITEM | {"title": "not named"})
    tell(world, item)
    calls = watch(world)
    assert isinstance(work(world), Finished)
    assert [one.fields["title"] for one in world.right.records.values()] == ["an item"]
    assert not [call for call in calls if call.endswith("changes")]
    assert told(world) == []
    assert [row.trigger for row in world.rows("select trigger from runs")] == ["webhook"]
    assert work(world) is None
    world.settle()
    laws.check_all(world)
    assert len(world.right.records) == 2


def test_an_edit_and_a_deletion_are_told_like_anything_else(world: World) -> None:
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    world.right.person_edits(twin, "title", "better")
    tell(world, twin, side=Side.RIGHT)
    work(world)
    assert world.left.records[item].fields["title"] == "better"
    world.left.person_deletes(item)
    tell(world, item)
    work(world)
    assert told(world) == []
    assert [row.state for row in world.rows("select state from pairs")] == ["ended"]


def test_what_is_known_already_is_told_for_nothing(world: World) -> None:
    item = world.left.person_creates(ITEM)
    world.settle()
    tell(world, item)
    before = (world.left.writes, world.right.writes)
    runs = len(world.rows("select id from runs"))
    assert isinstance(work(world), Finished)
    assert (world.left.writes, world.right.writes) == before
    assert len(world.rows("select id from runs")) == runs
    assert told(world) == []


def test_an_item_of_another_container_is_none_of_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ModelApp.item

    def elsewhere(self: ModelApp, item_id: str) -> Item:
        return replace(honest(self, item_id), container="elsewhere")

    monkeypatch.setattr(ModelApp, "item", elsewhere)
    tell(world, world.left.person_creates(ITEM))
    work(world)
    assert world.right.records == {}
    assert told(world) == []
    assert world.rows("select item_id from holds") == []


def test_an_id_that_nobody_knows_is_forgotten(world: World) -> None:
    tell(world, "left-999")
    assert isinstance(work(world), Finished)
    assert told(world) == []
    assert world.rows("select item_id from holds") == []


def test_an_app_that_names_nothing_has_its_feed_read(world: World) -> None:
    for number in range(4):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    tell(world, inbox.WHOLE_FEED)
    calls = watch(world)
    work(world)
    assert len(world.right.records) == 4
    assert "left.changes" in calls
    assert "right.changes" not in calls
    assert told(world) == []


def test_a_stranger_that_cannot_be_read_now_is_told_of_again_and_holds_nobody_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (world.left.person_creates(ITEM | {"title": title}) for title in ("bad", "good"))
    fetch = ModelConnector.fetch

    def busy(self: ModelConnector, item_id: str) -> Item:
        if item_id == bad:
            raise Transient("The app is busy.", status=503)
        return fetch(self, item_id)

    with monkeypatch.context() as patched:
        patched.setattr(ModelConnector, "fetch", busy)
        tell(world, bad, good)
        assert isinstance(work(world), Broken)
        assert [one.fields["title"] for one in world.right.records.values()] == ["good"]
        assert told(world) == [bad]
    work(world)
    assert len(world.right.records) == 2
    assert told(world) == []


@pytest.mark.parametrize("when", ["before the page", "after the page"])
def test_a_death_at_any_moment_loses_no_hint(world: World, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    item = world.left.person_creates(ITEM)
    tell(world, item)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(hints, "_fetch" if when == "before the page" else "_settled", die)
        with pytest.raises(Killed):
            work(world)
    assert told(world) == [item]
    work(world)
    assert told(world) == []
    assert len(world.right.records) == 1
    laws.check_all(world)
