"""Which day a moment is of, and when a day begins, in the zone of the people who mean it; it must not ask a clock.

Some apps keep a day as a day, others as the moment at which it began for whoever typed it. Between the two the zone
counts: 24 December begins at 23:00 of the 23rd in UTC for somebody in Berlin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from server.domain.values import FieldKind, Value

_LONG = len("2026-12-24")


@dataclass(frozen=True, slots=True)
class Zones:
    """Where days begin for the people of an app, by the names of zones.

    ``own`` is the zone of our account, or what the connection says (empty: not known); ``others`` are those that other
    people have at their accounts.
    """

    own: str = ""
    others: tuple[str, ...] = ()


def is_day(value: object) -> bool:
    """Whether a value is a day, and not a moment."""
    return isinstance(value, str) and len(value) == _LONG


def day_of(moment: str, zones: Zones) -> str:
    """The day that people mean by ``moment``. Raises ``ValueError`` for what is no time.

    Where it begins a day for our account, that one. Else, where it begins a day for other people and they agree on it,
    theirs: so is a day stored that one of them typed. Else the day that it falls on for our account.
    """
    when = datetime.fromisoformat(moment).astimezone(UTC)
    own = _zone(zones.own)
    mine = _local(when, own)
    if not _begins(when, mine, own):
        typed = {day for name in zones.others if _begins(when, day := _local(when, _zone(name)), _zone(name))}
        if len(typed) == 1:
            mine = typed.pop()
    return mine.isoformat()


def beginning_of(day: str, zones: Zones) -> str:
    """The first moment of a day for our account, in UTC. Raises ``ValueError`` for what is no day.

    Where clocks skip midnight that is when they go on; a day that the zone never had begins when the next one does.
    """
    return _shown(_first_moment(date.fromisoformat(day), _zone(zones.own)))


def alike(kind: FieldKind, before: Value, now: Value) -> bool:
    """Whether a field holds what it held, also where a connector has since learned to tell moments from days.

    What was remembered then is the day in UTC; that it is a moment by now is no edit.
    """
    if before == now:
        return True
    return kind is FieldKind.MOMENT and is_day(before) and isinstance(now, str) and now[:_LONG] == before


def is_zone(name: str) -> bool:
    """Whether there is a zone of that name."""
    try:
        return bool(_zone(name))
    except ValueError:
        return False


@cache
def _zone(name: str) -> tzinfo:
    """A zone by its name. Raises ``ValueError`` where there is none."""
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError(f"“{name}” is no time zone") from error


def _local(when: datetime, zone: tzinfo) -> date:
    try:
        return when.astimezone(zone).date()
    except OverflowError:  # at the ends of the calendar
        return when.date()


def _begins(when: datetime, day: date, zone: tzinfo) -> bool:
    return _first_moment(day, zone) == when


def _first_moment(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time.min, UTC)


def _shown(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when.year > 999 else when.isoformat().replace("+00:00", "Z")  # noqa: PLR2004 - strftime pads no year
