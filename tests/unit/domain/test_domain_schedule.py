"""Set times and windows, by the clocks that people see, also on the days when clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.schedule import Day, Schedule, Timetable, Window, check_window, next_time, open_from

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kathmandu")
"""Among them clocks that change by half an hour, at midnight, and in the south."""

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
WINDOWS = st.lists(
    st.builds(
        Window, TIMES, TIMES, st.lists(st.sampled_from(Day), unique=True, max_size=3).map(tuple), st.sampled_from(ZONES)
    ),
    max_size=3,
).map(tuple)
CRONS = st.sampled_from(
    ["30 2 * * *", "0 0 * * *", "*/7 * * * *", "15 1-4 * * *", "0 3 * * 1", "0 12 1 * *", "59 23 * * 5"]
)
SCHEDULES = st.builds(
    Schedule,
    every_seconds=st.none() | st.integers(5, 86400),
    zone=st.sampled_from(ZONES),
    windows=WINDOWS,
) | st.builds(Schedule, cron=CRONS, zone=st.sampled_from(ZONES), windows=WINDOWS)


@given(CRONS, st.sampled_from(ZONES), MOMENTS)
def test_a_set_time_is_always_later_and_none_lies_between(cron: str, zone: str, after: datetime) -> None:
    found = next_time(cron, zone, after)
    assert found is not None
    assert found > after
    middle = after + (found - after) / 2
    assert next_time(cron, zone, middle) == found


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES), st.integers(2025, 2034))
def test_a_daily_time_comes_once_on_every_day_of_the_year(hour: int, minute: int, zone: str, year: int) -> None:
    place = ZoneInfo(zone)
    at = datetime(year, 1, 1, tzinfo=place).astimezone(UTC) - timedelta(seconds=1)
    days = []
    while (at := next_time(f"{minute} {hour} * * *", zone, at) or at).astimezone(place).year == year:
        days.append(at.astimezone(place).date())
    assert days == [date(year, 1, 1) + timedelta(days=one) for one in range(len(days))]
    assert len(days) == (366 if year % 4 == 0 else 365)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),  # half past two does not exist: right after the gap
        ("2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),  # it exists twice: the first
        ("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),  # and not the second
        ("2026-10-25T02:10+01:00", "2026-10-26T02:30+01:00"),
    ],
)
def test_the_nights_when_clocks_change(after: str, expected: str) -> None:
    found = next_time("30 2 * * *", "Europe/Berlin", datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("0 * * * * *", "five fields"),
        ("61 * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 0 * *", "bad day-of-month"),
        ("0 0 * foo *", "bad month"),
        ("0 0 * * fri-mon", "bad day-of-week"),
        ("*/0 * * * *", "bad minute"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("1,,2 * * * *", "bad minute"),
        ("-1 * * * *", "bad minute"),
    ],
)
def test_what_is_no_cron_expression_is_refused_with_the_reason(cron: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        next_time(cron, "UTC", datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/15 * * * *", "2030-01-01T00:15"),
        ("0 9-17/4 * * mon-fri", "2030-01-01T09:00"),
        ("0 0 1 feb *", "2030-02-01T00:00"),
        ("0 0 13 * 5", "2030-01-04T00:00"),  # both days named: either will do
        ("0 0 */2 * 5", "2030-01-11T00:00"),  # a star before the step: both must hold
        ("5/20 0 * * *", "2030-01-01T00:05"),
        ("0 0 29 2 *", "2032-02-29T00:00"),
        ("0 0 * * 7", "2030-01-06T00:00"),
        ("0 0 * * sun", "2030-01-06T00:00"),
    ],
)
def test_what_the_fields_mean(cron: str, expected: str) -> None:
    found = next_time(cron, "UTC", datetime(2030, 1, 1, tzinfo=UTC))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_what_runs_every_hour_runs_in_every_hour_that_passes() -> None:
    at, times = datetime(2026, 10, 24, 22, 59, tzinfo=UTC), []
    while (at := next_time("0 * * * *", "Europe/Berlin", at) or at) < datetime(2026, 10, 25, 4, tzinfo=UTC):
        times.append(at.hour)
    assert times == [23, 0, 1, 2, 3]


@pytest.mark.parametrize(
    "window", [Window("25:00", "01:00"), Window("1:00", "02:00"), Window("01:00", "02:00:30"), Window("01:00", "noon")]
)
def test_what_is_no_time_of_day_is_refused(window: Window) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        check_window(window)


@pytest.mark.parametrize("zone", ["Mars", "", "../etc/passwd", "/etc/passwd", "\0"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        check_window(Window("01:00", "02:00", zone=zone))


def inside(window: Window, moment: datetime) -> bool:
    """Whether the clock on the wall of that zone shows a time within the window: the plain way, without moments."""
    local = moment.astimezone(ZoneInfo(window.zone))
    begins, ends = time.fromisoformat(window.begins), time.fromisoformat(window.ends)
    today, yesterday = (tuple(Day)[(local - timedelta(days=one)).weekday()] for one in (0, 1))
    on = {day: not window.days or day in window.days for day in Day}
    if ends > begins:
        return on[today] and begins <= local.time() < ends
    return (on[today] and local.time() >= begins) or (on[yesterday] and local.time() < ends)


@given(WINDOWS, MOMENTS)
def test_what_is_open_is_in_no_window_by_any_clock(windows: tuple[Window, ...], moment: datetime) -> None:
    found = open_from(windows, moment)
    if found is None:
        return
    assert found >= moment
    assert not any(inside(window, found) for window in windows)


@given(WINDOWS, MOMENTS)
def test_waiting_ends_as_soon_as_the_windows_do(windows: tuple[Window, ...], moment: datetime) -> None:
    found = open_from(windows, moment)
    if found is not None and found > moment:
        middle = moment + (found - moment) / 2
        assert open_from(windows, middle) == found


def test_a_window_goes_over_midnight_and_belongs_to_the_day_on_which_it_begins() -> None:
    night = (Window("22:00", "02:00", (Day.FRI,), "Europe/Berlin"),)
    friday = datetime(2030, 1, 4, 21, 30, tzinfo=UTC)
    assert open_from(night, friday) == datetime(2030, 1, 5, 1, 0, tzinfo=UTC)
    assert open_from(night, friday + timedelta(hours=4)) == friday + timedelta(hours=4)
    assert open_from(night, friday + timedelta(days=1)) == friday + timedelta(days=1)


def test_a_whole_day_is_a_window_from_and_to_the_same_time() -> None:
    sunday = (Window("00:00", "00:00", (Day.SUN,)),)
    noon = datetime(2030, 1, 6, 12, 0, tzinfo=UTC)
    assert open_from(sunday, noon) == datetime(2030, 1, 7, tzinfo=UTC)


def test_windows_that_leave_no_gap_are_found_out() -> None:
    assert open_from((Window("00:00", "00:00"),), datetime(2030, 1, 1, tzinfo=UTC)) is None
    assert open_from((Window("01:00", "13:00"), Window("12:00", "02:00")), datetime(2030, 1, 1, tzinfo=UTC)) is None


def test_an_integration_without_times_of_its_own_asks_no_app_more_often_than_its_connection_says() -> None:
    quick, slow, nightly = Schedule(60), Schedule(600), Schedule(cron="0 2 * * *")
    assert Timetable().interval == 30
    assert Timetable(connections=(quick, slow)).interval == 600
    assert Timetable(Schedule(5), (quick, slow)).interval == 5
    both = Timetable(connections=(quick, nightly))
    after = datetime(2030, 1, 1, tzinfo=UTC)
    assert (both.interval, both.set_time(after)) == (60, datetime(2030, 1, 1, 2, tzinfo=UTC))
    assert Timetable(Schedule(5), (quick, nightly)).set_time(after) is None
    assert Timetable(connections=(Schedule(), nightly)).interval is None


@given(SCHEDULES, SCHEDULES, SCHEDULES, MOMENTS)
def test_the_windows_of_all_three_hold(own: Schedule, left: Schedule, right: Schedule, moment: datetime) -> None:
    table = Timetable(own, (left, right))
    opens = table.opens(moment)
    if opens - moment < timedelta(days=14):
        assert not any(inside(window, opens) for one in (own, left, right) for window in one.windows)
