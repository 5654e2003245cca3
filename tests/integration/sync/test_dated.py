"""A date in the future blinds no feed, and neither does a clock that went back (V7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from server.domain.item import Side
from server.domain.values import Value
from server.services.cluster import Cluster
from server.services.scope import TenantScope
from server.services.sync.passes import Finished
from tests.property import laws
from tests.property.world import Stage, World
from tests.property.wrong_clocks import check_cursors, check_told
from tests.support.fakeapp.joined import joined, the_fake_app_known
from tests.support.fakeapp.running import running
from tests.support.postgres import TestCluster
from tests.support.reaching import loopback

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
HOUR, MONTH = 3600, 30 * 24 * 3600
_NUMBERS = count()


def titles(world: World, side: Side) -> list[str]:
    return sorted(str(one.fields["title"]) for one in world.app(side).records.values())


def told(world: World) -> list[str]:
    rows = world.rows("select summary from events where integration_id = :integration order by id")
    return [row.summary for row in rows if " is dated " in row.summary or "read again" in row.summary]


def work_on(world: World) -> None:
    """Three new items, an edit and a comment, on a side whose first item is dated ahead; then two passes."""
    first = min(world.left.records, key=int)
    for number in range(3):
        world.left.person_creates(ITEM | {"title": f"new {number}"})
    world.left.person_edits(first, "text", "edited")
    world.left.person_comments(first, "said", private=False)
    world.tick()
    for _ in range(2):
        world.sync()


def has_come(world: World) -> None:
    """All of that is on the other side."""
    assert {"new 0", "new 1", "new 2"} <= set(titles(world, Side.RIGHT))
    twin = next(one for one in world.right.records.values() if one.fields["title"] == "first")
    assert twin.fields["text"] == "edited"
    assert [one.body for one in twin.comments if "said" in one.body]
    check_cursors(world)


@pytest.mark.parametrize("confesses", [False, True])
@pytest.mark.parametrize("seconds", [HOUR, MONTH])
def test_one_item_that_is_dated_ahead_hides_nothing_that_comes_after_it(
    stage: Stage, seconds: int, *, confesses: bool
) -> None:
    world = stage.world(left_confesses=confesses)
    world.left.person_creates(ITEM | {"title": "first"})
    world.settle()
    world.left.ahead = seconds
    world.left.person_creates(ITEM | {"title": "ahead"})
    world.sync()
    world.left.ahead = 0
    assert titles(world, Side.RIGHT) == ["ahead", "first"]
    work_on(world)
    has_come(world)
    laws.check_all(world)


def test_it_is_told_once_by_its_key_and_asked_for_no_more(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(ITEM | {"title": "first"})
    world.settle()
    world.left.ahead = MONTH
    ahead = world.left.person_creates(ITEM | {"title": "ahead"})
    world.left.ahead = 0
    for _ in range(4):
        world.sync()
    [line] = world.rows("select item_key, summary, pair_id from events where summary like '% is dated %'")
    assert line.item_key == f"left-{ahead}"
    assert line.pair_id is not None
    assert "where it is 2026-11-23" in line.summary
    check_told(world)
    world.left.reads.clear()
    world.sync()
    assert set(world.left.reads) == {"changes"}
    laws.check_all(world)


def test_once_its_time_has_come_it_is_an_item_like_any_other(stage: Stage) -> None:
    world = stage.world()
    world.left.ahead = HOUR
    item = world.left.person_creates(ITEM | {"title": "ahead"})
    world.left.ahead = 0
    world.sync()
    world.tick(2 * HOUR)
    world.sync()
    world.left.person_edits(item, "title", "edited")
    world.settle()
    assert titles(world, Side.RIGHT) == ["edited"]
    laws.check_all(world)


def test_more_than_a_page_that_is_dated_ahead_hides_nothing(stage: Stage) -> None:
    world = stage.world(page=3)
    world.left.person_creates(ITEM | {"title": "first"})
    world.settle()
    world.left.ahead = MONTH
    for number in range(10):
        world.left.person_creates(ITEM | {"title": f"ahead {number}"})
    world.left.ahead = 0
    world.sync()
    work_on(world)
    has_come(world)
    assert len(told(world)) == 10
    laws.check_all(world)


def test_an_app_all_of_whose_items_are_dated_ahead_is_read_all_the_same(stage: Stage) -> None:
    world = stage.world()
    world.left.ahead = MONTH
    world.left.person_creates(ITEM | {"title": "first"})
    world.left.ahead = 0
    for _ in range(3):
        world.sync()
    work_on(world)
    has_come(world)


def test_a_clock_that_was_an_hour_ahead_and_put_right_takes_the_cursor_back_and_is_told(stage: Stage) -> None:
    world = stage.world(left_confesses=True)
    world.left.ahead = HOUR
    world.left.person_creates(ITEM | {"title": "first"})
    world.settle()
    world.left.ahead = 0
    work_on(world)
    has_come(world)
    assert [one for one in told(world) if one.startswith("The clock of left went back by 60 min.")]
    laws.check_all(world)


def test_a_cursor_that_an_older_version_set_is_found_and_the_feed_read_from_its_beginning(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(ITEM | {"title": "first"})
    world.settle()
    with world.scope.transaction() as tx:
        tx.exec_driver_sql("update cursors set at = at + interval '30 days', app_at = null, our_at = null")
    work_on(world)
    has_come(world)
    lines = world.rows("select summary from events where summary like '%looked at once more%'")
    assert len(lines) == 2  # of each side once
    world.right.reads.clear()
    world.sync()
    assert "fetch" not in world.right.reads
    laws.check_all(world)


@pytest.fixture
def scope(cluster: TestCluster) -> Iterator[TenantScope]:
    name = f"dated{next(_NUMBERS)}"
    cluster.create_tenant(name)
    opened = Cluster("c", cluster.database(), cluster.master, loopback)
    with the_fake_app_known():
        yield opened.scope(name)
    opened.close()


@pytest.mark.parametrize("dateless", [False, True])
def test_over_http_too_also_where_the_app_tells_no_time(scope: TenantScope, *, dateless: bool) -> None:
    with running() as left, running() as right, joined(scope, left, right, {}) as both:
        left.control("quirks", dateless=dateless)
        first = left.control("create", container="main", fields={"title": "ahead"})["id"]
        assert isinstance(both.work(), Finished)
        soon = datetime.now(UTC) + timedelta(days=30)
        for number in range(120):  # more than a page of the list
            item = left.control("create", container="main", fields={"title": f"old {number}"})["id"]
            left.control("redate", id=item, at=soon.isoformat())
        left.control("redate", id=first, at=soon.isoformat())
        assert isinstance(both.work(), Finished)
        left.control("create", container="main", fields={"title": "new"})
        left.control("comment", id=first, body="said")
        assert isinstance(both.work(), Finished)
        held = {one["fields"]["title"]: one for one in right.items()}
        assert len(held) == 122
        assert [one["body"] for one in held["ahead"]["comments"] if "said" in one["body"]]
        lines = both.rows("select item_key from events where integration_id = :of and summary like '% is dated %'")
        assert len(lines) == len({row.item_key for row in lines}) == 121
        before = left.counts()["requests"]
        assert isinstance(both.work(), Finished)
        asked = {kind: number - before.get(kind, 0) for kind, number in left.counts()["requests"].items()}
        assert {kind for kind, number in asked.items() if number} <= {"GET items", "GET whoami"}, asked
