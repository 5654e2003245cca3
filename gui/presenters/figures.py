"""Numbers and times as people read them; it must not know what they belong to."""

from __future__ import annotations

from datetime import datetime, timedelta

NEVER = "—"
"""Shown where there is nothing to show."""
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1024
_TEN = 10


def size(count: int) -> str:
    """``count`` bytes in at most three digits: ``0 B``, ``21 MB``, ``1.4 GB``."""
    value = float(count)
    unit = 0
    while round(value) >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - three digits
        value /= _STEP
        unit += 1
    digits = f"{value:.1f}" if unit and value < _TEN else f"{value:.0f}"
    return f"{digits} {_UNITS[unit]}"


def percent(value: float) -> str:
    """A share of one processor core: ``0.3 %``, ``12 %``, ``140 %``."""
    return f"{value:.1f} %" if value < _TEN else f"{value:.0f} %"


def duration(length: timedelta) -> str:
    """How long something lasted, in its two largest units: ``8 s``, ``3 min``, ``2 h 5 min``, ``4 d 1 h``."""
    seconds = max(0, int(length.total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def age(then: datetime | None, now: datetime) -> str:
    """How long ago ``then`` was: ``just now``, ``3 min ago``; a dash when it never was."""
    if then is None:
        return NEVER
    passed = now - then
    return "just now" if passed < timedelta(seconds=5) else f"{duration(passed)} ago"


def moment(then: datetime | None) -> str:
    """The full local time for a tip, empty when there is none."""
    return "" if then is None else then.astimezone().strftime("%A, %d %B %Y, %H:%M:%S")


def count(number: int, one: str, many: str = "") -> str:
    """``1 tenant``, ``3 tenants``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
