"""A pass with nothing changed is cheap: a handful of short questions to the database, no whole pair, no row written."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from server.domain.values import Value
from server.services.sync.passes import Desk, Finished
from server.store import integrations
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
_MOST = 7


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    world.epoch += 1
    made = Desk(world.scope, world.epoch, "test", lambda: False)
    made.open()
    yield made
    made.close()


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def work(world: World, desk: Desk) -> int:
    """The live pass of the desk's only integration; how many steps it took."""
    [wanted] = desk.wanted()
    with ThreadPoolExecutor(2) as pool:
        one = desk.start(wanted, pool)
        steps = 1
        while (outcome := one.step()) is None:
            steps += 1
    assert isinstance(outcome, Finished)
    world.tick()
    return steps


def test_a_quiet_pass_asks_little_and_writes_nothing(world: World, desk: Desk) -> None:
    for number in range(2):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    for _ in range(4):
        work(world, desk)
    before = world.fingerprint()
    with statements() as asked:
        steps = work(world, desk)
    assert len(asked) <= _MOST, asked
    assert all(one.lstrip().startswith("SELECT") for one in asked)
    assert not any("snapshot" in one for one in asked)
    assert steps == 1
    assert world.fingerprint() == before


def test_what_is_owed_is_found_by_a_pass_that_is_quiet_otherwise(world: World, desk: Desk) -> None:
    item = world.left.person_creates(ITEM)
    work(world, desk)
    world.left.person_edits(item, "title", "another")
    world.right.fate = lambda call: Fate.BUSY if call.startswith("right.") and "changes" not in call else Fate.WELL
    for _ in range(3):
        work(world, desk)
    world.right.fate = lambda _call: Fate.WELL
    world.be_patient()
    work(world, desk)
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "another"
    laws.check_all(world)


def test_others_have_their_turn_between_two_quiet_feeds(world: World, desk: Desk) -> None:
    for _ in range(3):
        work(world, desk)
    desk.waited_for = lambda: True
    assert work(world, desk) == 3


def test_a_pass_that_is_not_wanted_any_more_ends_no_migration(world: World, desk: Desk) -> None:
    """What is decided for good at its end is decided only while the integration is as it was at the beginning."""
    with world.scope.transaction() as tx:
        integrations.set_cap(tx, world.integration, {"create": 9})
    [wanted] = desk.wanted()
    with ThreadPoolExecutor(2) as pool:
        one = desk.start(wanted, pool)
        assert one.step() is None
        with world.scope.transaction() as tx:
            integrations.pause(tx, world.integration)
        assert isinstance(one.step(), Finished)
    [row] = world.rows("select cap from integrations where id = :integration")
    assert row.cap == {"create": 9}


def test_of_items_that_were_only_touched_the_stamp_is_written_and_each_pair_is_read_once(
    world: World, desk: Desk
) -> None:
    for number in range(9):  # three pages of the model
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    for _ in range(4):
        work(world, desk)
    for item in world.left.records:
        world.left.person_edits(item, "untravelled", "touched")
    world.tick()
    with statements() as asked:
        work(world, desk)
    reads = [one for one in asked if "pairs.left_snapshot" in one]  # the world itself takes notes of snapshots, too
    assert 1 < len(reads) == len([one for one in asked if one.startswith("UPDATE pairs SET left_stamp")])
    assert not any(one.startswith("INSERT INTO pairs") for one in asked)
    with statements() as asked:
        work(world, desk)
    assert not any("snapshot" in one for one in asked)
    laws.check_all(world)
