"""What can happen to one call of ours to an app, and to one commit; it must not know who calls."""

from __future__ import annotations

from enum import StrEnum


class Killed(BaseException):
    """The process died here. No handler of ours may catch it."""


class Fate(StrEnum):
    """What happens to one call."""

    WELL = "well"
    BUSY = "busy"
    """Refused before anything was done: 429, 503."""
    LOST = "lost"
    """Done, but the answer never came."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
