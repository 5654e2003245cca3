"""Set times in the five fields of cron, by the clocks of a time zone; no clock is read here.

Where clocks are changed it keeps Debian's rules: a time that does not exist comes right after the gap, one that exists
twice comes once; what runs in every hour runs in every hour that passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SUNDAY = 7
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_HORIZON = 15_000
"""Days: a date on a weekday may be forty years away; one that does not come by then never does."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def read(self, said: str) -> tuple[int, ...]:
        """The numbers that a field names, in order. Raises ``ValueError`` with what is wrong."""
        found: set[int] = set()
        for part in said.lower().split(","):
            span, slash, step = part.partition("/")
            first, dash, last = span.partition("-")
            low = self.least if span == "*" else self._number(first)
            high = self._number(last) if dash else self.most if span == "*" or slash else low
            every = self._step(step) if slash else 1
            if low > high:
                raise ValueError(f"“{part}” ends before it begins")
            found |= set(range(low, high + 1, every))
        return tuple(sorted(found))

    def _number(self, said: str) -> int:
        if said in self.names:
            return self.names.index(said) + self.least
        number = int(said) if said.isascii() and said.isdigit() else -1
        if not self.least <= number <= self.most:
            raise ValueError(f"“{said}” is no {self.name} from {self.least} to {self.most}")
        return number

    def _step(self, said: str) -> int:
        if not (said.isascii() and said.isdigit() and int(said) > 0):
            raise ValueError(f"“/{said}” is no step")
        return int(said)


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class _Times:
    """What five fields say. ``every_hour``: nobody named hours. ``either``: both days are named, and one will do."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    every_hour: bool
    either: bool

    def on(self, day: date) -> bool:
        """Whether there are times on that day."""
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % _SUNDAY in self.weekdays
        return by_date or by_weekday if self.either else by_date and by_weekday


def next_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time after ``after`` that ``cron`` names by the clocks of ``zone``, in UTC; None: it names none.

    Raises ``ValueError`` that says what is no cron expression.
    """
    times = _read(cron)
    today = after.astimezone(zone).date()
    for day in (today + number * _DAY for number in range(_HORIZON)):
        if not times.on(day):
            continue
        for hour in times.hours:
            if max(_both(datetime.combine(day, time(hour, 59)), zone)) <= after:
                continue
            found = [one for minute in times.minutes for one in _moments(times, day, time(hour, minute), zone)]
            later = [one for one in found if one > after]
            if later:
                return min(later)
    return None


@lru_cache(maxsize=256)
def _read(cron: str) -> _Times:
    said = cron.split()
    if len(said) != len(_FIELDS):
        raise ValueError("five fields are needed: minute, hour, day of the month, month, day of the week")
    minutes, hours, days, months, weekdays = (field.read(one) for field, one in zip(_FIELDS, said, strict=True))
    return _Times(
        minutes,
        hours,
        frozenset(days),
        frozenset(months),
        frozenset(one % _SUNDAY for one in weekdays),
        said[1].startswith("*"),
        not (said[2].startswith("*") or said[4].startswith("*")),
    )


def _moments(times: _Times, day: date, at: time, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments at which a clock on that day's wall shows ``at``."""
    local = datetime.combine(day, at)
    first, second = _both(local, zone)
    if first.astimezone(zone).replace(tzinfo=None) != local:
        if not times.every_hour:
            yield _after_gap(second, first, zone)
        return
    yield first
    if times.every_hour and second != first:
        yield second


def _both(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A local time as the moments that it may mean: the same one, unless clocks are changed around it."""
    return local.replace(tzinfo=zone).astimezone(UTC), local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _after_gap(before: datetime, beyond: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which clocks are set forward."""
    summer = beyond.astimezone(zone).utcoffset()
    while beyond - before > _MINUTE:
        middle = before + (beyond - before) // (2 * _MINUTE) * _MINUTE
        if middle.astimezone(zone).utcoffset() == summer:
            beyond = middle
        else:
            before = middle
    return beyond
