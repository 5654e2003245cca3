"""A cursor never stands beyond its app's own clock, and goes back far enough when it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.domain.item import Head, Page
from server.engine.dated import BEGINNING, ahead, reached, set_back

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, MONTH = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=30)
OVERLAP = timedelta(seconds=2)


def page(*offsets: timedelta) -> Page:
    times = [NOW + one for one in offsets]
    heads = tuple(Head(str(number), at, "s") for number, at in enumerate(times))
    return Page(heads, max(times, default=None))


def test_what_is_dated_beyond_the_clock_takes_the_cursor_nowhere() -> None:
    assert reached(page(-HOUR, -MINUTE, HOUR, MONTH), NOW) == NOW - MINUTE
    assert reached(page(HOUR, MONTH), NOW) is None
    assert reached(page(), NOW) is None


def test_a_fraction_of_the_clocks_own_second_is_not_beyond_it() -> None:
    within = timedelta(milliseconds=700)
    assert reached(page(-HOUR, within), NOW) == NOW + within
    assert reached(page(-HOUR, SECOND), NOW) == NOW - HOUR


def test_a_page_claims_no_more_than_it_says() -> None:
    heads = page(-HOUR, -MINUTE).heads
    assert reached(Page(heads, NOW - HOUR), NOW) == NOW - HOUR


def test_an_app_that_tells_no_time_at_all_is_believed() -> None:
    assert reached(page(-HOUR, MONTH), None) == NOW + MONTH
    assert ahead(page(MONTH), None) == ()


def test_only_what_is_a_minute_ahead_or_more_is_told() -> None:
    assert [one.id for one in ahead(page(-HOUR, 30 * SECOND, MINUTE, MONTH), NOW)] == ["2", "3"]


@given(st.lists(st.integers(-5000, 5000), max_size=9), st.integers(0, 4000))
def test_no_page_ever_moves_a_cursor_beyond_the_clock(offsets: list[int], drift: int) -> None:
    clock = NOW + drift * SECOND
    there = reached(page(*(one * SECOND for one in offsets)), clock)
    assert there is None or there < clock + SECOND
    seen = [NOW + one * SECOND for one in offsets if NOW + one * SECOND < clock + SECOND]
    assert there == max(seen, default=None)


def test_a_cursor_that_nothing_is_known_of_goes_back_to_the_beginning() -> None:
    back = set_back(NOW + MONTH, NOW, None, OVERLAP)
    assert back is not None
    assert (back.at, back.by, back.notable) == (BEGINNING, None, True)


def test_a_clock_that_went_back_by_a_known_time_takes_the_cursor_along() -> None:
    back = set_back(NOW + HOUR, NOW + SECOND, NOW + HOUR + 5 * SECOND, OVERLAP)
    assert back is not None
    assert (back.at, back.by, back.notable) == (NOW - 4 * SECOND, HOUR + 4 * SECOND, True)


def test_a_clock_that_went_back_and_has_passed_the_cursor_since_is_noticed_too() -> None:
    """What changed between would else be missed: it is dated before the cursor."""
    back = set_back(NOW, NOW + MINUTE, NOW + 3 * MINUTE, OVERLAP)
    assert back is not None
    assert back.at == NOW - 2 * MINUTE


def test_a_few_seconds_are_heeded_and_not_told() -> None:
    back = set_back(NOW, NOW + SECOND, NOW + 11 * SECOND, OVERLAP)
    assert back is not None
    assert (back.at, back.notable) == (NOW - 10 * SECOND, False)


def test_a_cursor_that_stands_well_stays() -> None:
    for clock, expected in (
        (NOW, None),
        (NOW + HOUR, NOW + HOUR),
        (NOW + HOUR, NOW),  # the clock was put forward
        (NOW - SECOND, NOW + SECOND),  # two machines of one app differ
        (None, None),
    ):
        assert set_back(NOW, clock, expected, OVERLAP) is None
    assert set_back(None, NOW, None, OVERLAP) is None
    assert set_back(BEGINNING, NOW, None, OVERLAP) is None


@given(st.integers(-4000, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_a_cursor_that_was_set_back_misses_nothing_that_was_changed_since(
    place: int, stepped: int, waited: int
) -> None:
    """A clock shows the cursor's time, steps back, and shows less later: what changed since is dated from there on."""
    cursor = NOW
    clock = NOW - stepped * SECOND + waited * SECOND
    expected = NOW + waited * SECOND
    changed = NOW - stepped * SECOND + min(max(place, 0), waited) * SECOND
    back = set_back(cursor, clock, expected, OVERLAP)
    since = (back.at if back is not None else cursor) - OVERLAP
    assert since <= changed + 2 * SECOND
