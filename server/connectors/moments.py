"""Reads moments and days as apps write them, the odd ones too; it must not guess what cannot be read.

Apps write a second 60 (a leap second, or 59.9996 rounded), 24 o'clock for midnight, and years that no calendar has.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T. ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T. ].*)?", re.ASCII | re.DOTALL)
_FIRST_YEAR, _LAST_YEAR = 2, 9998
"""A moment outside of these cannot be moved by a day and still be one."""
_LONGEST = 60
"""Characters of a value that a sentence repeats."""
_MIDNIGHT, _LEAP = 24, 60


def moment(said: object) -> datetime:
    """A moment, in UTC; without a zone it is taken to be in UTC. Raises ``ValueError``, saying what there was.

    A second 60 is read as 59: a feed that goes on from there asks again for that second, and never for less than the
    app holds.
    """
    found = _MOMENT.fullmatch(said.strip()) if isinstance(said, str) else None
    if found is None:
        raise ValueError(f"{shown(said)} is no time")
    day, hour, minute, second, fraction, zone = found.groups()
    try:
        seconds = int(second or 0)
        midnight = int(hour) == _MIDNIGHT and int(minute) == seconds == 0
        read = datetime.combine(date.fromisoformat(day), datetime.min.time()).replace(
            hour=0 if midnight else int(hour),
            minute=int(minute),
            second=_LEAP - 1 if seconds == _LEAP else seconds,
            microsecond=0 if seconds == _LEAP else int((fraction or "").ljust(6, "0")[:6]),
            tzinfo=_zone(zone),
        )
        in_utc = (read + timedelta(days=1) if midnight else read).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(said)} is no time of any calendar") from error
    if not _FIRST_YEAR <= in_utc.year <= _LAST_YEAR:
        raise ValueError(f"{shown(said)} is no time of any calendar")
    return in_utc


def day(said: object) -> str | None:
    """A day such as ``2026-11-29``, with or without a time behind it; None for none. Raises ``ValueError``."""
    if said is None or said == "":
        return None
    found = _DAY.fullmatch(said.strip()) if isinstance(said, str) else None
    if found is None:
        raise ValueError(f"{shown(said)} is no day")
    try:
        return date.fromisoformat(found[1]).isoformat()
    except ValueError as error:
        raise ValueError(f"{shown(said)} is no day of any calendar") from error


def shown(said: object) -> str:
    """A value as a sentence may repeat it."""
    if said is None or said == "":
        return "an empty value"
    text = said if isinstance(said, str) else repr(said)
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def _zone(said: str | None) -> timezone:
    if said is None or said.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = said[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if said[0] == "-" else distance)
