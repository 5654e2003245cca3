"""Passes by a desk of their own, and what is on record of them afterwards; it must not judge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from server.domain.values import Value
from server.services.sync.passes import Broken, Desk, Finished, Pass
from tests.property.world import World

ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


def in_the_middle(world: World, pool: ThreadPoolExecutor) -> tuple[Desk, Pass]:
    """A desk, and its pass that has done a page and has more to do."""
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False, waited_for=lambda: True)
    desk.open()
    one = desk.start(desk.wanted()[-1], pool)
    assert one.step() is None
    return desk, one


def work(world: World, pool: ThreadPoolExecutor) -> Finished | Broken:
    """One pass by a fresh desk: what a person asked for, else the live one."""
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    one = desk.start(desk.wanted()[-1], pool)
    while (outcome := one.step()) is None:
        pass
    desk.close()
    for app in (world.left, world.right):
        app.tick()
    return outcome


def problem(world: World) -> str:
    return str(world.rows("select problem from integrations where id = :integration")[0].problem)


def state(world: World) -> str:
    return str(world.rows("select state from integrations where id = :integration")[0].state)


def to_its_end(one: Pass) -> Finished | Broken:
    while (outcome := one.step()) is None:
        pass
    return outcome
