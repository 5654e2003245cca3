"""What people read is aligned and short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.display import age, table

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_columns_are_aligned_and_nothing_trails() -> None:
    assert table(("A", "LONG"), [("member", "x"), ("b", "")]) == "A       LONG\nmember  x\nb"


@pytest.mark.parametrize(
    ("ago", "shown"),
    [(5, "5 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d"), (-3, "0 s")],
)
def test_an_age_is_told_in_its_largest_unit(ago: int, shown: str) -> None:
    assert age(NOW - timedelta(seconds=ago), NOW) == shown
    assert age(None) == "-"
