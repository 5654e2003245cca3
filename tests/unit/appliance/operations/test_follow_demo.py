"""What was carried over is told in one line that a person can read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from appliance.operations.follow_demo import told

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def line(*notes: dict[str, Any]) -> dict[str, Any]:
    return {"at": AT.isoformat(), "summary": "Engineering 7 was brought up to date from Help desk 3", "detail": notes}


def note(what: str, **more: Any) -> dict[str, Any]:
    return {"what": what, "side": "right", "field": "", "before": None, "after": None, "reason": "", **more}


def test_each_kind_of_change_is_told() -> None:
    text = told(
        line(
            note("set", field="Title", after="Größe"),
            note("set", field="Labels", after=["a", "b"]),
            note("private comment", after="Only\nfor us"),
            note("file", field="plan.pdf"),
            note("skipped", reason="no such user"),
        )
    )
    assert text.endswith(
        "Help desk 3 (Title: Größe, Labels: a, b, private comment: Only for us, file plan.pdf, no such user)"
    )
    assert text.startswith(AT.astimezone().strftime("%H:%M:%S"))


def test_long_values_are_cut_and_nothing_is_told_of_nothing() -> None:
    assert told(line(note("set", field="Text", after="x" * 200))).endswith(f"(Text: {'x' * 59}…)")
    assert told(line()).endswith("from Help desk 3")
