"""Set times in the five fields of cron, by the clocks of a time zone; no clock is read here.

``cronsim`` keeps Debian's rules where clocks are changed: a time that does not exist comes right after the gap, one
that exists twice comes once; what runs in every hour runs in every hour that passes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")


def next_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time after ``after`` that ``cron`` names by the clocks of ``zone``, in UTC; None: it names none.

    Raises ``ValueError`` that says what is no cron expression.
    """
    if len(cron.split()) != len(_FIELDS):
        raise ValueError("five fields are needed: minute, hour, day of the month, month, day of the week")
    try:
        times = (one.astimezone(UTC) for one in CronSim(cron, after.astimezone(zone)))
        # Within an hour that comes twice the library begins with the first of the two.
        return next((one for one in times if one > after), None)
    except CronSimError as error:
        raise ValueError(f"“{cron}” is no set of times ({str(error).lower()})") from error
