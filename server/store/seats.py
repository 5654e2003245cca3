"""Who of many waits for a connection, who gives one back and which is closed for another; it must not open any.

Bookkeeping under one lock, without a clock of its own: every question says what time it is. A seat is the right to hold
one connection. A connection belongs to one tenant; when all seats are taken, the one that has been idle for longest is
closed for whoever waits longest. One that came back a moment ago is left to its tenant, whose next transaction mostly
follows at once: opening a connection costs more than what is done with it.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True, eq=False)
class Place(Generic[K]):
    """One who asks for a connection to ``key``'s data. ``called``: it is worth asking again."""

    key: K
    called: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Use(Generic[C]):
    """Take this open connection."""

    connection: C


@dataclass(frozen=True, slots=True)
class Open(Generic[C]):
    """Open a new one; ``instead`` of this one, which is closed first."""

    instead: C | None


@dataclass(frozen=True, slots=True)
class Later:
    """Ask again when called, or after so many seconds (None: when called)."""

    seconds: float | None


@dataclass(slots=True)
class _Idle(Generic[K]):
    key: K
    since: float


class Seats(Generic[C, K]):
    """The seats of one process. Thread-safe.

    ``size``: how many there are. ``most_of_one``: how many one tenant may take. ``grace``: for so many seconds a
    connection that came back is its tenant's alone.
    """

    def __init__(self, size: int, most_of_one: int, grace: float) -> None:
        self._size = size
        self._most = most_of_one
        self._grace = grace
        self._lock = threading.Lock()
        self._idle: OrderedDict[C, _Idle[K]] = OrderedDict()
        self._of: dict[K, list[C]] = {}
        self._used: Counter[K] = Counter()
        self._leaving: set[K] = set()
        self._line: deque[Place[K]] = deque()
        self._taken = 0
        self._closing = 0

    @property
    def size(self) -> int:
        """How many seats there are."""
        return self._size

    @property
    def taken(self) -> int:
        """How many connections are open, idle ones included, or are being opened."""
        return self._taken

    def ask(self, place: Place[K], now: float) -> Use[C] | Open[C] | Later:
        """What to do for the one at ``place``. After ``Later`` it stands in line until it is served or ``leave``s."""
        with self._lock:
            answer = self._answer(place, now)
            if isinstance(answer, Later):
                place.called.clear()
                if place not in self._line:
                    self._line.append(place)
            else:
                self._used[place.key] += 1
                self._depart(place)
            return answer

    def leave(self, place: Place[K]) -> None:
        """Give up waiting."""
        with self._lock:
            self._depart(place)

    def give_back(self, connection: C, key: K, now: float, *, whole: bool) -> bool:
        """A connection comes back; whether it is to be closed, and then ``vacated``. ``whole``: it is fit for use."""
        with self._lock:
            close = not whole or key in self._leaving or self._taken - self._closing > self._size
            if close:
                self._closing += 1
            else:
                self._idle[connection] = _Idle(key, now)
                self._of.setdefault(key, []).append(connection)
            self._put_down(key)
            return close

    def not_opened(self, key: K) -> None:
        """The connection that was to be opened could not be."""
        with self._lock:
            self._taken -= 1
            self._put_down(key)

    def vacated(self, count: int) -> None:
        """So many of those that were to be closed are closed: their seats are free."""
        with self._lock:
            self._taken -= count
            self._closing -= count
            self._call(None)

    def resize(self, size: int, most_of_one: int) -> list[C]:
        """There are so many seats from now on; the idle connections to close, those idle for longest first."""
        with self._lock:
            self._size, self._most = size, most_of_one
            closing = self._close(list(self._idle)[: max(0, self._taken - self._closing - size)])
            self._call(None)
            return closing

    def rested(self, now: float, seconds: float) -> list[C]:
        """Connections to close, and then ``vacated``, because they have been idle for so long."""
        with self._lock:
            return self._close([one for one, idle in self._idle.items() if now - idle.since >= seconds])

    def spare(self) -> C | None:
        """The connection that has been idle for longest, to close: the server has no room for another."""
        with self._lock:
            return next(iter(self._close(list(self._idle)[:1])), None)

    def of(self, key: K) -> list[C]:
        """The idle connections of one tenant, to close; those in use are closed when they come back."""
        with self._lock:
            if self._used.get(key):
                self._leaving.add(key)
            return self._close(list(self._of.get(key, ())))

    def holders(self) -> set[K]:
        """Whose connections are open."""
        with self._lock:
            return {*self._of, *self._used}

    def _answer(self, place: Place[K], now: float) -> Use[C] | Open[C] | Later:
        mine = self._of.get(place.key)
        if mine:
            return Use(self._take_out(mine[-1]))
        if self._used[place.key] >= self._most:
            return Later(None)
        if self._first_who_could(place) is not place:
            return Later(None)
        if self._taken < self._size:
            self._taken += 1
            return Open(None)
        if not self._idle:
            return Later(None)
        oldest, idle = next(iter(self._idle.items()))
        left = self._grace - (now - idle.since)
        return Later(left) if left > 0 else Open(self._take_out(oldest))

    def _first_who_could(self, place: Place[K]) -> Place[K]:
        """Who is first of those that a seat would help: not who waits for their own tenant's connections."""
        return next((one for one in self._line if self._used[one.key] < self._most), place)

    def _put_down(self, key: K) -> None:
        self._used[key] -= 1
        if not self._used[key]:
            self._leaving.discard(key)
            del self._used[key]
        self._call(key)

    def _depart(self, place: Place[K]) -> None:
        if place in self._line:
            self._line.remove(place)
        if not self._used[place.key]:
            del self._used[place.key]
        self._call(None)

    def _call(self, key: K | None) -> None:
        """Let who may go on look again: the first who waits for ``key``, and the first whom a seat would help."""
        own = next((one for one in self._line if one.key == key), None)
        first = next((one for one in self._line if self._used[one.key] < self._most), None)
        for one in {own, first} - {None}:
            if one is not None:
                one.called.set()

    def _close(self, which: list[C]) -> list[C]:
        for one in which:
            self._take_out(one)
        self._closing += len(which)
        return which

    def _take_out(self, connection: C) -> C:
        key = self._idle.pop(connection).key
        mine = self._of[key]
        mine.remove(connection)
        if not mine:
            del self._of[key]
        return connection
