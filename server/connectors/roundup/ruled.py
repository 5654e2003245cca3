"""What a tracker's rules made of an item for a message of ours, where we could not stop them; it must not ask or write.

Such a rule acts in our account's name, so that nobody could tell its value from an edit. Kept in memory: Roundup shows
no history, and after a restart what a rule did counts as typed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from server.domain.item import Item
from server.domain.values import Value

_REMEMBERED: Final = 500


class Ruled:
    """Fields by item, each with the value that a rule has set. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, dict[str, Value]] = OrderedDict()

    def note(self, item_id: str, field: str, value: Value) -> None:
        """A rule has set a field when we wrote."""
        with self._lock:
            self._found.setdefault(item_id, {})[field] = value
            self._found.move_to_end(item_id)
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)

    def shown(self, item: Item) -> Item:
        """The item with what a rule has set, and still stands there, as typed by nobody."""
        with self._lock:
            mine = self._found.get(item.id, {})
            names = frozenset(name for name, value in mine.items() if item.fields.get(name) == value)
        return replace(item, untyped=item.untyped | names) if names else item
