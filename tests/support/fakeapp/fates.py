"""What becomes of one request to an app in a bad mood; pure: chance and time come in as values.

The shares are drawn one after the other from a single throw, so that they add up, and a request meets one of them only.
"""

from __future__ import annotations

import random
from email.utils import formatdate
from enum import Enum, auto

from tests.support.fakeapp.app import Quirks

_ALLOWED = 600


class Fate(Enum):
    """How a request ends. Up to ``RESET`` the app does nothing; in all others it does what was asked."""

    BUSY = auto()
    BROKEN = auto()
    WALLED = auto()
    STRANGE = auto()
    RESET = auto()
    WELL = auto()
    LOST = auto()
    CUT = auto()
    TRUNCATED = auto()
    REPEATED = auto()
    STALLED = auto()


_OF_NO_USE = (Fate.BROKEN, Fate.CUT, Fate.TRUNCATED, Fate.WALLED, Fate.STRANGE, Fate.RESET)
"""What can come in the place of what was to be read."""


def draw(quirks: Quirks, chance: random.Random, *, write: bool, listing: bool) -> Fate:
    """The fate of a request. Only a write's answer gets lost, only a list is repeated."""
    shares = (
        (Fate.BUSY, quirks.busy),
        (Fate.BROKEN, quirks.broken),
        (Fate.LOST, quirks.lost if write else 0.0),
        (Fate.CUT, quirks.cut),
        (Fate.TRUNCATED, quirks.truncated),
        (Fate.REPEATED, quirks.repeated if listing else 0.0),
        (Fate.STALLED, quirks.stalled),
        (Fate.WALLED, quirks.walled),
        (Fate.STRANGE, quirks.strange),
        *((one, 0.0 if write else quirks.bad_reads / len(_OF_NO_USE)) for one in _OF_NO_USE),
    )
    if not any(share for _, share in shares):
        return Fate.WELL
    thrown = chance.random()
    for fate, share in shares:
        if thrown < share:
            return fate
        thrown -= share
    return Fate.WELL


def pace(quirks: Quirks, now: float) -> bytes:
    """The headers of a 429 at ``now`` (seconds since 1970), as the vendors send them."""
    until = now + quirks.retry_after
    lines = [f"X-RateLimit-Limit: {_ALLOWED}", "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {int(until)}"]
    if quirks.retry_as == "seconds":
        lines.append(f"Retry-After: {int(quirks.retry_after)}")
    elif quirks.retry_as == "date":
        lines.append(f"Retry-After: {formatdate(until, usegmt=True)}")
    return "".join(f"{line}\r\n" for line in lines).encode()
