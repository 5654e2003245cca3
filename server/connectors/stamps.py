"""What is remembered of a version of an item, so that it is not fetched again; it must not be believed too early."""

from __future__ import annotations

from datetime import datetime, timedelta

_AHEAD = "ahead "


def version(
    text: str, updated: datetime, now: datetime | None, settles: timedelta, latest: datetime | None = None
) -> str:
    """``text`` once no later change can carry the same time of change, ``updated``; else empty.

    ``now`` is the app's clock, ``settles`` how long a change can hide behind another one. ``latest``: how far the clock
    may be at most, where the app does not tell it. A time beyond the clock is that of no change to come until the clock
    is there; so it counts as known till then, by a stamp that is another one afterwards.
    """
    if now is None:
        return ""
    if now - updated >= settles:
        return text
    return f"{_AHEAD}{text}" if updated - (latest or now) >= settles else ""
