"""One connection that listens for all tenants of a cluster; it must not know what being woken leads to."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from server.domain.errors import Unavailable
from server.store.database import WAKE_CHANNEL, Database
from server.store.door import refuses


class Hub:
    """Hears which tenants have work. For one thread; ``close`` may come from another."""

    def __init__(self, database: Database) -> None:
        self._parameters = database.control_parameters()
        self._connection: psycopg.Connection[Any] | None = None
        self._closed = threading.Event()

    def wait(self, timeout: float) -> frozenset[str] | None:
        """The names of the tenants woken, at the latest after ``timeout`` seconds (then an empty set).

        None: the connection was made anew, so anything may have been missed; look at every tenant. Raises
        ``Unavailable`` when the database does not answer; call again after a while.
        """
        try:
            if self._connection is None:
                if self._closed.is_set():
                    return frozenset()
                self._connection = psycopg.connect(**self._parameters, autocommit=True)
                self._connection.execute(f"listen {WAKE_CHANNEL}".encode())
                return None
            heard = self._connection.notifies(timeout=timeout, stop_after=1)
            return frozenset(one.payload for one in heard)
        except psycopg.Error as error:
            self._drop()
            if self._closed.is_set():
                return frozenset()
            if refuses(error):
                raise Unavailable("PostgreSQL has no connection left to listen on; tenants are woken late.") from error
            raise Unavailable("The database does not answer; woken tenants wait until it does.") from error

    def close(self) -> None:
        """Let go of the connection."""
        self._closed.set()
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
