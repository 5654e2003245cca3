"""Checks the demonstration: edits both sides, waits until quiet and compares; it must not trust the engine's word.

Edits, their arrival, the comparison and the proof that a quiet pass writes nothing come from the trackers' own APIs
(``appliance.demo``); the panel's API is only asked for passes.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from appliance.demo.compare import compare, count_writes, fingerprint
from appliance.demo.edits import Edit, measure, percentile
from appliance.demo.trackers import Trackers
from appliance.operations.follow_demo import run_pass, run_until_quiet
from appliance.panel import Panel

ARRIVAL_SECONDS = 120.0


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
    edits: int
    late: int
    """Edits that had not arrived after two minutes."""
    p50_seconds: float | None
    p95_seconds: float | None

    @property
    def equal(self) -> bool:
        """Whether every edit arrived, both sides hold the same and a quiet pass writes nothing."""
        return not (self.missing or self.duplicates or self.differing or self.quiet_writes or self.late)


def check(panel: Panel, integration: str, trackers: Trackers, say: Callable[[str], None]) -> Verdict:
    """Edit, wait, compare. Raises ``ApplianceError`` when the two never come to rest."""
    left, right = trackers.helpdesk, trackers.engineering

    def seen(edit: Edit, seconds: float) -> None:
        say(f"  {edit.kind} on {edit.side}: arrived after {seconds:.1f} s")

    _tell_holds(panel, say)
    say("Editing both sides, and watching each edit arrive ...")
    latencies = measure(left, right, ARRIVAL_SECONDS, seen)
    run_until_quiet(panel, integration, lambda *_: None)
    say("Comparing both trackers through their own APIs ...")
    before = fingerprint(left, right)
    quiet = run_pass(panel, integration, lambda *_: None)
    touched = count_writes(before, fingerprint(left, right))
    found = compare(left, right)
    _tell_holds(panel, say)
    for detail in found.details:
        say(f"  {detail}")
    late = [latency.edit for latency in latencies if latency.seconds is None]
    for edit in late:
        say(f"  {edit.kind} on {edit.side} did not arrive: {edit.item}")
    return Verdict(
        pairs=found.pairs,
        missing=found.missing,
        duplicates=found.duplicates,
        differing=found.differing,
        comments=found.comments,
        files=found.files,
        quiet_writes=max(quiet.writes, touched),
        edits=len(latencies),
        late=len(late),
        p50_seconds=_rounded(percentile(latencies, 0.5)),
        p95_seconds=_rounded(percentile(latencies, 0.95)),
    )


def _tell_holds(panel: Panel, say: Callable[[str], None]) -> None:
    for hold in panel.get("holds"):
        say(f"  held back: {hold['item_key']} ({hold['reason']} {hold['words']})")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
