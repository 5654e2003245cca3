"""Follows an integration through the panel's API: passes with their progress, and each change carried over.

It only reads, and asks for passes; it must not write to a tracker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.errors import ApplianceError
from appliance.panel import Panel

LOOK_SECONDS = 0.3
PROBLEM_SECONDS = 20.0
"""So long may an integration name a problem before it counts as stuck; what passes by itself is over by then."""
PASS_SECONDS = 900.0
WRITES = ("created", "updated", "comments", "attachments", "edits")
"""The counts of a run that stand for writes to a tracker."""
LONGEST_VALUE = 60

Seen = Callable[[int, int | None, str], None]
"""Receives how many items of how many (None: not known yet) a pass has looked at, and what it is at."""


@dataclass(frozen=True, slots=True)
class PassResult:
    """How a pass ended. ``writes``: remote writes of every kind."""

    state: str
    message: str
    writes: int
    done: int


def run_pass(panel: Panel, integration: str, seen: Seen) -> PassResult:
    """Ask for a pass now and wait for its end, reporting any pass that goes before it.

    Raises ``ApplianceError`` when the integration names a problem that stays, or no pass ends in time.
    """
    known = {row["id"] for row in _runs(panel, integration) if row["trigger"] == "now"}
    panel.ask("POST", f"integrations/{integration}/run")
    deadline, stuck = time.monotonic() + PASS_SECONDS, 0.0
    while time.monotonic() < deadline:
        runs = _runs(panel, integration)
        ours = next((row for row in runs if row["trigger"] == "now" and row["id"] not in known), None)
        if ours is not None and ours["state"] != "running":
            return PassResult(ours["state"], ours["message"], _writes(ours), ours["done"])
        busy = next((row for row in runs if row["state"] == "running"), None)
        if busy is not None:
            stuck = 0.0
            seen(busy["done"], busy["total"], busy["phase"])
        else:
            stuck = _mind_problem(panel, integration, stuck)
        time.sleep(LOOK_SECONDS)
    raise ApplianceError(f"No pass ended within {PASS_SECONDS / 60:.0f} minutes. See: lockstep logs cluster1/sync")


def run_until_quiet(panel: Panel, integration: str, seen: Seen, passes: int = 10) -> PassResult:
    """Run passes until one succeeds without writing anything; that pass.

    Raises ``ApplianceError`` when it never becomes quiet.
    """
    said = ""
    for _ in range(passes):
        result = run_pass(panel, integration, seen)
        if result.state == "succeeded" and not result.writes:
            return result
        said = result.message
    reason = f": {said.rstrip('.')}" if said else ""
    raise ApplianceError(
        f"The two trackers did not come to rest in {passes} passes{reason}. See: lockstep logs cluster1/sync"
    )


def _runs(panel: Panel, integration: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = panel.get("runs", integration=integration, limit=20)
    return rows


def _writes(run: dict[str, Any]) -> int:
    return sum(int(run["counts"].get(name, 0)) for name in WRITES)


def _mind_problem(panel: Panel, integration: str, stuck: float) -> float:
    problem = panel.get(f"integrations/{integration}")["problem"]
    if not problem:
        return 0.0
    if stuck and time.monotonic() - stuck > PROBLEM_SECONDS:
        raise ApplianceError(problem)
    return stuck or time.monotonic()


class Follower:
    """Remembers up to which line the history of an integration was read."""

    def __init__(self, panel: Panel, integration: str) -> None:
        self._panel = panel
        self._integration = integration
        self._last = 0
        self._finished: set[str] = set()

    def skip(self) -> None:
        """Pass over everything that has happened so far."""
        for _ in self.news():
            continue

    def news(self) -> Iterator[dict[str, Any]]:
        """The lines since the last question, oldest first."""
        lines = []
        for run in _runs(self._panel, self._integration):
            if run["id"] in self._finished:
                continue
            after = self._last
            while True:
                page = self._panel.get(f"runs/{run['id']}/events", after=after, limit=1000)
                lines.extend(page["events"])
                if not page["events"]:
                    break
                after = page["next"]
            if run["state"] != "running":
                self._finished.add(run["id"])
        lines.sort(key=lambda line: int(line["id"]))
        for line in lines:
            self._last = max(self._last, int(line["id"]))
            yield line


def told(line: dict[str, Any]) -> str:
    """One line of history for people: time, what happened, and what exactly."""
    at = datetime.fromisoformat(line["at"]).astimezone().strftime("%H:%M:%S")
    details = [text for note in line["detail"] if (text := _note(note))]
    more = f" ({', '.join(details)})" if details else ""
    return f"{at}  {line['summary']}{more}"


def _note(note: dict[str, Any]) -> str:
    if note["what"] == "set":
        return f"{note['field']}: {_short(note['after'])}"
    if "comment" in note["what"]:
        return f"{note['what']}: {_short(note['after'])}"
    if note["what"] == "file":
        return f"file {note['field']}"
    return str(note["reason"] or note["what"])


def _short(value: object) -> str:
    text = ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
