"""What one app was seen to do where its kind alone does not tell; it must not ask the app for it.

An ability that hangs on a version, a right or a setting is learned from answers: what came back is what counts, and
the latest answer counts most. It is kept with the connection, so that a person is told of it after a restart, too.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

KEEPS_CREATED_AT = "keeps_created_at"
DELETES_ITEMS = "deletes_items"
PRIVATE_COMMENTS = "private_comments"


class Seen:
    """The abilities of one app, with our account, by their names in ``Capabilities``. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}
        self._kept: dict[str, bool] = {}

    def recall(self, kept: Mapping[str, bool]) -> None:
        """Begin with what was seen before this process began."""
        with self._lock:
            self._kept = dict(kept)
            self._known = dict(kept)

    def note(self, ability: str, *, there: bool) -> None:
        """An answer showed that the app has the ability, or has it not."""
        with self._lock:
            self._known[ability] = there

    def has(self, ability: str) -> bool | None:
        """Whether the app has it; None: no answer has shown it yet."""
        with self._lock:
            return self._known.get(ability)

    def news(self) -> Mapping[str, bool]:
        """What is not written down yet."""
        with self._lock:
            return {name: there for name, there in self._known.items() if self._kept.get(name) is not there}

    def kept(self, news: Mapping[str, bool]) -> None:
        """Those are written down."""
        with self._lock:
            self._kept |= news
