"""The verdict of the demonstration's own check."""

from __future__ import annotations

from appliance.operations.check_demo import Verdict

WELL = Verdict(
    pairs=102,
    missing=0,
    duplicates=0,
    differing=0,
    comments=150,
    files=20,
    quiet_writes=0,
    edits=8,
    late=0,
    p50_seconds=2.0,
    p95_seconds=3.0,
)


def test_only_equal_sides_and_a_quiet_pass_are_well() -> None:
    assert WELL.equal
    for name in ("missing", "duplicates", "differing", "quiet_writes", "late"):
        assert not WELL.model_copy(update={name: 1}).equal
