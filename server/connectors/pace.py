"""How fast one connection is asked: a token bucket that all who use it share, and its pauses; it must not send.

The decisions are values in and out (``Level``, ``Turns``); ``Bucket`` keeps them for the threads of one process. No
lock is held while somebody waits, and whoever waits can be told to stop.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from server.connectors import limits
from server.domain.errors import Slowed

PATIENCE: Final = 5.0
"""Seconds that a request waits for the end of a pause; a longer one ends the pass, which comes back after it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 60.0
_FIRST_REST, _SHORTEST_REST = 0.1, 0.01
"""Seconds before a refused request is sent again: when the app names no time, and when it says that it is over."""
_SILENCES = 3
_FIRST_SILENCE, _LONGEST_SILENCE = 6.0, 300.0


class Share(StrEnum):
    """What a request is for: these share what the connection may send."""

    LIVE = "live"
    RETRY = "retry"
    BACKFILL = "backfill"


SHARES: Final[Mapping[Share, float]] = {Share.RETRY: 0.2, Share.BACKFILL: 0.1}
"""What retry and backfill get of the requests while live work waits; it gets the rest, and the first."""

_RETRY: Final = Share.RETRY
_BACKFILL: Final = Share.BACKFILL
_WEB: Final = 0.1
_WHOLE: Final = 1.0 - 1e-9
"""A whole request, as sums of shares come out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``rate``: requests a second in the long run (None: as many as wanted); ``burst``: at once after a rest."""

    rate: float | None = None
    burst: float = 1.0

    def shared_out(self) -> tuple[Limits, Limits]:
        """For the sync process, and for the web processes together: never more than the whole (of a burst of two)."""
        if self.rate is None:
            return self, self
        return Limits(self.rate * (1 - _WEB), max(1.0, self.burst - 1.0)), Limits(self.rate * _WEB, 1.0)


UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Level:
    """How full the bucket was ``at`` a time (seconds of any clock)."""

    tokens: float
    at: float

    def now(self, limits: Limits, now: float) -> Level:
        """The level later on."""
        if limits.rate is None:
            return Level(limits.burst, max(now, self.at))
        gone = max(0.0, now - self.at)
        return Level(min(limits.burst, self.tokens + gone * limits.rate), max(now, self.at))

    def wait(self, limits: Limits) -> float:
        """Seconds until a request may go."""
        if limits.rate is None or self.tokens >= 1.0:
            return 0.0
        return (1.0 - self.tokens) / limits.rate

    def taken(self) -> Level:
        """After one request."""
        return replace(self, tokens=self.tokens - 1.0)


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is.

    While live work waits, each of the others that waits saves its share of every request and goes when it has saved
    a whole one (``retry``, ``backfill``: saved so far). So it gets at most its share, and never nothing. ``between``
    is what retry has saved of what it shares with backfill while there is no live work.
    """

    retry: float = 0.0
    backfill: float = 0.0
    between: float = 0.0

    def next(self, waiting: Collection[Share]) -> tuple[Share, Turns]:
        """Who goes now of those who wait (at least one), and the turns after it."""
        if Share.LIVE in waiting:
            return self._beside_live(waiting)
        # What was saved is kept, but never so much that live work would not go first when it comes.
        kept = Turns(
            min(self.retry, 1.0 - 2 * SHARES[_RETRY]), min(self.backfill, 1.0 - 2 * SHARES[_BACKFILL]), self.between
        )
        if len(set(waiting)) == 1:
            return next(iter(waiting)), kept
        between = self.between + SHARES[_RETRY] / sum(SHARES.values())
        if between >= _WHOLE:
            return _RETRY, replace(kept, between=between - 1.0)
        return _BACKFILL, replace(kept, between=between)

    def _beside_live(self, waiting: Collection[Share]) -> tuple[Share, Turns]:
        saved = {
            _RETRY: self.retry + SHARES[_RETRY] if _RETRY in waiting else 0.0,
            _BACKFILL: self.backfill + SHARES[_BACKFILL] if _BACKFILL in waiting else 0.0,
        }
        most = max(saved, key=lambda one: saved[one])
        goes = most if saved[most] >= _WHOLE else Share.LIVE
        if goes is not Share.LIVE:
            saved[goes] -= 1.0
        return goes, Turns(saved[_RETRY], saved[_BACKFILL], self.between)


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when (our clock, UTC) a connection rests, and why, in words."""

    until: datetime
    why: str


