"""When something may and shall happen: intervals, set times, windows in which nothing is sent; no clock is read here.

What a person writes is local: days, hours and a time zone. What comes out is a moment in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from server.domain import cron as set_times

USUAL_SECONDS = 30
"""The interval where neither the integration nor one of its connections says one."""

_DAY = timedelta(days=1)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HORIZON = 15 * _DAY
"""Windows repeat every week: who finds no gap in two weeks will find none."""


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window: nothing is sent within it.

    ``begins`` and ``ends`` are local times of day, HH:MM; an end that is not after the beginning is on the next day.
    ``days``: those on which it begins (empty: every day). ``zone``: an IANA name, such as Europe/Berlin.
    """

    begins: str
    ends: str
    days: tuple[Day, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an integration is worked, or a connection's integrations are that do not say.

    ``every_seconds``: that long after the last time; ``cron``: at set times of ``zone``, in the five fields of cron;
    not both. ``webhooks``: what an app tells of itself is looked at as soon as it comes, not at the next time.
    """

    every_seconds: int | None = None
    cron: str = ""
    zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    webhooks: bool = True

    @property
    def timed(self) -> bool:
        """Whether it says when."""
        return self.every_seconds is not None or bool(self.cron)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When one integration may and shall be worked: its own schedule, over those of its connections.

    Its own interval or set times count; where it has none, the connections' do, and the later of the two is waited
    for, so that no app is asked more often than its connection says. The windows of all three hold.
    """

    own: Schedule = Schedule()
    connections: tuple[Schedule, ...] = ()

    @property
    def interval(self) -> float | None:
        """Seconds from one time to the next; None: only set times count."""
        known = [one.every_seconds for one in self._deciding if one.every_seconds is not None]
        if known:
            return float(max(known))
        return None if self.set_times else float(USUAL_SECONDS)

    @property
    def set_times(self) -> bool:
        """Whether there are set times."""
        return any(one.cron for one in self._deciding)

    @property
    def windowed(self) -> bool:
        """Whether there are windows."""
        return bool(self._windows)

    @property
    def webhooks(self) -> bool:
        """Whether what an app tells of itself is looked at as soon as it comes."""
        return self.own.webhooks and all(one.webhooks for one in self.connections)

    def set_time(self, after: datetime) -> datetime | None:
        """The first set time after ``after``; None: there are none."""
        times = [next_time(one.cron, one.zone, after) for one in self._deciding if one.cron]
        known = [one for one in times if one is not None]
        return max(known) if known else None

    def opens(self, moment: datetime) -> datetime:
        """The first moment from ``moment`` on that no window holds; a fortnight on where windows leave no gap."""
        return open_from(self._windows, moment) or moment + _HORIZON

    @property
    def _deciding(self) -> tuple[Schedule, ...]:
        return (self.own,) if self.own.timed else self.connections

    @property
    def _windows(self) -> tuple[Window, ...]:
        return sum((one.windows for one in self.connections), self.own.windows)


def next_time(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first time after ``after`` that ``cron`` names, by the clocks of ``zone``; None: it names none.

    Raises ``ValueError`` that says what is no cron expression or no zone.
    """
    return set_times.next_time(cron, _zone(zone), after)


def open_from(windows: tuple[Window, ...], moment: datetime) -> datetime | None:
    """The first moment from ``moment`` on that no window holds, None when they leave no gap."""
    at = moment
    while at - moment < _HORIZON:
        ends = [end for window in windows for begin, end in _spans(window, at) if begin <= at < end]
        if not ends:
            return at
        at = max(ends)
    return None


def check_window(window: Window) -> None:
    """Raises ``ValueError`` for what is no time of day or no zone."""
    for said in (window.begins, window.ends):
        if _TIME_OF_DAY.fullmatch(said) is None:
            raise ValueError(f"“{said}” is no time of day such as 22:30")
    _zone(window.zone)


def _spans(window: Window, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of a window that could hold ``moment``, in UTC."""
    zone = _zone(window.zone)
    today = moment.astimezone(zone).date()
    begins, ends = time.fromisoformat(window.begins), time.fromisoformat(window.ends)
    for day in (today - _DAY, today):
        if not window.days or tuple(Day)[day.weekday()] in window.days:
            last = day if ends > begins else day + _DAY
            yield min(_both(day, begins, zone)), max(_both(last, ends, zone))


def _both(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A local time of day as the one or two moments that it may mean where clocks are changed."""
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # what is not found is a KeyError
        raise ValueError(f"“{name}” is no time zone such as Europe/Berlin") from error
