"""A connection that gives up on a server that does not answer; it must not know what was asked.

A server that hangs (its machine, its disk, its network) closes nothing, so nothing else would ever wake the thread that
waits for it. What it was doing it may still do: who is told so knows as little as after a lost connection.
"""

from __future__ import annotations

import time
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.abc import PQGen

RV = TypeVar("RV")

_LOOK_SECONDS = 1.0
"""So often a thread that waits looks whether it is interrupted."""


class Opens(Protocol):
    """How a connection is opened."""

    def __call__(self, **parameters: Any) -> psycopg.Connection[Any]:
        """Sign in with what libpq needs."""


def within(seconds: float) -> Opens:
    """How to open connections that wait so many seconds for each answer, at most."""

    class Answering(psycopg.Connection[Any]):
        def wait(self, gen: PQGen[RV], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> RV:
            interval = max(interval, _LOOK_SECONDS)
            if timeout is not None:
                return super().wait(gen, interval, timeout)
            begun = time.monotonic()
            try:
                return super().wait(gen, interval, seconds)
            except psycopg.OperationalError as error:
                if time.monotonic() - begun < seconds:
                    raise
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer came within {seconds:.0f} seconds") from error

    def opens(**parameters: Any) -> psycopg.Connection[Any]:
        return Answering.connect(**parameters)

    return opens