class Pace(Protocol):
    """What the way out asks before a request and tells after an answer."""

    def before(self) -> None:
        """Wait until a request may go. Raises ``Slowed`` when that is too long to wait for."""

    def after(self, status: int, headers: Mapping[str, str]) -> None:
        """Heed what an answer says of the app's limits."""

    def lost(self) -> None:
        """Heed that no answer came."""

    def again(self, attempt: int, asked: float | None) -> bool:
        """Wait before a request that was refused for its pace is sent again; False: it is too long to wait for.

        ``attempt`` counts from 0; ``asked`` is what the app asked for, in seconds.
        """


class Caller(threading.local):
    """What the calling thread works for."""

    share: Share = Share.LIVE


@dataclass(slots=True)
class _Ticket:
    granted: bool = False


@dataclass(slots=True)
class Bucket:
    """The pace of one connection in one process. Thread-safe. Keeps ``Pace``.

    ``caller`` says what a thread works for; ``name`` is what people call the connection; ``told`` hears of every pause
    that is longer than somebody waits.
    """

    name: str
    caller: Caller
    told: Callable[[Pause], None] = lambda _pause: None
    clock: Callable[[], float] = time.monotonic
    limits: Limits = UNLIMITED
    _level: Level = field(init=False)
    _turns: Turns = Turns()
    _waiting: dict[Share, deque[_Ticket]] = field(default_factory=lambda: {one: deque() for one in Share})
    _paused: float = float("-inf")
    _why: str = ""
    _refusals: int = 0
    _silences: int = 0
    _stopped: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._level = Level(self.limits.burst, self.clock())

    def set_limits(self, limits: Limits) -> None:
        """Go on at another pace; what was sent already counts."""
        with self._changed:
            if limits != self.limits:
                level = self._level.now(self.limits, self.clock())
                self.limits, self._level = limits, replace(level, tokens=min(level.tokens, limits.burst))
                self._changed.notify_all()

    def before(self) -> None:
        """Wait for a token, behind those whose turn comes first.

        Raises ``Slowed`` when the connection is paused for longer than ``PATIENCE``, or was told to stop.
        """
        if self.limits.rate is None and self.clock() >= self._paused:
            return
        share = self.caller.share
        with self._changed:
            if self._at_once():
                return
            ticket = _Ticket()
            self._waiting[share].append(ticket)
            try:
                while True:
                    seconds = self._serve()
                    if ticket.granted:
                        return
                    self._refuse_long_waits()
                    self._changed.wait(seconds)
            finally:
                if not ticket.granted:
                    self._waiting[share].remove(ticket)

    def after(self, status: int, headers: Mapping[str, str]) -> None:
        """Pause when the answer asks for it. Called for every answer, so the usual one costs next to nothing."""
        self._silences = 0
        heard = None if limits.silent(status, headers) else limits.hear(status, headers, datetime.now(UTC))
        if heard is None:
            self._refusals = 0
            return
        if heard.one_item:
            return
        if heard.wait is not None:
            asks = "asks for a slower pace" if heard.refused else "asks to be left alone for a while"
            self.pause(heard.wait, f"{self.name} {asks} (HTTP {status}).")
            return
        # A lone refusal that names no time slows only who met it; one after the other pause the connection.
        with self._changed:
            self._refusals += self.clock() >= self._paused
            row = self._refusals - 2
        if row >= 0:
            seconds = min(_FIRST_PAUSE * 2.0 ** min(row, 10), _LONGEST_PAUSE)
            self.pause(seconds, f"{self.name} refuses one request after the other for their pace (HTTP {status}).")

    def lost(self) -> None:
        """Let a connection rest that gives no answer several times in a row.

        So a dead app costs a page's first requests their patience and not every item its own, and the other
        integrations have their turn. Nobody is told: a person who tests the connection shall not be kept from it.
        """
        with self._changed:
            self._silences += self.clock() >= self._paused
            row = self._silences - _SILENCES
        if row >= 0:
            seconds = min(_FIRST_SILENCE * 2.0 ** min(row, 10), _LONGEST_SILENCE)
            self._pause(seconds, f"{self.name} gave no answer several times in a row.")

    def again(self, attempt: int, asked: float | None) -> bool:
        """Wait a moment, unless the app asked for longer than anybody waits."""
        if asked is not None and asked > PATIENCE:
            return False
        with self._changed:
            first = _FIRST_REST if asked is None else _SHORTEST_REST
            deadline = self.clock() + max(asked or 0.0, first * 2.0**attempt)
            while not self._stopped and (left := deadline - self.clock()) > 0:
                self._changed.wait(left)
            return not self._stopped

    def pause(self, seconds: float, why: str) -> None:
        """Send nothing for so long; a pause that is under way is never shortened."""
        if self._pause(seconds, why) and seconds > PATIENCE:
            self.told(Pause(datetime.now(UTC) + timedelta(seconds=seconds), why))

    def pause_until(self, until: datetime, why: str) -> None:
        """Keep a pause that somebody else has recorded already."""
        self._pause((until - datetime.now(UTC)).total_seconds(), why)

    def resume(self) -> None:
        """End a pause (a person put the connection right, or found it so)."""
        with self._changed:
            self._paused, self._refusals, self._silences = float("-inf"), 0, 0
            self._changed.notify_all()

    def is_like_new(self) -> bool:
        """Whether nothing that was sent, refused or left unanswered counts any more."""
        with self._changed:
            now = self.clock()
            calm = now >= self._paused and not (self._refusals or self._silences or any(self._waiting.values()))
            return calm and self._level.now(self.limits, now).tokens >= self.limits.burst

    def stop(self) -> None:
        """Let nobody wait any more: who does is told so at once; who need not wait ends the page at hand."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _pause(self, seconds: float, why: str) -> bool:
        with self._changed:
            until = self.clock() + seconds
            longer = until > self._paused
            if longer:
                self._paused, self._why = until, why
                self._changed.notify_all()
            return longer

    def _at_once(self) -> bool:
        """Take a token if there is one and nobody waits for it. Under the lock."""
        now = self.clock()
        if now < self._paused or any(self._waiting.values()):
            return False
        self._level = self._level.now(self.limits, now)
        free = self._level.wait(self.limits) <= 0
        if free:
            self._level = self._level.taken()
        return free

    def _serve(self) -> float | None:
        """Let go whoever may; seconds until the next may (None: nobody waits). Under the lock."""
        now = self.clock()
        if now < self._paused:
            return self._paused - now
        self._level = self._level.now(self.limits, now)
        seconds, gone = None, 0
        while waiting := [share for share in Share if self._waiting[share]]:
            seconds = self._level.wait(self.limits)
            if seconds > 0:
                break
            share, self._turns = self._turns.next(waiting)
            self._waiting[share].popleft().granted = True
            self._level = self._level.taken()
            seconds, gone = None, gone + 1
        if gone:
            self._changed.notify_all()
        return seconds

    def _refuse_long_waits(self) -> None:
        if self._stopped:
            raise Slowed(f"Nothing was sent to {self.name}: the work on this tenant is being stopped here.", 0.0)
        left = self._paused - self.clock()
        if left > PATIENCE:
            # No time of the day: this is kept and read later, and the connection itself says until when it rests.
            raise Slowed(f"{self._why} It goes on by itself when the pause is over.", left)
