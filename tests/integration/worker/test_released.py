"""A run that the guard stops waits for a person, says why, and goes on when it is released."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from server.domain.errors import Unreachable
from server.services.integrations import release as released
from server.services.sync import feed
from server.services.sync.passes import Broken, Desk, Finished
from server.services.sync.wanted import Wanted
from tests.integration.worker.desks import ITEM, problem, state, to_its_end, work
from tests.property.world import World

pytestmark = pytest.mark.postgres


def too_much(world: World, pool: ThreadPoolExecutor) -> None:
    """Sixty pairs, of each of which a person has edited one side: more than the guard allows."""
    for number in range(60):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    work(world, pool)
    for item in list(world.left.records):
        world.left.person_edits(item, "status", "2")


@pytest.mark.parametrize("began", ["before the release", "after the release"])
def test_a_poll_under_way_does_not_stop_what_a_person_has_released(
    world: World, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, began: str
) -> None:
    too_much(world, pool)
    if began == "after the release":
        assert isinstance(work(world, pool), Broken)
        for item in list(world.left.records):
            world.left.person_edits(item, "title", f"another title of {item}")
        released(world.scope, "test", world.integration)
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    poll = desk.start(next(one for one in desk.wanted() if one.request is None), pool)
    if began == "before the release":
        real = Desk.stop

        def release_first(desk: Desk, wanted: Wanted, message: str) -> bool:
            """A person does it in the moment between the guard and the pause."""
            released(world.scope, "test", world.integration)
            return real(desk, wanted, message)

        monkeypatch.setattr(Desk, "stop", release_first)
    outcome = to_its_end(poll)
    assert isinstance(outcome, Broken)
    assert outcome.slowed, "it comes back at once"
    assert state(world) == "running"
    assert isinstance(to_its_end(desk.start(desk.wanted()[-1], pool)), Finished)
    desk.close()
    assert all(one.fields["status"] == "2" for one in world.right.records.values())
    assert (state(world), problem(world)) == ("running", "")
    assert [row.state for row in world.rows("select state from runs where trigger = 'now'")] == ["succeeded"]
    assert not world.asked()


def test_what_is_stopped_says_why_in_the_commit_that_stops_it(
    world: World, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_much(world, pool)

    def lost(*_: object, **_more: object) -> None:
        raise Unreachable("The database is away.")

    monkeypatch.setattr(Desk, "trouble", lost)
    monkeypatch.setattr(feed, "finish", lost)
    assert isinstance(work(world, pool), Broken)
    assert state(world) == "paused"
    assert "of 60 pairs would be overwritten" in problem(world)


def test_a_stopped_run_says_so_and_goes_on_when_it_is_released(world: World, pool: ThreadPoolExecutor) -> None:
    for number in range(60):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    work(world, pool)
    for item in list(world.left.records):
        world.left.person_edits(item, "status", "2")
    assert isinstance(work(world, pool), Broken)
    assert "of 60 pairs would be overwritten" in problem(world)
    assert [row.state for row in world.rows("select state from integrations")] == ["paused"]
    released(world.scope, "test", world.integration)
    assert isinstance(work(world, pool), Finished)
    assert all(one.fields["status"] == "2" for one in world.right.records.values())
    assert problem(world) == ""
