"""When an integration is worked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.schedule import Schedule, Timetable, Window
from server.worker.schedule import (
    Clock,
    Slot,
    after_errand,
    after_failure,
    after_pause,
    after_retry,
    after_success,
    errand_wait,
    first,
    lateness,
    sleep,
    wait,
)

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
CLOCK = Clock(100.0, NOON)
EVERY_30 = Timetable(Schedule(30))
NIGHTLY = Timetable(Schedule(cron="0 2 * * *"))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
WINDOWS = st.lists(st.builds(Window, TIMES, TIMES, zone=ZONES), max_size=2).map(tuple)
SCHEDULES = st.builds(Schedule, st.none() | st.integers(5, 86400), windows=WINDOWS) | st.builds(
    Schedule, cron=st.sampled_from(["30 2 * * *", "*/10 * * * *", "0 9-17 * * 1"]), zone=ZONES, windows=WINDOWS
)
TABLES = st.builds(Timetable, SCHEDULES, st.tuples(SCHEDULES, SCHEDULES))
CLOCKS = st.builds(
    Clock,
    st.floats(0, 1e6),
    st.datetimes(datetime(2025, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
)
HOLDS = st.none() | st.floats(0, 1000)


def later(clock: Clock, seconds: float) -> Clock:
    return Clock(clock.now + seconds, clock.moment + timedelta(seconds=seconds))


def test_a_pass_that_came_through_is_repeated_after_its_interval() -> None:
    assert wait(CLOCK, after_success(CLOCK, EVERY_30, None), EVERY_30) == 30.0


@pytest.mark.parametrize(("took", "left"), [(0.0, 30.0), (4.0, 26.0), (15.0, 15.0), (29.0, 15.0), (300.0, 15.0)])
def test_an_interval_is_counted_from_when_the_pass_began_and_leaves_the_app_half_of_it(
    took: float, left: float
) -> None:
    assert wait(CLOCK, after_success(CLOCK, EVERY_30, None, CLOCK.now - took), EVERY_30) == left


def test_a_pass_at_set_times_is_repeated_at_the_next() -> None:
    slot = after_success(CLOCK, NIGHTLY, None)
    assert wait(CLOCK, slot, NIGHTLY) == 14 * 3600
    assert wait(Clock(0.0, NOON + timedelta(hours=14)), slot, NIGHTLY) > 0  # the other clock says that no time passed
    assert wait(later(CLOCK, 14 * 3600), slot, NIGHTLY) == 0


def test_what_a_person_retried_goes_on_soon_and_not_in_a_circle() -> None:
    assert 0 < wait(CLOCK, after_retry(CLOCK), EVERY_30) <= 1


def test_a_held_item_is_looked_at_before_the_feeds_have_their_time_again() -> None:
    for table in (EVERY_30, NIGHTLY):
        slot = after_success(CLOCK, table, 4.0)
        assert errand_wait(CLOCK, slot, table) == 4.0
        assert wait(CLOCK, slot, table) > 4.0
        after = after_errand(later(CLOCK, 4.0), slot, None)
        assert errand_wait(later(CLOCK, 4.0), after, table) is None
        assert (after.due, after.at) == (slot.due, slot.at)


def test_a_held_item_is_never_looked_at_without_a_breath() -> None:
    assert (errand_wait(CLOCK, after_success(CLOCK, EVERY_30, 0.0), EVERY_30) or 0.0) > 0.0


def test_failures_are_answered_with_growing_patience() -> None:
    slot = Slot(0.0)
    waits = []
    for _ in range(9):
        slot = after_failure(CLOCK, slot, None)
        waits.append(slot.due - CLOCK.now)
    assert waits[:4] == [5.0, 10.0, 20.0, 40.0]
    assert waits[-1] == 300.0


def test_what_the_app_asks_for_is_never_undercut() -> None:
    assert after_failure(CLOCK, Slot(0.0), 77.0).due == 177.0


def test_a_pause_is_no_failure() -> None:
    slot = after_pause(CLOCK, Slot(0.0, failures=2), 77.0)
    assert (slot.due, slot.failures) == (177.0, 2)


def test_an_errand_that_fails_leaves_the_set_time_as_it_is() -> None:
    slot = after_success(CLOCK, NIGHTLY, 1.0)
    failed = after_failure(CLOCK, slot, None, errand=True)
    assert (failed.due, failed.at, failed.errand) == (slot.due, slot.at, 105.0)
    assert after_pause(CLOCK, slot, 9.0, errand=True).errand == 109.0


def test_a_new_integration_is_due_at_once_unless_it_has_set_times() -> None:
    assert wait(CLOCK, first(CLOCK, EVERY_30, NOON), EVERY_30) == 0
    slot = first(CLOCK, NIGHTLY, NOON)
    assert wait(CLOCK, slot, NIGHTLY) == 14 * 3600
    assert errand_wait(CLOCK, slot, NIGHTLY) == 0  # what was interrupted


def test_a_set_time_that_passed_while_nobody_worked_is_made_up_for_once() -> None:
    slot = first(CLOCK, NIGHTLY, NOON - timedelta(days=3))
    assert wait(CLOCK, slot, NIGHTLY) == 0
    assert wait(CLOCK, after_success(CLOCK, NIGHTLY, None), NIGHTLY) == 14 * 3600


@pytest.mark.parametrize("table", [EVERY_30, NIGHTLY])
def test_a_window_holds_whatever_is_due(table: Timetable) -> None:
    held = Timetable(table.own, (Schedule(windows=(Window("11:00", "13:00"),)), Schedule()))
    assert wait(CLOCK, Slot(0.0), held) == 3600
    assert errand_wait(CLOCK, Slot(0.0, errand=0.0), held) == 3600


@given(TABLES, CLOCKS, HOLDS)
def test_nothing_is_due_before_now_or_within_a_window(table: Timetable, clock: Clock, hold: float | None) -> None:
    slot = after_success(clock, table, hold)
    for seconds in (wait(clock, slot, table), errand_wait(clock, slot, table)):
        if seconds is None:
            continue
        assert seconds >= 0
        moment = clock.moment + timedelta(seconds=seconds)
        assert table.opens(moment) == moment or table.opens(moment) - clock.moment > timedelta(days=14)


@given(TABLES, CLOCKS)
def test_who_waited_as_long_as_told_may_go(table: Timetable, clock: Clock) -> None:
    slot = after_success(clock, table, None)
    then = later(clock, wait(clock, slot, table) + 1e-3)
    closed = any(table.opens(at.moment) - at.moment > timedelta(days=14) for at in (clock, then))
    assert closed or wait(then, slot, table) <= 1e-3


@given(TABLES, CLOCKS)
def test_a_pass_never_follows_itself_at_once(table: Timetable, clock: Clock) -> None:
    assert wait(clock, after_success(clock, table, None), table) > 0


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(0, 1000))
def test_the_longest_waiting_comes_first(dues: list[int], now: int) -> None:
    slots = [Slot(due) for due in dues]
    clock = Clock(now, NOON)
    order = sorted(slots, key=lambda one: -lateness(clock, one))
    assert [one.due for one in order] == sorted(dues)


@given(st.lists(st.floats(0, 1000)), st.floats(0, 100))
def test_nothing_that_is_due_is_slept_over(waits: list[float], longest: float) -> None:
    seconds = sleep(waits, longest)
    assert all(seconds <= one for one in waits)
    assert seconds <= longest
