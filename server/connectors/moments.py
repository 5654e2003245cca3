"""Reads moments and days as apps write them, the odd ones too; it must not guess what cannot be read.

Apps write a second 60 (a leap second, or 59.9996 rounded), 24 o'clock for midnight, and years that no calendar has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from server.domain.errors import Rejected

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
    app holds. The first and the last year are no times at which anything changed.
    """
    in_utc = typed(said)
    if not _FIRST_YEAR <= in_utc.year <= _LAST_YEAR:
        raise ValueError(f"{shown(said)} is no time of any calendar")
    return in_utc


def typed(said: object) -> datetime:
    """A moment that somebody typed, in UTC, of any year: “due on 9999-12-31” means never. Raises ``ValueError``."""
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
        return (read + timedelta(days=1) if midnight else read).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(said)} is no time of any calendar") from error


def kept(said: object) -> str | None:
    """A moment that somebody typed as it is kept, None for none. Raises ``ValueError``."""
    return None if said in (None, "") else f"{clock(typed(said), 'T')}Z"


def clock(when: datetime, between: str) -> str:
    """Day and time to the second, the year in four digits whichever it is."""
    return when.replace(tzinfo=None, microsecond=0).isoformat(between)


def sent(name: str, value: object, spoken: Callable[[datetime], str]) -> str:
    """A field's time as ``spoken`` says it to its app, empty for none.

    Raises ``Rejected``, which names the field: at the ends of the calendar some zone has no such time.
    """
    if value in (None, ""):
        return ""
    try:
        return spoken(typed(value))
    except (ValueError, OverflowError) as error:
        raise Rejected(f"{shown(value)} is no time that could be written there.", fields=(name,)) from error


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
