"""The verdict of the demonstration's own check."""

from __future__ import annotations

import pytest

from appliance.operations.check_demo import Verdict, percentile

WELL = Verdict(
    pairs=102,
    missing=0,
    duplicates=0,
    differing=0,
    comments=150,
    files=20,
    quiet_writes=0,
    p50_seconds=2.0,
    p95_seconds=3.0,
)


def test_only_equal_sides_and_a_quiet_pass_are_well() -> None:
    assert WELL.equal
    for name in ("missing", "duplicates", "differing", "quiet_writes"):
        assert not WELL.model_copy(update={name: 1}).equal


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, 0.0), ([3.0], 0.95, 3.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), ([4.0, 1.0, 3.0, 2.004], 0.95, 4.0)],
)
def test_percentiles_are_values_that_occurred(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected
