"""How often a read that came to nothing is sent again: a budget that good answers refill; it must not send or wait.

A page of a list that is not read ends a whole pass, so one bad answer in four must not keep a walk from its end. An app
that answers nothing well has used the budget up soon, and is then asked once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

TRIES: Final = 6
"""So often at most one read is sent."""
_MOST, _PER_ANSWER = 20.0, 0.5


@dataclass(slots=True)
class Patience:
    """The budget of one connection in one process. Thread-safe."""

    left: float = _MOST
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, attempt: int) -> bool:
        """Whether a read may be sent once more after so many vain attempts (from 0)."""
        if attempt + 1 >= TRIES:
            return False
        with self._lock:
            if self.left < 1:
                return False
            self.left -= 1
            return True

    def refill(self) -> None:
        """A read was answered well."""
        if self.left < _MOST:  # looked at without the lock: a good answer costs nothing while all is well
            with self._lock:
                self.left = min(_MOST, self.left + _PER_ANSWER)
