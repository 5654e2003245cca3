"""One connection that listens for all tenants of a cluster; it must not know what being woken leads to.

Who sleeps soundly trusts it. So it says something to itself now and then, and hears whether it still would be heard:
behind a pooler that lends a session for one transaction nobody ever is, and a network can lose a connection in silence.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from secrets import token_hex
from typing import Any

import psycopg
import structlog

from server.domain.errors import Unavailable
from server.store.answering import within
from server.store.database import WAKE_CHANNEL, Database
from server.store.door import refuses

_TRY_EVERY_SECONDS = 60.0
_PATIENCE = 10.0


class Hub:
    """Hears which tenants have work. For one thread; ``stop`` comes from another."""

    def __init__(self, database: Database) -> None:
        self._parameters = database.control_parameters()
        self._connection: psycopg.Connection[Any] | None = None
        self._closed = threading.Event()
        self._own = f" {token_hex(8)}"  # no tenant's name begins with a blank
        self._tried_at = 0.0
        self._unheard = False

    def wait(self, timeout: float) -> frozenset[str] | None:
        """The names of the tenants woken, at the latest after ``timeout`` seconds (then an empty set).

        None: the connection was made anew, or it does not hear itself, so anything may have been missed; look at
        every tenant. Raises ``Unavailable`` when the database does not answer; call again after a while.
        """
        try:
            if self._connection is None:
                if self._closed.is_set():
                    return frozenset()
                self._connection = within(_PATIENCE)(**self._parameters, autocommit=True)
                self._connection.execute(f"listen {WAKE_CHANNEL}".encode())
                self._unheard, self._tried_at = False, time.monotonic()
                return None
            heard = {one.payload for one in self._connection.notifies(timeout=timeout, stop_after=1)}
            self._unheard = self._unheard and self._own not in heard
            if self._try_is_in_vain(self._connection):
                structlog.get_logger().warning(
                    "the listener does not hear itself: tenants are looked at each minute",
                    reason="A pooler that lends sessions may be in between; LISTEN needs one of its own.",
                )
                return None
            return frozenset(name for name in heard if not name.startswith(" "))
        except psycopg.Error as error:
            self._drop()
            if self._closed.is_set():
                return frozenset()
            if refuses(error):
                raise Unavailable("PostgreSQL has no connection left to listen on; tenants are woken late.") from error
            raise Unavailable("The database does not answer; woken tenants wait until it does.") from error

    def stop(self) -> None:
        """Called by another thread: let nobody wait any more."""
        self._closed.set()
        connection = self._connection
        if connection is not None and os.name == "posix":
            # Closing a handle wakes nobody who waits on it; ending what it stands for does.
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection."""
        self._closed.set()
        self._drop()

    def _try_is_in_vain(self, connection: psycopg.Connection[Any]) -> bool:
        """Say something to ourselves if it is time; whether what was said before was never heard."""
        if time.monotonic() - self._tried_at < _TRY_EVERY_SECONDS:
            return False
        in_vain, self._unheard, self._tried_at = self._unheard, True, time.monotonic()
        connection.execute(f"notify {WAKE_CHANNEL}, '{self._own}'".encode())
        return in_vain

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
