"""What is told of the edits is computed from all of them."""

from __future__ import annotations

from datetime import UTC, datetime

from appliance.demo.compare import PRIORITY_PAIRS, STATUS_PAIRS
from appliance.demo.edits import Edit, Latency, counterparts, percentile


def latencies(*seconds: float | None) -> list[Latency]:
    edit = Edit("title", "helpdesk", "A", "A", datetime.now(UTC), 0.0)
    return [Latency(edit, one) for one in seconds]


def test_percentiles_are_seconds_that_were_measured() -> None:
    measured = latencies(*(float(number) for number in range(1, 21)))
    assert percentile(measured, 0.5) == 10.0
    assert percentile(measured, 0.95) == 19.0
    assert percentile(measured, 1.0) == 20.0


def test_an_edit_that_never_arrived_is_not_left_out() -> None:
    assert percentile(latencies(1.0, 2.0, None), 0.5) == 2.0
    assert percentile(latencies(1.0, 2.0, None), 0.95) is None
    assert percentile([], 0.5) is None


def test_every_status_and_priority_of_both_templates_has_a_counterpart() -> None:
    helpdesk = {"unread", "deferred", "chatting", "need-eg", "in-progress", "testing", "done-cbb", "resolved"}
    assert {left for left, _ in STATUS_PAIRS} == helpdesk
    assert {right for _, right in STATUS_PAIRS} == {"new", "open", "closed", "pending"}
    assert {left for left, _ in PRIORITY_PAIRS} == {"critical", "urgent", "bug", "feature", "wish"}
    assert {right for _, right in PRIORITY_PAIRS} == {"immediate", "urgent", "high", "normal", "low"}
    assert counterparts("engineering", "pending") == {"need-eg", "deferred"}
    assert counterparts("helpdesk", "testing") == {"open"}
