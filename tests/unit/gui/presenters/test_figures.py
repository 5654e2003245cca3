from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gui.presenters import figures

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1536, "1.5 KB"),
        (21 * 1024**2, "21 MB"),
        (1023 * 1024**2, "1.0 GB"),
        (int(1.4 * 1024**3), "1.4 GB"),
        (5000 * 1024**4, "5000 TB"),
    ],
)
def test_a_size_has_at_most_three_digits(count: int, shown: str) -> None:
    assert figures.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7500, "2 h 5 min"), (7200, "2 h"), (90000, "1 d 1 h"), (172800, "2 d")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, shown: str) -> None:
    assert figures.duration(timedelta(seconds=seconds)) == shown


def test_an_age_is_never_in_the_future_and_a_thing_that_never_was_has_a_dash() -> None:
    assert figures.age(NOW + timedelta(seconds=3), NOW) == "just now"
    assert figures.age(NOW - timedelta(minutes=3), NOW) == "3 min ago"
    assert figures.age(None, NOW) == figures.NEVER


def test_a_count_says_one_or_many() -> None:
    assert figures.count(1, "tenant") == "1 tenant"
    assert figures.count(2, "tenant") == "2 tenants"
    assert figures.count(0, "check needs", "checks need") == "0 checks need"


def test_small_shares_of_a_processor_have_a_decimal() -> None:
    shown = [figures.percent(value) for value in (0, 0.34, 9.94, 12.2, 140)]
    assert shown == ["0.0 %", "0.3 %", "9.9 %", "12 %", "140 %"]
