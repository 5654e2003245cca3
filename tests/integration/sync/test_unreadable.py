"""What cannot be read of one item holds that item, in words that a person finds by its key, and nothing else."""

from __future__ import annotations

import pytest

from server.domain.item import Side
from server.domain.values import Value
from server.services.apps import Apps
from server.services.explain import explain
from server.store import integrations
from tests.property.model import ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": ()}


def titles(world: World) -> set[object]:
    return {one.fields["title"] for one in world.right.records.values()}


def held(world: World) -> list[tuple[str, str]]:
    return [
        (row.item_id, f"{row.reason} {row.words}")
        for row in world.rows("select item_id, reason, words from holds order by item_id")
    ]


def test_an_item_that_cannot_be_read_is_held_by_its_key_and_the_others_go(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stage.world(page=2)
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
    ids = []
    for title in ("one", "two", "three"):
        ids.append(world.left.person_creates(values(title)))
        world.tick(3)
    world.left.person_garbles(ids[1])
    world.tick(3)
    world.sync()
    assert titles(world) == {"one", "three"}
    [(item, reason)] = held(world)
    assert item == ids[1]
    assert "“12:34:61” is no time" in reason
    before = world.fingerprint("events", "holds", "runs")
    world.sync()
    assert world.fingerprint("events", "holds", "runs") == before, "what cannot be read is not told again and again"
    for module in ("apps", "sync.ends"):
        opener = lambda _scope, row, *_, **__: ModelConnector(world.app(Side(row.name)))  # noqa: E731
        monkeypatch.setattr(f"server.services.{module}.open_connector", opener)
    told = explain(world.scope, Apps(), f"left-{ids[1]}", live=True)
    assert '"12:34:61" is no time' in told.sentence
    world.left.person_garbles(ids[1], there=False)
    world.settle()
    assert titles(world) == {"one", "two", "three"}
    assert held(world) == []


def test_a_twin_that_cannot_be_read_holds_its_own_pair_and_loses_nothing(stage: Stage) -> None:
    world = stage.world()
    ids = [world.left.person_creates(values(title)) for title in ("one", "two")]
    world.settle()
    twin = next(one.id for one in world.right.records.values() if one.fields["title"] == "one")
    world.right.person_garbles(twin)
    world.settle()
    for item_id in ids:
        world.left.person_edits(item_id, "text", f"new text of {item_id}")
    world.settle()
    texts = {one.id: one.fields.get("text") for one in world.right.records.values()}
    assert not texts.pop(twin)
    assert list(texts.values()) == [f"new text of {ids[1]}"]
    world.right.person_garbles(twin, there=False)
    world.settle()
    assert world.right.records[twin].fields["text"] == f"new text of {ids[0]}"
    assert held(world) == []


def test_an_entry_of_a_list_without_an_id_is_told_and_the_rest_of_the_list_goes_on(stage: Stage) -> None:
    world = stage.world()
    world.left.nameless = True
    world.left.person_creates(values("one"))
    world.tick(3)
    world.sync()
    assert titles(world) == {"one"}
    [(item, reason)] = held(world)
    assert item == "unnamed-1"
    assert "its id" in reason
    before = world.fingerprint("events", "holds")
    world.sync()
    assert world.fingerprint("events", "holds") == before


@pytest.mark.parametrize("garbled", [Side.LEFT, Side.RIGHT])
def test_a_full_scan_goes_on_past_what_cannot_be_read(stage: Stage, garbled: Side) -> None:
    world = stage.world(page=2)
    ids = [world.left.person_creates(values(str(number))) for number in range(5)]
    world.settle()
    app = world.app(garbled)
    app.person_garbles(next(one.id for one in app.records.values() if one.fields["title"] == "2"))
    last = world.left.records[ids[-1]]
    last.fields["text"] = "typed without a trace in the time of change"
    world.scan()
    assert "typed without a trace in the time of change" in {
        one.fields.get("text") for one in world.right.records.values()
    }
