"""One death of the sync process at a step of the path, and all that has to hold after it."""

from __future__ import annotations

from itertools import takewhile

from server.faults import POINTS
from tests.chaos import promises, story
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage
from tests.support.processes import Process

STEPS = [point for point in POINTS if not point.startswith(("change.", "preview.", "delete."))]
"""What this story comes by; the others have stories of their own."""
WRITES = [point for point in STEPS if point.endswith((".sending", ".sent"))]
PLANNING = list(takewhile(lambda point: point not in WRITES, STEPS))
SETTLING = [point for point in STEPS if point not in {*WRITES, *PLANNING}]


def backfilled(stage: Stage) -> bool:
    """Whether every item that can have a twin has one by now."""
    there = stage.left.counts()["items"], stage.right.counts()["items"]
    return bool(there == (story.LEFT + story.RIGHT + 1, story.LEFT + story.RIGHT))


def run_into(stage: Stage, sync: Process) -> None:
    """Backfill and live edits until the process dies of its fault, or stands still there."""

    def over() -> bool:
        return not sync.alive() or sync.stands_still()

    stage.integrate()
    wait_until(lambda: over() or backfilled(stage), f"the backfill: {sync.said()}")
    if not over():
        story.live(stage)
    wait_until(over, "the process to come to its fault")


def survive(stage: Stage, fault: str) -> None:
    """Die of the fault, be followed by a new process, and keep every promise."""
    story.before(stage)
    sync = stage.start_sync(fault)
    run_into(stage, sync)
    assert sync.was_killed()
    typed = story.meanwhile(stage)
    stage.let_the_lease_run_out()
    promises.check(stage, stage.start_sync(), typed)
