"""A connection that gives up on a server that does not answer; it must not know what was asked.

A server that hangs (its machine, its disk, its network) closes nothing, so nothing else would ever wake the thread that
waits for it. What it was doing it may still do: who is told so knows as little as after a lost connection.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.abc import PQGen

RV = TypeVar("RV")

_LOOK_SECONDS = 1.0
"""So often a thread that waits looks whether it is interrupted."""


class Answering(psycopg.Connection[Any]):
    """Waits for each answer for ``longest`` seconds at most."""

    longest = 60.0

    def wait(self, gen: PQGen[RV], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> RV:
        """Carry ``gen`` out; the library's own place for all waiting. What takes too long ends the connection."""
        interval = max(interval, _LOOK_SECONDS)
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        begun, longest = time.monotonic(), self.longest
        try:
            return super().wait(gen, interval, longest)
        except psycopg.OperationalError as error:
            if time.monotonic() - begun < longest:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer came within {longest:.0f} seconds") from error

    @contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """Wait no longer than that within this context."""
        usual, self.longest = self.longest, min(self.longest, seconds)
        try:
            yield
        finally:
            self.longest = usual


class Opens(Protocol):
    """How a connection is opened."""

    def __call__(self, **parameters: Any) -> Answering:
        """Sign in with what libpq needs."""


def within(seconds: float) -> Opens:
    """How to open connections that wait so many seconds for each answer, at most."""

    def opens(**parameters: Any) -> Answering:
        connection = Answering.connect(**parameters)
        connection.longest = seconds
        return connection

    return opens
