"""An item that is merged into another is told as that, at once, and its twin goes by the rule for deletions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.rules import Parting, PartingRules
from server.domain.values import Value
from server.store import integrations
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


def two(stage: Stage, policy: Parting) -> tuple[World, str, str]:
    """Two pairs in step, whose items on the left can be merged."""
    world = stage.world()
    world.document = replace(world.document, deletions=PartingRules(on_left=policy, on_right=policy))
    with world.scope.transaction() as tx:
        integrations.change(tx, world.integration, "merging", world.document, "test")
    first, second = (world.left.person_creates(values(one)) for one in ("first", "second"))
    world.left.person_comments(first, "said on the first", private=False)
    world.settle()
    return world, first, second


def told(world: World) -> list[str]:
    return [row.summary for row in world.rows("select summary from events where outcome in ('ended', 'deleted')")]


@pytest.mark.parametrize("bad", [Fate.WELL, Fate.BUSY, Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("policy", Parting)
def test_a_change_of_the_one_that_stays_tells_of_the_merge(stage: Stage, policy: Parting, bad: Fate) -> None:
    world, first, second = two(stage, policy)
    [twin] = [one for one in world.right.records.values() if one.fields["title"] == "first"]
    world.left.person_merges(first, second)
    world.sync([Fate.WELL] * 5 + [bad])
    world.settle()
    [line] = told(world)
    assert line.startswith(f"left-{first} was merged into left-{second} on left. ")
    done = {
        Parting.IGNORE: "stays as it is",
        Parting.NOTE: "says so",
        Parting.CLOSE: "is closed",
        Parting.DELETE: "is deleted",
    }
    assert done[policy] in line
    assert (twin.id in world.right.records) is (policy is not Parting.DELETE)
    said = [one.body for one in twin.comments]
    noticed = [one for one in said if f"was merged into left-{second} there" in one]
    assert len(noticed) == (1 if policy in (Parting.NOTE, Parting.CLOSE) else 0)
    assert not any("deleted" in one for one in said)
    kept = next(one for one in world.right.records.values() if one.fields["title"] == "second")
    assert any("said on the first" in one.body for one in kept.comments), "what was said there is the other's now"
    assert len(world.right.records) == (1 if policy is Parting.DELETE else 2)


def test_a_change_of_the_twin_tells_of_it_too(stage: Stage) -> None:
    world, first, second = two(stage, Parting.NOTE)
    world.left.person_merges(first, second)
    world.left.records[second].updated = world.left.records[second].created  # no feed tells of it
    [twin] = [one.id for one in world.right.records.values() if one.fields["title"] == "first"]
    world.right.tick(5)
    world.right.person_edits(twin, "title", "edited there")
    world.settle()
    [line] = told(world)
    assert line.startswith(f"left-{first} was merged into left-{second} on left. ")


def test_a_new_item_that_takes_in_a_known_one_tells_of_it(stage: Stage) -> None:
    world, first, _ = two(stage, Parting.IGNORE)
    world.left.tick(5)
    newest = world.left.person_creates(values("newest"))
    world.left.person_merges(first, newest)
    world.settle()
    [line] = told(world)
    assert line.startswith(f"left-{first} was merged into left-{newest} on left. ")
    titles = sorted(str(one.fields["title"]) for one in world.right.records.values())
    assert titles == ["first", "newest", "second"]


def test_merged_twice_it_is_told_with_the_one_that_is_left(stage: Stage) -> None:
    world, first, second = two(stage, Parting.IGNORE)
    third = world.left.person_creates(values("third"))
    world.settle()
    world.left.person_merges(first, second)
    world.left.person_merges(second, third)
    world.settle()
    assert sorted(line.partition(" on left")[0] for line in told(world)) == [
        f"left-{first} was merged into left-{third}",
        f"left-{second} was merged into left-{third}",
    ]


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST])
@pytest.mark.parametrize("step", range(3, 11))
def test_a_merge_is_told_as_one_wherever_the_deletion_of_its_twin_is_cut_off(
    stage: Stage, step: int, bad: Fate
) -> None:
    world, first, second = two(stage, Parting.DELETE)
    world.left.person_merges(first, second)
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    [line] = told(world)
    assert line.startswith(f"left-{first} was merged into left-{second} on left. ")
    assert "by the integration" not in world.history()
    assert len(world.right.records) == 1


def test_a_twin_that_somebody_merges_before_it_could_be_deleted_was_merged(stage: Stage) -> None:
    world, first, _ = two(stage, Parting.DELETE)
    twins = {str(one.fields["title"]): one.id for one in world.right.records.values()}
    world.left.person_deletes(first)
    for step in range(1, 20):
        world.sync([Fate.WELL] * step + [Fate.KILLED_BEFORE], trigger="scan")
        if world.rows("select 1 from operations where kind = 'delete' and state = 'planned'"):
            break
    world.right.person_merges(twins["first"], twins["second"])
    world.settle()
    [line] = told(world)
    assert line.startswith(f"right-{twins['first']} was merged into right-{twins['second']} on right. ")
    assert "by the integration" not in world.history()
    assert [row.state for row in world.rows("select state from operations where kind = 'delete'")] == ["superseded"]
