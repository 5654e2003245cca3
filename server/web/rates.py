"""How often somebody may ask: a bucket each that fills with time; it must not know what is asked.

It is kept in this process's memory and bounded. Whoever is forgotten because too many others came has a full bucket
again: that lets somebody in, and keeps nobody out.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Final

_KEPT: Final = 4096
"""Whoever asked longest ago is forgotten for one more."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``each_second`` requests in the long run, ``at_once`` of them together."""

    each_second: float
    at_once: int


@dataclass(slots=True)
class Rates:
    """The buckets of all who are told apart by one thing (an address, a key)."""

    rate: Rate
    now: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """What is left, and when that was so."""
    _lock: Lock = field(default_factory=Lock)

    def wait(self, who: str) -> int:
        """Count a request; 0 if it may go on, else the seconds after which one may. A refused one costs nothing."""
        with self._lock:
            now = self.now()
            left, at = self._buckets.pop(who, (float(self.rate.at_once), now))
            left = min(left + (now - at) * self.rate.each_second, float(self.rate.at_once))
            goes_on = left >= 1
            self._buckets[who] = (left - 1 if goes_on else left, now)
            if len(self._buckets) > _KEPT:
                self._buckets.popitem(last=False)
        return 0 if goes_on else max(1, ceil((1 - left) / self.rate.each_second))

    def __len__(self) -> int:
        """How many are known."""
        return len(self._buckets)
