"""A version is remembered only while no change to come can look like it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.connectors.stamps import version

AT = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SETTLES = 2 * SECOND


def test_a_version_is_believed_once_its_second_is_over() -> None:
    assert version("v", AT, AT + SECOND, SETTLES) == ""
    assert version("v", AT, AT + SETTLES, SETTLES) == "v"
    assert version("v", AT, None, SETTLES) == ""


def test_what_is_dated_beyond_the_clock_is_remembered_until_the_clock_has_come_there_and_then_looked_at_anew() -> None:
    before = version("v", AT, AT - HOUR, SETTLES)
    assert before == version("v", AT, AT - SETTLES, SETTLES)
    assert before not in ("", "v")
    assert version("v", AT, AT - SECOND, SETTLES) == ""
    assert version("v", AT, AT + HOUR, SETTLES) == "v"


def test_where_the_app_does_not_tell_its_clock_only_what_is_surely_beyond_it_counts_as_that() -> None:
    past, latest = AT - HOUR, AT + SECOND
    assert version("v", AT, past, SETTLES, latest) == ""
    assert version("v", AT, past, SETTLES, AT - HOUR) != ""
