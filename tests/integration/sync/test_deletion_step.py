"""The step that deletes a twin: carried out once, and known to be done however its answer came."""

from __future__ import annotations

import contextlib
from uuid import uuid4

import pytest

from server.domain.item import Side
from server.domain.operation import DeleteItem, Operation
from server.engine.plan import Plan
from server.services.sync import page, settle
from server.services.sync.apply import apply
from server.services.sync.settle import Settlement
from server.services.sync.work import Look
from server.store import pairs
from tests.property.model import Fate, Killed
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(stage: Stage) -> World:
    world = stage.world()
    world.left.person_creates({"title": "original", "text": "", "status": "1", "labels": ()})
    world.settle()
    return world


def delete_twin(world: World, fates: list[Fate]) -> None:
    """What a rule of deletion leads to: the plan is journaled, carried out and settled."""
    work = world._work()
    [item_id] = world.left.records
    with world.scope.reading() as tx:
        pair = pairs.by_items(tx, world.integration, Side.LEFT, [item_id])[item_id]
    type_ = work.mapping.type_of(Side.LEFT, "item")
    assert type_ is not None
    look = Look(Side.LEFT, item_id, pair=pair, type=type_, item=world.left.item(item_id))
    step = DeleteItem(pair.right.snapshot or {})
    plan = Plan(pair, type_, (Operation(str(uuid4()), pair.id, 0, Side.RIGHT, step),))
    settlement = Settlement()
    page._journal(work, page._Planned([look], [plan]), settlement)
    world.fates, world.harsh = fates, True
    with contextlib.suppress(Killed):
        settle.settle_applied(work, settlement, look, apply(work, plan, work.clock()))
        world.harsh = False
        settle.commit(work, settlement, looked=1, cursor=None)
    world._take_over()
    world.harsh = False


def state(world: World) -> tuple[list[str], list[str]]:
    ended = world.rows("select state from pairs")
    steps = world.rows("select state from operations where kind = 'delete'")
    return [one.state for one in ended], [one.state for one in steps]


def test_the_twin_goes_the_pair_ends_and_its_last_values_are_on_record(world: World) -> None:
    delete_twin(world, [Fate.WELL])
    assert world.right.records == {}
    assert state(world) == (["ended"], ["done"])
    assert "right right-1 was deleted by the integration" in world.history()
    assert "original" in world.rows("select detail from events where outcome = 'deleted'")[0].detail.__str__()
    assert world.rows("select before from operations where kind = 'delete'")[0].before["title"] == "original"
    world.settle()
    assert world.right.records == {}, "a pair that has ended makes no twin anew"


def test_a_twin_that_is_gone_already_counts_as_deleted(world: World) -> None:
    world.right.records.clear()
    delete_twin(world, [Fate.WELL])
    assert state(world) == (["ended"], ["done"])


@pytest.mark.parametrize("bad", [Fate.LOST, Fate.KILLED_AFTER])
@pytest.mark.parametrize("original_there", [True, False])
def test_a_deletion_that_was_never_confirmed_is_found_by_asking_for_the_item(
    world: World,
    bad: Fate,
    original_there: bool,  # noqa: FBT001 - a case
) -> None:
    delete_twin(world, [Fate.WELL, bad])
    assert state(world) == (["linked"], ["planned"])
    if not original_there:
        world.left.records.clear()
    writes = world.right.writes
    world.settle()
    assert state(world) == (["ended"], ["done"])
    assert "was deleted by the integration" in world.history()
    assert world.right.writes == writes


def test_a_deletion_that_never_arrived_leaves_the_pair_in_step(world: World) -> None:
    delete_twin(world, [Fate.WELL, Fate.KILLED_BEFORE])
    world.settle()
    assert state(world) == (["linked"], ["superseded"])
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "original"


def test_a_deletion_that_the_app_refuses_sets_the_pair_aside(world: World) -> None:
    delete_twin(world, [Fate.WELL, Fate.BUSY])
    assert state(world) == (["linked"], ["failed"])
    assert "right is busy" in world.history()


def test_a_twin_that_cannot_be_looked_at_once_more_stays(world: World) -> None:
    delete_twin(world, [Fate.BUSY])
    assert state(world) == (["linked"], ["failed"])
    assert len(world.right.records) == 1
