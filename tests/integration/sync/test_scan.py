"""The full scan: what no time of change tells is found, and no error or empty answer counts as a deletion."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.domain.errors import NeedsRelease, Transient
from server.domain.rules import GuardRules
from server.domain.values import Value
from server.services.sync import feed, scan
from server.services.sync.work import Run
from server.store import scans
from tests.property import laws
from tests.property.model import Fate, Killed, ModelConnector
from tests.property.sight import look
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def begun(stage: Stage, items: int = 3) -> World:
    world = stage.world()
    for number in range(items):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    world.settle()
    return world


def scanned(world: World, *, released: bool = False) -> None:
    """One full scan."""
    work = replace(world._work(), run=Run("scan"), released=released)
    for _ in scan.run(work):
        pass
    feed.finish(work, None)
    for app in (world.left, world.right):
        app.tick()


def states(world: World) -> list[str]:
    rows = world.rows("select state from pairs where integration_id = :integration order by state")
    return [row.state for row in rows]


def test_a_deletion_that_no_feed_tells_is_found(stage: Stage) -> None:
    world = begun(stage)
    world.left.person_deletes("2")
    world.calm()
    assert states(world) == ["linked", "linked", "linked"]
    scanned(world)
    assert states(world) == ["ended", "linked", "linked"]
    assert "left-2 was deleted on left" in world.history()
    assert len(world.right.records) == 3


def test_an_item_that_was_held_back_and_is_gone_is_held_no_longer(stage: Stage) -> None:
    world = stage.world(right_refuses=frozenset({"bad"}))
    item = world.left.person_creates(ITEM | {"title": "bad"})
    world.settle()
    assert [row.item_id for row in world.rows("select item_id from holds")] == [item]
    world.left.person_creates(ITEM)  # a side that names nothing at all is not believed
    world.left.person_deletes(item)
    scanned(world)
    assert world.rows("select item_id from holds") == []
    assert len(world.right.records) == 1


def test_a_change_that_moved_no_time_is_found(stage: Stage) -> None:
    world = begun(stage)
    world.left.records["2"].fields["title"] = "changed in the dark"
    world.calm()
    scanned(world)
    assert "changed in the dark" in {one.fields["title"] for one in world.right.records.values()}
    laws.check_all(world)


def test_an_item_that_the_feed_never_showed_gets_its_twin(stage: Stage) -> None:
    world = begun(stage)
    late = world.left.person_creates(ITEM | {"title": "imported with an old date"})
    world.left.records[late].updated = world.left.records["1"].updated.replace(year=2020)
    world.calm()
    assert len(world.right.records) == 3
    scanned(world)
    assert len(world.right.records) == 4
    laws.check_all(world)


def test_a_census_that_breaks_off_ends_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun(stage)

    def broken(_self: ModelConnector, _container: str) -> Iterator[tuple[str, ...]]:
        yield ("1",)
        raise Transient("left broke off.")

    with monkeypatch.context() as patch:
        patch.setattr(ModelConnector, "census", broken)
        with pytest.raises(Transient):
            scanned(world)
    assert states(world) == ["linked", "linked", "linked"]
    scanned(world)
    assert states(world) == ["linked", "linked", "linked"]


def test_an_empty_census_is_not_believed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun(stage)
    monkeypatch.setattr(ModelConnector, "census", lambda *_: iter([()]))
    with pytest.raises(NeedsRelease, match="names no item at all where 3 are kept"):
        scanned(world)
    assert states(world) == ["linked", "linked", "linked"]


def test_a_scan_that_would_end_too_many_pairs_stops_until_it_is_released(stage: Stage) -> None:
    world = begun(stage, items=60)
    for number in range(1, 56):
        world.left.person_deletes(str(number))
    with pytest.raises(NeedsRelease, match="55 of 60 pairs would end"):
        scanned(world)
    assert states(world) == ["linked"] * 60
    scanned(world, released=True)
    assert states(world).count("ended") == 55


def test_items_that_were_moved_away_long_ago_stop_no_scan(stage: Stage) -> None:
    """No census names them again; they have parted, and that harms nobody a second time."""
    world = begun(stage, items=3)
    world.document = replace(world.document, guard=GuardRules(partings=10, rewrites=50, least=1))
    for item in ("1", "2"):
        world.left.person_moves(item, "elsewhere")
        scanned(world)
    assert states(world) == ["linked", "outside", "outside"]
    scanned(world)
    world.left.person_moves("3", "elsewhere")
    with pytest.raises(NeedsRelease, match="names no item at all where 1 are kept"):
        scanned(world)
    world.right.person_edits("3", "text", "its twin is looked at")
    world.calm()
    assert states(world) == ["outside"] * 3
    scanned(world)


@pytest.mark.parametrize("step", range(0, 30, 2))
def test_a_scan_that_was_killed_goes_on_and_finds_the_same(stage: Stage, step: int) -> None:
    world = begun(stage, items=4)
    world.left.person_deletes("3")
    world.right.records["1"].fields["title"] = "changed in the dark"
    world.fates, world.harsh = [Fate.WELL] * step + [Fate.KILLED_AFTER], True
    with contextlib.suppress(Killed, Transient):  # a read that dies looks like one that broke off
        scanned(world)
    world.harsh = False
    world._take_over()
    scanned(world)
    assert states(world) == ["ended", "linked", "linked", "linked"]
    laws.check_mirrors(look(world))
    with world.scope.reading() as tx:
        assert scans.seconds_until_due(tx, world.integration, 1) > 3500


def test_a_scan_of_two_quiet_sides_writes_to_no_app(stage: Stage) -> None:
    world = begun(stage)
    before = world.left.writes, world.right.writes
    scanned(world)
    assert (world.left.writes, world.right.writes) == before


def test_a_scan_is_a_run_that_takes_turns_with_the_live_passes(stage: Stage) -> None:
    world = begun(stage)
    steps = scan.run(replace(world._work(), run=Run("scan")))
    next(steps)
    world.left.person_edits("1", "title", "typed during the scan")
    world.calm()
    assert "typed during the scan" in {one.fields["title"] for one in world.right.records.values()}
    for _ in steps:
        pass
    laws.check_all(world)
