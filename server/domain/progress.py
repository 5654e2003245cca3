"""How fast a run goes and how long it has to go, from what is on record of it; it must not ask a clock."""

from __future__ import annotations

from dataclasses import dataclass

_SHORTEST = 1.0
"""Seconds: before, a rate says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate`` is in items a second, ``seconds_left`` what the rest takes at that rate; None: it cannot be said."""

    rate: float | None = None
    seconds_left: float | None = None


def pace(done: int, total: int | None, seconds: float, *, running: bool) -> Pace:
    """The pace of a run that has looked at ``done`` of ``total`` items in ``seconds``.

    ``total`` is None while the items of a side are not counted yet: what is left cannot be said then.
    """
    if seconds < _SHORTEST or done <= 0:
        return Pace()
    rate = done / seconds
    if not running or total is None:
        return Pace(round(rate, 2))
    return Pace(round(rate, 2), round(max(total - done, 0) / rate, 1))
