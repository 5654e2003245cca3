"""How much of apps' answers each tenant holds in this process at once, and when there is room for more.

Who would hold too much waits until something of it was let go, and is told when that takes long; whoever holds little
always has room. Nothing is believed of what an answer says of itself. It must not send or read anything.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from server.connectors.bounds import MEGABYTE

UNCOUNTED: Final = 64 * 1024
"""Bytes: what is smaller is held without being counted, for counting would cost more."""
_NAP: Final = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes. ``tenant``: what one tenant holds; ``whole``: all of them; ``little``: who holds no more is never refused.

    ``patience``: for so many seconds one waits.
    """

    tenant: int = 256 * MEGABYTE
    whole: int = 768 * MEGABYTE
    little: int = 4 * MEGABYTE
    patience: float = 20.0

    @staticmethod
    def within(memory: int, patience: float) -> Limits:
        """What fits a process that may take so many bytes: half of it for answers, a fifth for one tenant's."""
        return Limits(memory // 5, memory // 2, min(4 * MEGABYTE, memory // 100), patience)


class NoRoom(Exception):
    """There is none. ``never``: there would be none if nobody else held anything."""

    def __init__(self, *, never: bool) -> None:
        super().__init__("no room for so much")
        self.never = never


class Held:
    """What one answer, or what was made of it, holds; it is given back with the last that refers to this."""

    __slots__ = ("_room", "number", "size", "tenant")

    def __init__(self, room: Room, tenant: str) -> None:
        self._room, self.tenant = room, tenant
        self.number = 0
        self.size = 0

    def grow(self, size: int) -> float:
        """Hold so many bytes more; for how many seconds that was waited for. Raises ``NoRoom``."""
        return self._room.take(self, size)

    def __del__(self) -> None:
        if self.size:
            self._room.given_back.append((self.tenant, self.number, self.size))


@dataclass(slots=True)
class Room:
    """The process's. Thread-safe. ``tight``: whether the process has hardly any memory left."""

    limits: Limits = field(default_factory=Limits)
    tight: Callable[[], bool] = lambda: False
    given_back: deque[tuple[str, int, int]] = field(default_factory=deque)
    """By tenant and number, appended without a lock: an answer may be let go of in the midst of anything."""
    _held: Counter[str] = field(default_factory=Counter)
    _holders: dict[str, dict[int, None]] = field(default_factory=dict)
    _count: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def of(self, tenant: str) -> Held:
        """Something of a tenant's that will grow."""
        return Held(self, tenant)

    def holds(self, tenant: str) -> int:
        """How many bytes a tenant holds now."""
        with self._changed:
            self._take_back()
            return self._held[tenant]

    def take(self, held: Held, size: int) -> float:
        """See ``Held.grow``."""
        begun = time.monotonic()
        with self._changed:
            while True:
                self._take_back()
                if held.size + size > self.limits.tenant:
                    raise NoRoom(never=True)
                if self._fits(held, size):
                    self._note(held, size)
                    return time.monotonic() - begun
                left = self.limits.patience - (time.monotonic() - begun)
                if left <= 0:
                    raise NoRoom(never=False)
                self._changed.wait(min(left, _NAP))

    def _fits(self, held: Held, size: int) -> bool:
        """The longest holding of a tenant's answers goes on beside the others: else each might wait for the next."""
        mine = self._held[held.tenant] + size
        if mine <= self.limits.little:
            return True
        if self._held.total() + size > self.limits.whole or self.tight():
            return False
        return mine <= self.limits.tenant or next(iter(self._holders.get(held.tenant, ())), held.number) == held.number

    def _note(self, held: Held, size: int) -> None:
        if not held.number:
            self._count += 1
            held.number = self._count
        held.size += size
        self._held[held.tenant] += size
        self._holders.setdefault(held.tenant, {})[held.number] = None

    def _take_back(self) -> None:
        while self.given_back:
            tenant, number, size = self.given_back.popleft()
            self._held[tenant] -= size
            holders = self._holders.get(tenant, {})
            holders.pop(number, None)
            if not holders:
                self._holders.pop(tenant, None)
                del self._held[tenant]


ROOM: Final = Room()
"""This process's."""
