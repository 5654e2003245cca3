"""Which items met a passing failure in a pass, and when they are tried once more within it; it must not try them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.domain.errors import AppError, LostAnswer, Transient
from server.domain.item import Side

MOST_TRIES = 4
"""So often a pass tries an item once more."""
HELD_TRIES = 2
"""So often if it was held before the pass: what has kept failing is left to its growing waits, but one bad moment when
its time had come shall not cost it twice the last wait."""
_MOST = 1000
_FEW = 4
"""Of so few items that most failed says nothing of the app."""
_LOST_SECONDS = 1.0
"""So long a write whose answer was lost is left alone: the app may still be at it."""

_Item = tuple[Side, str]


def rest(error: Exception) -> float | None:
    """Seconds until an item may be tried once more; None: not in this pass.

    What passes by itself may, unless the app (or the connection's rest) named a time: then the item waits for that.
    """
    if isinstance(error, AppError) and error.spoilt:
        return 0.0
    if not isinstance(error, Transient) or error.retry_after is not None:
        return None
    return _LOST_SECONDS if isinstance(error, LostAnswer) and error.status is None else 0.0


@dataclass(frozen=True, slots=True)
class Stumble:
    """An item met a passing failure: in so many ``seconds`` it may be tried again. ``held``: it was before the pass."""

    seconds: float
    held: bool = False


@dataclass(slots=True)
class Stumbled:
    """Items that met a passing failure in this pass, and when they may be tried once more within it.

    So a moment's trouble costs an item no more than a moment; what fails again and again waits for its hold.
    """

    tries: int = MOST_TRIES
    _tries: Counter[_Item] = field(default_factory=Counter)
    _ready: dict[_Item, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._ready)

    def heed(self, met: Mapping[_Item, Stumble], through: Iterable[_Item], looked: int, now: float) -> None:
        """After a page of ``looked`` items: forget those that came ``through``, take up those that ``met`` a failure.

        Where most of a page failed it is the app, which is left alone; so is an item that has had its tries.
        """
        for item in through:
            self._tries.pop(item, None)
            self._ready.pop(item, None)
        if len(met) > max(_FEW, looked // 2):
            return
        for item, stumble in met.items():
            if stumble.held:
                self._tries[item] = max(self._tries[item], self.tries - HELD_TRIES)
            if self._tries[item] < self.tries and len(self._ready) < _MOST:
                self._tries[item] += 1
                self._ready[item] = now + stumble.seconds
            else:
                del self._tries[item]

    def take(self, now: float, most: int) -> list[_Item]:
        """At most so many whose time has come."""
        taken = [item for item, at in self._ready.items() if at <= now][:most]
        for item in taken:
            del self._ready[item]
        return taken

    def next_at(self) -> float | None:
        """When the next one may be tried; None: there is none."""
        return min(self._ready.values(), default=None)
