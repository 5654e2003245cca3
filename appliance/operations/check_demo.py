"""Checks the demonstration: edits both sides, waits until quiet and compares; it must not trust the engine's word.

The comparison is the trackers' own (``appliance.demo.compare``); of the panel's API it takes only when a change was
carried over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from appliance.demo.compare import compare, stamps
from appliance.demo.edits import Edit, make_edits
from appliance.demo.trackers import Trackers
from appliance.errors import ApplianceError
from appliance.operations.follow_demo import Follower, run_pass, run_until_quiet
from appliance.panel import Panel

ARRIVAL_SECONDS = 120.0
LOOK_SECONDS = 0.2
EARLIEST = timedelta(seconds=1)
"""A change may be seen by a pass before the tracker has answered the one who made it."""


class Verdict(BaseModel):
    """What the check found. Times are in seconds, everything else is a number of things."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    pairs: int
    missing: int
    duplicates: int
    differing: int
    comments: int
    files: int
    quiet_writes: int
    p50_seconds: float
    p95_seconds: float

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same and a quiet pass writes nothing."""
        return not (self.missing or self.duplicates or self.differing or self.quiet_writes)


def check(panel: Panel, integration: str, trackers: Trackers, say: Callable[[str], None]) -> Verdict:
    """Edit, wait, compare. Raises ``ApplianceError`` when the two never come to rest."""
    follower = Follower(panel, integration)
    follower.skip()
    say("Editing both sides ...")
    edits = make_edits(trackers, say)
    say("Waiting until every edit has arrived ...")
    latencies = _await_arrival(panel, integration, follower, edits)
    run_until_quiet(panel, integration, lambda *_: None)
    say("Comparing both trackers through their own APIs ...")
    before = stamps(trackers)
    quiet = run_pass(panel, integration, lambda *_: None)
    after = stamps(trackers)
    touched = sum(before.get(item) != stamp for item, stamp in after.items())
    found = compare(trackers)
    for finding in found.findings:
        say(f"  {finding}")
    return Verdict(
        pairs=found.pairs,
        missing=found.missing,
        duplicates=found.duplicates,
        differing=found.differing,
        comments=found.comments,
        files=found.files,
        quiet_writes=max(quiet.writes, touched),
        p50_seconds=percentile(latencies, 0.5),
        p95_seconds=percentile(latencies, 0.95),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed, to the hundredth; 0 if there are none."""
    if not values:
        return 0.0
    return round(sorted(values)[max(0, math.ceil(share * len(values)) - 1)], 2)


def _await_arrival(panel: Panel, integration: str, follower: Follower, edits: Sequence[Edit]) -> list[float]:
    """Seconds from each edit to the line of history that carried it over."""
    waiting = list(edits)
    lines: list[dict[str, Any]] = []
    latencies: list[float] = []
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while waiting:
        lines.extend(follower.news())
        pairs = _pairs(panel, integration)
        for edit in tuple(waiting):
            arrived = _arrival(edit, lines, pairs)
            if arrived is not None:
                latencies.append(max(0.0, (arrived - edit.at).total_seconds()))
                waiting.remove(edit)
        if waiting and time.monotonic() > deadline:
            edit = waiting[0]
            raise ApplianceError(
                f"{edit.what} on the {edit.side} side (item {edit.item_id}) was not carried over within "
                f"{ARRIVAL_SECONDS:.0f} seconds. See: lockstep logs cluster1/sync"
            )
        time.sleep(LOOK_SECONDS)
    return latencies


def _arrival(edit: Edit, lines: Sequence[dict[str, Any]], pairs: dict[tuple[str, str], str]) -> datetime | None:
    pair = pairs.get((edit.side, edit.item_id))
    for line in lines:
        at = datetime.fromisoformat(line["at"])
        same = pair is not None and line["pair"] == pair
        if at >= edit.at - EARLIEST and (same or (line["side"] == edit.side and line["item_id"] == edit.item_id)):
            return at
    return None


def _pairs(panel: Panel, integration: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    after = ""
    while True:
        page = panel.get("items", integration=integration, after=after, limit=200)
        for row in page["items"]:
            for side in ("left", "right"):
                if row[side] is not None:
                    found[(side, str(row[side]["id"]))] = str(row["id"])
        after = page["next"]
        if not after:
            return found
