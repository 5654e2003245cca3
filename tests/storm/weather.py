"""Draws what happens to each request of a storm; it must not know any app."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.proxy import Asked, Fault

READS: Mapping[Fault, float] = {
    Fault.SLOW: 0.04,
    Fault.BUSY: 0.01,
    Fault.BROKEN: 0.02,
    Fault.REFUSED: 0.01,
    Fault.CUT: 0.02,
    Fault.HALF: 0.02,
    Fault.LOGIN: 0.02,
    Fault.EMPTY: 0.01,
    Fault.ELSEWHERE: 0.005,
    Fault.STRANGE: 0.01,
}
"""How often it happens to a request that only reads."""
WRITES: Mapping[Fault, float] = {
    Fault.SLOW: 0.05,
    Fault.BUSY: 0.01,
    Fault.BROKEN: 0.02,
    Fault.BROKEN_AFTER: 0.02,
    Fault.REFUSED: 0.01,
    Fault.LOST: 0.03,
    Fault.CUT: 0.01,
    Fault.HALF: 0.01,
    Fault.LOGIN: 0.01,
    Fault.LOGIN_AFTER: 0.02,
    Fault.EMPTY: 0.01,
    Fault.EMPTY_AFTER: 0.01,
    Fault.ELSEWHERE: 0.005,
    Fault.STRANGE: 0.005,
    Fault.STRANGE_AFTER: 0.005,
}
"""How often it happens to a request that may change something."""


@dataclass(slots=True)
class Weather:
    """What the proxies of a storm ask. ``calm``: nothing happens any more; ``scale``: how many times as bad it is.

    ``reads`` and ``writes``
    """

    seed: int
    scale: float = 1.0
    calm: bool = False
    reads: int = 0
    writes: int = 0
    _random: random.Random = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same storm for the same seed

    def __call__(self, asked: Asked) -> Fault:
        """What happens to this request."""
        if self.calm:
            return Fault.NONE
        rates = WRITES if asked.writes else READS
        with self._lock:
            place = self._random.random()
            self.writes += asked.writes
            self.reads += not asked.writes
        for fault, rate in rates.items():
            place -= rate * self.scale
            if place < 0:
                return fault
        return Fault.NONE
