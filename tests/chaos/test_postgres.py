"""PostgreSQL dies, restarts or throws everybody out; both processes of the node live on, and keep every promise."""

from __future__ import annotations

import pytest

from tests.chaos import promises, story
from tests.chaos.death import PLANNING, SETTLING, WRITES, backfilled, run_into
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage
from tests.support.processes import Process

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.mark.parametrize("point", [*PLANNING, *WRITES, *SETTLING])
def test_postgresql_is_killed_while_the_sync_process_is_at_a_step(stage: Stage, point: str) -> None:
    story.before(stage)
    sync = stage.start_sync(f"{point}:stop")
    run_into(stage, sync)
    stage.house.server.kill()
    typed = story.meanwhile(stage)
    stage.house.server.start()
    sync.wake()
    lives_on(stage, sync, typed)


@pytest.mark.parametrize("point", ["journal.committed", "create.sent", "settle.committing"])
def test_a_process_that_loses_every_connection_at_a_step_goes_on(stage: Stage, point: str) -> None:
    story.before(stage)
    sync = stage.start_sync(f"{point}:cut")
    stage.integrate()
    wait_until(lambda: backfilled(stage), "the backfill")
    lives_on(stage, sync, story.meanwhile(stage))


def test_connections_that_are_thrown_out_again_and_again_cost_only_time(stage: Stage) -> None:
    sync = slow_backfill(stage)
    for _ in range(2):  # after each, the next attempt is twice as far away
        wait_for_more(stage)
        stage.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lockstep'")
    lives_on(stage, sync, [])


def test_a_restart_that_lets_everybody_finish_first_and_then_does_not(stage: Stage) -> None:
    sync = slow_backfill(stage)
    stage.house.server.stop("smart", wait=False)
    typed = story.meanwhile(stage)
    stage.house.server.stop("fast")
    stage.house.server.start()
    lives_on(stage, sync, typed)


def test_a_backfill_that_loses_its_database_for_a_while_goes_on_by_itself(stage: Stage) -> None:
    sync = slow_backfill(stage)
    stage.house.server.kill()
    wait_until(lambda: "does not answer" in sync.said(), "the sync process to say what is wrong")
    stage.house.server.start()
    wait_until(lambda: backfilled(stage), "the backfill to go on, nobody having asked for it")
    lives_on(stage, sync, story.meanwhile(stage))


def wait_for_more(stage: Stage) -> None:
    """Until one more twin is there."""
    there = stage.right.counts()["items"]
    wait_until(lambda: stage.right.counts()["items"] > there, "the backfill to come on")


def slow_backfill(stage: Stage) -> Process:
    """A backfill under way, by apps that take their time."""
    story.before(stage)
    for app in (stage.left, stage.right):
        app.control("quirks", latency=0.1)
    sync = stage.start_sync()
    stage.integrate()
    wait_for_more(stage)
    return sync


def lives_on(stage: Stage, sync: Process, typed: list[str]) -> None:
    """The same two processes keep every promise."""
    for app in (stage.left, stage.right):
        app.control("quirks", latency=0.0)
    promises.check(stage, sync, typed)
    assert sync.alive()
    assert stage.house.web.alive()
