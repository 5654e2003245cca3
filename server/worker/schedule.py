"""When an integration is worked next; pure: times are seconds of a clock that is given in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One integration's place: when it is due, and how many passes failed in a row."""

    due: float
    failures: int = 0


def after_success(now: float, poll_seconds: int, next_hold: float | None) -> Slot:
    """The next place after a pass that came through; ``next_hold``: seconds until a held item is due."""
    wait = float(poll_seconds)
    if next_hold is not None:
        wait = min(wait, max(next_hold, 0.5))
    return Slot(now + wait)


def after_failure(now: float, slot: Slot, retry_after: float | None) -> Slot:
    """The next place after a pass that broke: twice as late each time, and never before the app allows."""
    pause = min(_FIRST_PAUSE * 2.0 ** min(slot.failures, 10), _LONGEST_PAUSE)
    return Slot(now + max(pause, retry_after or 0.0), slot.failures + 1)


def after_pause(now: float, slot: Slot, seconds: float) -> Slot:
    """The next place after a pass that a connection's pause ended: nothing failed, so nobody loses patience."""
    return Slot(now + max(seconds, 0.05), slot.failures)


def due(slots: Mapping[str, Slot], now: float) -> list[str]:
    """The integrations whose time has come, longest waiting first."""
    waiting = [(slot.due, name) for name, slot in slots.items() if slot.due <= now]
    return [name for _, name in sorted(waiting)]


def sleep(slots: Mapping[str, Slot], now: float, longest: float) -> float:
    """Seconds until the next one is due, at most ``longest``."""
    return min([longest, *(max(0.0, slot.due - now) for slot in slots.values())])
