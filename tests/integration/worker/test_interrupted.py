"""How a run reads that did not come to its end: partly done, with the reason, or cancelled where a person ended it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.domain.values import Value
from server.services import record
from server.services.sync.passes import Desk, Finished, Pass
from server.store import requests
from tests.property.model import Fate
from tests.property.world import World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


@pytest.fixture(autouse=True)
def _three_pages(world: World) -> None:
    for number in range(9):
        world.left.person_creates(ITEM | {"title": f"item {number}"})


class Process:
    """A sync process: its desk, and whether it was told to end."""

    def __init__(self, world: World, pool: ThreadPoolExecutor) -> None:
        world.epoch += 1
        self.told_to_end = False
        self.desk = Desk(world.scope, world.epoch, "test", lambda: self.told_to_end, waited_for=lambda: True)
        self.desk.open()
        self._pool = pool

    def begin(self) -> Pass:
        """A pass that has done a page: what a person asked for, else the live one."""
        one = self.desk.start(self.desk.wanted()[-1], self._pool)
        assert one.step() is None
        return one

    def work(self) -> None:
        """All that is wanted."""
        for wanted in self.desk.wanted():
            one = self.desk.start(wanted, self._pool)
            while one.step() is None:
                pass


def ask(world: World, kind: Any) -> None:
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, kind, {}, "test")


def runs(world: World) -> list[Any]:
    return world.rows("select trigger, state, message from runs order by started_at")


@pytest.mark.parametrize("kind", ["poll", "now", "scan"])
def test_a_run_that_the_end_of_the_process_stops_is_partly_done_and_goes_on(
    world: World, pool: ThreadPoolExecutor, kind: str
) -> None:
    if kind != "poll":
        ask(world, kind)
    first = Process(world, pool)
    one = first.begin()
    first.told_to_end = True
    assert isinstance(one.step(), Finished)
    [run] = runs(world)
    assert (run.trigger, run.state) == (kind, "partial")
    assert "stopped in the middle" in run.message or "interrupted" in run.message
    Process(world, pool).work()
    assert len(world.right.records) == 9
    assert world.rows("select id from run_requests") == []
    assert {run.state for run in runs(world)[1:]} == {"succeeded"}


def test_a_quiet_pass_that_the_end_of_the_process_stops_is_no_run(world: World, pool: ThreadPoolExecutor) -> None:
    Process(world, pool).work()
    before = len(runs(world))
    last = Process(world, pool)
    last.told_to_end = True
    last.desk.start(last.desk.wanted()[-1], pool).step()
    assert len(runs(world)) == before


@pytest.mark.parametrize("kind", ["poll", "now", "scan"])
@pytest.mark.parametrize("end", ["killed", "told to end", "its app breaks off"])
def test_a_run_that_a_person_has_ended_is_cancelled_whatever_else_ends_it(
    world: World, pool: ThreadPoolExecutor, kind: str, end: str
) -> None:
    if kind != "poll":
        ask(world, kind)
    first = Process(world, pool)
    one = first.begin()
    [run] = world.rows("select id from runs")
    record.cancel_run(world.scope, "ann", str(run.id))
    if end == "told to end":
        first.told_to_end = True
        one.step()
    elif end == "its app breaks off":
        world.left.fate = world.right.fate = lambda _call: Fate.BUSY
        one.step()
        world.left.fate = world.right.fate = lambda _call: Fate.WELL
    second = Process(world, pool)
    assert [(run.trigger, run.state, run.message) for run in runs(world)] == [(kind, "cancelled", "")]
    assert world.rows("select id from run_requests") == []
    assert [one.trigger for one in second.desk.wanted()] == (["poll"] if kind == "scan" else [])


def test_a_run_that_was_killed_and_that_nobody_had_ended_is_partly_done(world: World, pool: ThreadPoolExecutor) -> None:
    ask(world, "scan")
    Process(world, pool).begin()
    second = Process(world, pool)
    [run] = runs(world)
    assert (run.state, "goes on from there" in run.message) == ("partial", True)
    assert [one.trigger for one in second.desk.wanted()] == ["poll", "scan"]
