"""The connections of all tenants of a process, within one number of seats; it must not know what they are used for.

A pool of SQLAlchemy's that holds connections of many logins: who asks says first whose it shall be. So there is one
engine for all tenants (what it has compiled serves them all), and one number that is never exceeded. A connection only
ever serves the login that it was opened with.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry, Pool

from server.domain.errors import Crowded
from server.store.seats import Later, Place, Seats, Use


@dataclass(frozen=True, slots=True)
class TenantLogin:
    """A tenant's own login to the database."""

    tenant_id: str
    role: str
    password: str = field(repr=False)


class _Wanted(threading.local):
    """What this thread asks for; only while it asks. Never with slots: all threads would share them."""

    login: TenantLogin | None = None
    autocommit: bool = False


_OF = "login"
_OPENED = "opened"
_LONGEST_GOODBYE = 0.5
"""Seconds that a server gets to end a session; it takes it a few thousandths."""


class SharedPool(Pool):
    """Connections of many logins. Configure it before the first use, with ``seat``."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._wanted = _Wanted()
        self.seats: Seats[ConnectionPoolEntry, TenantLogin] = Seats(1, 1, 0.0)
        self._patience = 10.0
        self._longest = 900.0
        self._over = False

    def seat(self, seats: Seats[ConnectionPoolEntry, TenantLogin], patience: float, longest: float) -> None:
        """``patience``: for how many seconds one waits for a seat; ``longest``: for how many a connection is used."""
        self.seats, self._patience, self._longest = seats, patience, longest

    @contextmanager
    def asking(self, login: TenantLogin, *, autocommit: bool) -> Iterator[None]:
        """Within this context this thread is given connections of that login, and outside of it none."""
        self._wanted.login, self._wanted.autocommit = login, autocommit
        try:
            yield
        finally:
            self._wanted.login = None

    def wanted(self) -> TenantLogin:
        """Whose connection this thread asks for. A lost connection is never replaced by somebody else's."""
        login = self._wanted.login
        if login is None:
            raise RuntimeError("nobody said whose connection this shall be")
        return login

    def close_all(self) -> None:
        """Close what is idle, and from now on whatever comes back."""
        self._over = True
        for key in self.seats.holders():
            for record in (leaving := self.seats.of(key)):
                record.close()
            self.seats.vacated(len(leaving))

    def rest(self, login: TenantLogin) -> None:
        """Close a tenant's connections; those in use when they come back."""
        self._end(self.seats.of(login))

    def resize(self, size: int, most_of_one: int) -> None:
        """Hold so many connections at most from now on."""
        self._end(self.seats.resize(size, most_of_one))

    def give_back_rested(self, seconds: float) -> None:
        """Close what has been idle for so long."""
        self._end(self.seats.rested(time.monotonic(), seconds))

    def make_room(self) -> None:
        """Close one that is idle, if any is."""
        spare = self.seats.spare()
        self._end([] if spare is None else [spare])

    def _do_get(self) -> ConnectionPoolEntry:
        login = self.wanted()
        place, until = Place(login), time.monotonic() + self._patience
        while isinstance(answer := self.seats.ask(place, time.monotonic()), Later):
            left = until - time.monotonic()
            if left <= 0:
                self.seats.leave(place)
                raise Crowded(
                    f"All {self.seats.size} database connections of this process are in use; try again in a moment."
                )
            place.called.wait(left if answer.seconds is None else min(left, answer.seconds))
        record = answer.connection if isinstance(answer, Use) else self._open(login, answer.instead)
        self._make_fit(record.dbapi_connection)
        return record

    def _open(self, login: TenantLogin, instead: ConnectionPoolEntry | None) -> ConnectionPoolEntry:
        try:
            if instead is not None:
                _close(instead)
            record = self._create_connection()
        except BaseException:
            self.seats.not_opened(login)
            raise
        _kept(record)[_OF] = login
        return record

    def prepare(self, connection: Any, record: ConnectionPoolEntry) -> None:
        """Called with each connection that was opened."""
        record.info[_OPENED] = time.monotonic()
        self._make_fit(connection)

    def _make_fit(self, connection: Any) -> None:
        """Make sure whose it is, and set it to transactions or none: the same connection does both, at no cost."""
        if connection is None or connection.closed:
            return
        if connection.pgconn.user != self.wanted().role.encode():
            raise RuntimeError("this connection is another tenant's; nothing is done with it")
        if connection.autocommit != self._wanted.autocommit:
            connection.autocommit = self._wanted.autocommit

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        opened = record.info.get(_OPENED, 0.0)
        whole = record.dbapi_connection is not None and not self._over and time.monotonic() - opened < self._longest
        if self.seats.give_back(record, _kept(record)[_OF], time.monotonic(), whole=whole):
            self._end([record])

    def _end(self, records: list[ConnectionPoolEntry]) -> None:
        patient = True
        for record in records:
            try:
                patient = _close(record, patient=patient)
            finally:
                self.seats.vacated(1)

    def dispose(self) -> None:
        """See ``close_all``; the engine's own way to it."""
        self.close_all()

    def recreate(self) -> Pool:
        """An engine that is disposed of stays without connections."""
        return self

    def status(self) -> str:
        """For the log."""
        return f"{self.seats.taken} of {self.seats.size} connections open"


def _kept(record: ConnectionPoolEntry) -> dict[Any, Any]:
    """What a record keeps when its connection is replaced."""
    if record.record_info is None:
        raise TypeError("this is no record of a pool")
    return record.record_info


def _close(record: ConnectionPoolEntry, *, patient: bool = True) -> bool:
    """Close it and wait until the server has let go of it, so that never more are open than there are seats.

    Whether the server did; one that does not answer is not waited for again (``patient``).
    """
    connection: Any = record.dbapi_connection
    if connection is None:
        return patient
    if not patient or os.name != "posix" or connection.closed:
        record.close()
        return patient
    kept = os.dup(connection.fileno())  # the library closes its own handle without waiting for the server's end
    try:
        record.close()
        return _ended(kept)
    finally:
        os.close(kept)


def _ended(handle: int) -> bool:
    """Whether the server's end comes soon."""
    waiting, until = select.poll(), time.monotonic() + _LONGEST_GOODBYE
    waiting.register(handle, select.POLLIN)
    while (left := until - time.monotonic()) > 0:
        try:
            if waiting.poll(left * 1000) and not os.read(handle, 4096):
                return True
        except BlockingIOError:
            continue
        except OSError:
            return True
    return False
