"""The pace of a tenant's connections: who may send how much, in the sync process and in the web processes.

It must not send anything. The sync process holds the tenant's lease, so it keeps its part of every connection's pace
in memory; all web processes together have the small rest, in one row of the tenant's schema.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from server.connectors import limits
from server.connectors.base import Manifest
from server.connectors.pace import PATIENCE, Bucket, Caller, Limits, Pause, Share, Turns
from server.domain.errors import Slowed, Unavailable
from server.services.scope import TenantScope
from server.services.sync.crew import Batch, begin
from server.store import connections, paces
from server.store.connections import Connection

T = TypeVar("T")

RATE, BURST = "requests_per_second", "request_burst"
"""The settings of every connection that are about its pace."""

NO_LIMIT = 1_000_000
_TURN_SECONDS, _REQUESTS_AN_ITEM, _LEAST_A_TURN = 10.0, 3.0, 5
_LEAST_BURST = 2.0
"""One for the sync process, one for the web processes."""
_SHORTEST_NEWS = 1.0
"""Seconds: a shorter pause is over before anybody could read of it."""


def limits_of(manifest: Manifest, settings: Mapping[str, str]) -> Limits:
    """The pace that a connection's settings ask for, else the app's own, else none."""
    able = manifest.capabilities
    rate = float(settings.get(RATE) or able.requests_per_second or 0.0)
    if rate <= 0.0:
        return Limits()
    burst = float(settings.get(BURST) or (able.burst if able.requests_per_second else max(rate, _LEAST_BURST)))
    return Limits(rate, max(burst, _LEAST_BURST))


@dataclass(slots=True)
class Paces:
    """The buckets of a tenant's connections in its sync process. ``caller``: what the calling thread works for."""

    caller: Caller = field(default_factory=Caller)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, scope: TenantScope, connection: Connection, allowed: Limits) -> Bucket:
        """The bucket of a connection that is being opened, at its pace and in the pause that is in force."""
        with self._lock:
            bucket = self._buckets.get(connection.id)
            if bucket is None:
                bucket = self._buckets[connection.id] = Bucket(
                    connection.name, self.caller, _News(scope, connection.id)
                )
                if self._stopped:
                    bucket.stop()
        bucket.set_limits(allowed.shared_out()[0])
        self.heed(connection)
        return bucket

    def heed(self, connection: Connection) -> None:
        """Keep a pause that a web process, or the process that had the tenant before, has recorded."""
        with self._lock:
            bucket = self._buckets.get(connection.id)
        if bucket is not None and connection.slowed_until is not None:
            bucket.pause_until(connection.slowed_until, connection.slowed_reason)

    def items_a_turn(self, *connection_ids: str) -> int:
        """How many items are worked before the other integrations have their turn, at the pace of these connections."""
        with self._lock:
            rates = [one.limits.rate for one in map(self._buckets.get, connection_ids) if one is not None]
        slowest = min((rate for rate in rates if rate is not None), default=None)
        if slowest is None:
            return NO_LIMIT
        return max(_LEAST_A_TURN, int(slowest * _TURN_SECONDS / _REQUESTS_AN_ITEM))

    def resume(self, connection_id: str) -> None:
        """End a connection's pause: a person gave it other settings, or tested it."""
        with self._lock:
            bucket = self._buckets.get(connection_id)
        if bucket is not None:
            bucket.resume()

    def rest(self) -> None:
        """Forget the buckets of connections that nobody has open, where a new one would be no different."""
        with self._lock:
            for connection_id in [one for one, bucket in self._buckets.items() if bucket.is_like_new()]:
                del self._buckets[connection_id]

    def stop(self) -> None:
        """Let nobody wait any more, for any connection: whoever does is told so at once."""
        with self._lock:
            self._stopped = True
            every = list(self._buckets.values())
        for bucket in every:
            bucket.stop()

    def pool(self, threads: Executor) -> Executor:
        """The same threads, each working for what the thread works for that gives the task."""
        return _Sharing(threads, self.caller)


@dataclass(slots=True)
class WebPace:
    """The pace of a connection in a web process: a person's few calls. Keeps ``pace.Pace``."""

    scope: TenantScope
    connection: Connection
    allowed: Limits
    _slowed: Pause | None = None

    def __post_init__(self) -> None:
        if self.connection.slowed_until is not None:
            self._slowed = Pause(self.connection.slowed_until, self.connection.slowed_reason)

    def before(self) -> None:
        """Wait for a place in the row that all web processes share. Raises ``Slowed`` and ``Unavailable``."""
        if self._slowed is not None and (left := (self._slowed.until - datetime.now(UTC)).total_seconds()) > 0:
            raise Slowed(f"{self._slowed.why} Nothing is sent there until {self._slowed.until:%H:%M:%S} UTC.", left)
        share = self.allowed.shared_out()[1]
        if share.rate is None:
            return
        with self.scope.transaction() as tx:
            wait = paces.take(tx, self.connection.id, share.rate, share.burst, timedelta(seconds=PATIENCE))
        if wait is None:
            raise Slowed(
                f"{self.connection.name} has been asked as often as its pace allows to people; try again in a moment.",
                PATIENCE,
            )
        time.sleep(wait.total_seconds())

    def after(self, status: int, headers: Mapping[str, str]) -> None:
        """Record a pause that the answer asks for, so that the sync process keeps it too."""
        heard = limits.hear(status, headers, datetime.now(UTC))
        if heard is None or heard.wait is None or heard.one_item:
            return
        until = datetime.now(UTC) + timedelta(seconds=heard.wait)
        self._slowed = Pause(until, f"{self.connection.name} asks for a slower pace (HTTP {status}).")
        if heard.wait > _SHORTEST_NEWS:
            _News(self.scope, self.connection.id)(self._slowed)

    def lost(self) -> None:
        """A person sees for himself that no answer came."""

    def again(self, attempt: int, asked: float | None) -> bool:
        """Wait a moment, unless the app asked for longer than anybody waits."""
        wait = max(asked or 0.0, 0.1 * 2.0**attempt)
        if wait > PATIENCE:
            return False
        time.sleep(wait)
        self._slowed = None
        return True


@dataclass(frozen=True, slots=True)
class _News:
    """Records a pause with the connection.

    A kill before the commit loses the record, not the pause: the app asks the next process for it again.
    """

    scope: TenantScope
    connection_id: str

    def __call__(self, pause: Pause) -> None:
        try:
            with self.scope.transaction() as tx:
                connections.slow(tx, self.connection_id, pause.until, pause.why)
        except Unavailable as error:
            self.scope.log.warning("a connection's pause could not be written down", reason=error.message)


@dataclass(slots=True)
class _Sharing(Executor):
    threads: Executor
    caller: Caller

    def map(self, fn: Callable[..., T], *iterables: Iterable[Any], **more: Any) -> Iterator[T]:
        share, caller = self.caller.share, self.caller

        def task(*given: Any) -> T:
            caller.share = share
            return fn(*given)

        return self.threads.map(task, *iterables, **more)

    def begin(self, fn: Callable[..., Any], items: Iterable[Any]) -> Batch:
        """Begin the calls, as ``Crew.begin`` does."""
        share, caller = self.caller.share, self.caller

        def task(one: Any) -> Any:
            caller.share = share
            return fn(one)

        return begin(self.threads, task, items)


__all__ = ["BURST", "NO_LIMIT", "RATE", "Paces", "Share", "Turns", "WebPace", "limits_of"]
