"""What is known of the items of a page, by which they are recognised: one statement, and nothing of anybody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from server.domain.item import Side
from server.domain.pair import PairState
from server.domain.values import Value
from server.store import holds, marks, outset
from server.store.holds import Hold
from server.store.marks import Mark
from tests.property.model import Fate
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
LATER = timedelta(hours=1)


def mark(world: World, item: str, side: Side = Side.LEFT) -> Mark | None:
    """What is known of an item."""
    with world.scope.reading() as tx:
        return marks.read(tx, world.integration, side, [item, "another"]).get(item)


def hold(world: World, item: str, delay: timedelta | None, pair: str | None = None) -> None:
    """Hold an item back."""
    with world.scope.transaction() as tx:
        holds.put(tx, world.integration, [Hold(Side.LEFT, item, "retry", "why", pair=pair, stamp="seen", delay=delay)])


def owed(world: World) -> bool:
    """Whether a pass would find anything owed at its outset."""
    with world.scope.reading() as tx:
        return outset.read(tx, world.integration).owed


def test_an_item_is_known_on_its_own_side_by_its_pair_and_the_stamp_last_seen(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    assert mark(world, item) is None
    world.settle()
    [row] = world.rows("select id, left_stamp, right_id, right_stamp from pairs where integration_id = :integration")
    assert mark(world, item) == Mark(str(row.id), PairState.LINKED, row.left_stamp, None, open=False)
    assert mark(world, row.right_id, Side.RIGHT) == Mark(
        str(row.id), PairState.LINKED, row.right_stamp, None, open=False
    )
    with world.scope.reading() as tx:
        assert marks.read(tx, str(uuid4()), Side.LEFT, [item]) == {}


def test_a_hold_is_known_until_its_time_has_come(stage: Stage) -> None:
    world = stage.world()
    hold(world, "7", LATER)
    assert mark(world, "7") == Mark(None, None, "", "seen", open=False)
    assert mark(world, "7", Side.RIGHT) is None
    assert not owed(world)
    hold(world, "7", None)
    assert mark(world, "7") == Mark(None, None, "", "seen", open=False)
    world.be_patient()
    assert mark(world, "7") is None
    assert owed(world)


def test_an_operation_with_an_unknown_outcome_shows_and_is_owed(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    assert not owed(world)
    world.left.person_edits(item, "title", "another")
    world.persists = False
    died = [Fate.WELL] * 30
    for step in range(30):
        if (known := mark(world, item)) is not None and known.open:
            break
        world.left.person_edits(item, "title", f"another {step}")
        died[step:] = [Fate.KILLED_BEFORE]
        world.sync(died)
        died[step:] = [Fate.WELL]
    known = mark(world, item)
    assert known is not None
    assert known.open
    assert owed(world)
    world.settle()
    known = mark(world, item)
    assert known is not None
    assert not known.open
    assert not owed(world)


def test_the_outset_has_the_cursors_of_its_own_integration(stage: Stage) -> None:
    world = stage.world()
    world.left.person_creates(ITEM)
    world.settle()
    rows = world.rows("select side, at from cursors where integration_id = :integration")
    with world.scope.reading() as tx:
        assert outset.read(tx, world.integration).cursors == {Side(row.side): row.at for row in rows}
        assert outset.read(tx, str(uuid4())).cursors == {}
