"""The clock of the sync process jumps by an hour, forward and back: cursors, leases and markers go by other clocks.

Only that process sees it (libfaketime, which .ci/prepare installs).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos import promises, story
from tests.chaos.death import backfilled
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
HOUR = 3600
LAG = 30
"""Seconds that the right app's search is behind."""


class Clock:
    """A clock that can be moved while a process reads it."""

    def __init__(self, folder: Path, seconds: int = 0) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        assert found, "libfaketime is missing; .ci/prepare installs it"
        self._file = folder / "clock"
        self.environment = {"LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(self._file)}
        self.environment |= {"FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
        self.move(seconds)

    def move(self, seconds: int) -> None:
        """Let it be wrong by so much from now on."""
        self._file.write_text(f"{seconds:+d}\n")


def test_a_clock_that_jumps_while_everything_is_under_way_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    story.before(stage)
    sync = stage.start_sync(**clock.environment)
    stage.integrate()
    wait_until(lambda: stage.right.counts()["items"] > story.RIGHT, "the backfill to be under way")
    clock.move(HOUR)
    wait_until(lambda: backfilled(stage), "the backfill")
    story.live(stage)
    stage.rest(sync)
    clock.move(-HOUR)
    promises.check(stage, sync, story.meanwhile(stage))
    assert stage.sql("select epoch from fence") == [(1,)], "the lease changed hands"
    assert stage.sql("select count(*) from cursors where at > now()") == [(0,)], "a cursor went by our clock"


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
def test_a_create_that_the_search_does_not_show_yet_is_waited_for_by_no_wrong_clock(
    stage: Stage, tmp_path: Path, wrong: int
) -> None:
    story.before(stage)
    sync = stage.start_sync("create.sent:kill:3")
    stage.integrate(marker_lag=str(LAG))
    wait_until(sync.was_killed, "the process to come to its fault")
    stage.right.control("quirks", search_lag=LAG)
    stage.let_the_lease_run_out()
    after = stage.start_sync(**Clock(tmp_path, wrong).environment)
    wait_until(lambda: waiting(stage), "the item to be held until its twin can be seen")
    assert max(waiting(stage)) <= timedelta(seconds=LAG)
    stage.right.control("quirks", search_lag=0.0)
    promises.check(stage, after)


def waiting(stage: Stage) -> list[timedelta]:
    """How long each item waits for something else to happen first."""
    held = [one for one in stage.panel.holds() if one["kind"] == "waiting"]
    return [datetime.fromisoformat(one["due_at"]) - datetime.fromisoformat(one["last_at"]) for one in held]
