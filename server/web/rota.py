"""What waits, in lines within lines, each of which has its turn after the others; it must not know what waits.

One who asks a hundred times has one turn, as one who asks once. Where there is no room the longest line gives way.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Rota(Generic[T]):
    """A line, or lines that have their turns one after the other. ``count``: how many wait in all of it."""

    count: int = 0
    _parts: OrderedDict[str, Rota[T]] = field(default_factory=OrderedDict)
    _here: deque[T] = field(default_factory=deque)

    def put(self, path: tuple[str, ...], one: T) -> None:
        """Let one wait in the line that the path leads to."""
        self.count += 1
        if path:
            self._parts.setdefault(path[0], Rota()).put(path[1:], one)
        else:
            self._here.append(one)

    def has_next(self, but: Container[str]) -> bool:
        """Whether somebody waits here in another line than those."""
        return bool(self._here) or any(name not in but for name in self._parts)

    def next(self, but: Container[str] = ()) -> T:
        """Whose turn it is; the line that they were in has its next turn after all others. Lines ``but`` have none."""
        self.count -= 1
        if self._here:
            return self._here.popleft()
        name, part = next((name, part) for name, part in self._parts.items() if name not in but)
        one = part.next()
        self._parts.move_to_end(name)
        self._tidy(name)
        return one

    def give_way(self, path: tuple[str, ...]) -> T | None:
        """Who came last to the longest line, sent away for one more in that of ``path``; None if that is as long."""
        if not path or not self._parts:
            return None
        longest = max(self._parts, key=lambda name: self._parts[name].count)
        own = self._parts.get(path[0])
        if longest == path[0]:
            gone = self._parts[longest].give_way(path[1:])
        elif self._parts[longest].count > (own.count if own else 0) + 1:
            gone = self._parts[longest].drop()
        else:
            gone = None
        if gone is not None:
            self.count -= 1
            self._tidy(longest)
        return gone

    def drop(self) -> T:
        """Send away who came last to the longest line."""
        self.count -= 1
        if self._here:
            return self._here.pop()
        longest = max(self._parts, key=lambda name: self._parts[name].count)
        gone = self._parts[longest].drop()
        self._tidy(longest)
        return gone

    def _tidy(self, name: str) -> None:
        if self._parts[name].count == 0:
            del self._parts[name]
