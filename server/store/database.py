"""The way to one cluster's database: transactions of the control role and of each tenant's own login.

It must not know what is read or written. A tenant's transaction runs on a connection that was opened with that
tenant's own login, so PostgreSQL itself refuses everything that belongs to another tenant. All connections to tenants'
data come from one pool with a number of seats that fits what the server allows (``domain.budget``); those of the
control role are apart, so that no crowd of tenants can take them. An idle tenant holds none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.domain import budget
from server.domain.budget import Part
from server.domain.errors import Crowded, Unavailable, Unreachable
from server.settings import DatabaseSettings
from server.store.activity import Standing, stand
from server.store.answering import within
from server.store.door import Door
from server.store.pool import SharedPool, TenantLogin
from server.store.seats import Seats

Transaction = Connection
"""What the functions of the store take; opaque to the services that pass it on."""

WAKE_CHANNEL = "lockstep_wake"
_SILENT = (
    "The database does not answer. Nothing is lost, and everything goes on by itself as soon as PostgreSQL is back;"
    " `lockstep status` shows how it is."
)
_PASSING = {
    "53100": "The database has no room left on its disk. Make room; the work then goes on by itself.",
    "53": "The database is at its limits (memory or connections); its log says which. Try again in a moment.",
    "55P03": "Somebody else holds what this needs in the database; try again in a moment.",
    "40": "Somebody else changed the same thing in the database; try again in a moment.",
}
"""What PostgreSQL cannot do just now, by the beginning of its SQLSTATE, the longer first."""
_RESTED_SECONDS = 2.0
"""A pooled connection that was idle for longer is asked whether it still lives before it is used."""
_LONGEST_PING = 5.0
"""After so many seconds without an answer it does not."""
_OLDEST_SECONDS = 900.0
"""A connection is not used for longer: what PostgreSQL remembers for it only grows."""
_MOST_OF_ONE = 8
_DOORKEEPERS = 64
"""Far more than sign in at once, so that one that a silent server holds keeps nobody."""
_LONGEST_OF_CONTROL, _LONGEST_OF_LEASES = 10.0, 5.0
"""The same for the control role, whose statements are small. A lease that is not renewed by then is as good as lost."""


@dataclass(frozen=True, slots=True)
class _Manners:
    """How a process waits. ``patience``: seconds for a seat or for PostgreSQL to let us in. ``grace``: see ``seats``.

    ``idle``: after so many seconds a connection that nobody uses is given back. ``longest``: so many seconds one waits
    for what a statement of a tenant's comes to, the longest that PostgreSQL lets it wait for a lock included.
    """

    patience: float
    grace: float
    idle: float
    longest: float


_MANNERS = {
    Part.WEB: _Manners(5.0, 0.05, 30.0, 30.0),  # a person waits
    Part.SYNC: _Manners(30.0, 0.25, 10.0, 120.0),  # nobody waits, and a pass that is stopped begins anew
    Part.ADMIN: _Manners(15.0, 0.0, 30.0, 120.0),
}


class Database:
    """One cluster's database. Thread-safe.

    ``part``: what the process is that uses it. ``seats``: how many connections to tenants' data it begins with (None:
    the least); ``tend`` makes that what the server allows.
    """

    def __init__(self, settings: DatabaseSettings, part: Part = Part.ADMIN, *, seats: int | None = None) -> None:
        self._settings = settings
        self._part = part
        self._name = f"lockstep {part} {token_hex(4)}"
        self._manners = manners = _MANNERS[part]
        self._pooled = create_engine(
            "postgresql+psycopg://", poolclass=SharedPool, pool_reset_on_return=None, hide_parameters=True
        )
        self._pool = cast(SharedPool, self._pooled.pool)
        size = budget.LEAST[part] if seats is None else seats
        self._pool.seat(Seats(size, _of_one(size), manners.grace), manners.patience, _OLDEST_SECONDS)
        self._closed = threading.Event()
        self._opens = within(manners.longest)
        self._door = Door(manners.patience, self._pool.make_room)
        event.listen(self._pooled, "do_connect", self._open_for_tenant)
        _check_rested(self._pooled)
        control = budget.OWN[part]
        self._leases: Engine | None = None
        self._doorkeepers: ThreadPoolExecutor | None = None
        if part is Part.SYNC:
            self._doorkeepers = ThreadPoolExecutor(_DOORKEEPERS, thread_name_prefix="sign-in")
            # The hub has one of its own, and the leases theirs: what threads say of themselves never delays a renewal.
            self._leases, control = self._control_engine(1, _LONGEST_OF_LEASES), control - 2
        self._control = self._control_engine(control, _LONGEST_OF_CONTROL)

    @contextmanager
    def control(self) -> Iterator[Transaction]:
        """A transaction of the control role. Raises ``Unavailable`` when the database does not answer."""
        with _named_errors(), self._control.begin() as connection:
            yield connection

    @contextmanager
    def leases(self) -> Iterator[Transaction]:
        """The same, on the connection that is kept for the leases."""
        with _named_errors(), (self._leases or self._control).begin() as connection:
            yield connection

    @contextmanager
    def tenant(self, login: TenantLogin) -> Iterator[Transaction]:
        """A transaction of the tenant's own role, in its own schema; committed unless the block raises."""
        with _named_errors(), self._connected(login, autocommit=False) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self, login: TenantLogin) -> Iterator[Transaction]:
        """The same login without a transaction: each statement sees what is committed. For single reads.

        It saves the two round trips of BEGIN and COMMIT, which is most of the cost of a small request.
        """
        with _named_errors(), self._connected(login, autocommit=True) as connection:
            yield connection

    def glance(self) -> None:
        """Take the time of a ``reading`` with one statement, and read nothing: one round trip, as there."""
        with _named_errors(), self._control.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.autocommit = True
            try:
                driver.execute("select 1")
            finally:
                driver.autocommit = False

    def rest(self, login: TenantLogin) -> None:
        """Close the tenant's idle connections; the next use opens new ones."""
        self._pool.rest(login)

    def standing(self) -> Standing:
        """How many connections the cluster may hold and holds, as the server says now."""
        with self.control() as control:
            return stand(control, self._settings.connections)

    def tend(self) -> Standing:
        """Fit the number of seats to what the server allows now, and give back what nobody uses. Call it often."""
        self._pool.give_back_rested(self._manners.idle)
        found = self.standing()
        size = budget.seats(self._part, found.budget, found.crowd.processes)
        self._pool.resize(size, _of_one(size))
        return found

    def close(self) -> None:
        """Close every connection: those in use when they come back, as does whatever a late thread still opens."""
        self._closed.set()
        self._door.close()
        if self._doorkeepers is not None:
            self._doorkeepers.shutdown(wait=False)
        self._pool.close_all()
        self._control.dispose()
        if self._leases is not None:
            self._leases.dispose()

    def parameters(self, role: str, password: str) -> dict[str, Any]:
        """What libpq needs to sign in as ``role``."""
        return {
            **self._settings.options,
            "host": self._settings.host,
            "port": self._settings.port,
            "dbname": self._settings.name,
            "user": role,
            "password": password,
            "sslmode": self._settings.sslmode,
            "connect_timeout": 5,
            "application_name": self._name,
            "target_session_attrs": "read-write",
        }

    def control_parameters(self) -> dict[str, Any]:
        """What libpq needs to sign in as the control role."""
        return self.parameters(self._settings.control_role, self._settings.control_password.get_secret_value())

    @contextmanager
    def _connected(self, login: TenantLogin, *, autocommit: bool) -> Iterator[Transaction]:
        with self._pool.asking(login, autocommit=autocommit):
            connection = self._pooled.connect()
        with connection:
            yield connection

    def _open_for_tenant(self, _dialect: Any, record: Any, _given: Any, parameters: dict[str, Any]) -> Any:
        login = self._pool.wanted()
        asked = {**parameters, **self.parameters(login.role, login.password)}
        connection = self._door.connect(lambda: self._sign_in(asked))
        self._pool.prepare(connection, record)
        return connection

    def _sign_in(self, asked: dict[str, Any]) -> psycopg.Connection[Any]:
        """Open a connection. OpenSSL leaves 15 KB with each thread that does: not with each of hundreds that sleep."""
        if self._doorkeepers is None or self._closed.is_set():
            return self._opens(**asked)
        return self._doorkeepers.submit(self._opens, **asked).result()

    def _control_engine(self, size: int, longest: float) -> Engine:
        opens = within(longest)
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args=self.control_parameters(),
            pool_size=size,
            max_overflow=0,
            pool_timeout=self._manners.patience,
            pool_use_lifo=True,
            pool_recycle=int(_OLDEST_SECONDS),
            pool_reset_on_return=None,
            hide_parameters=True,
        )

        @event.listens_for(engine, "do_connect")
        def _open(_dialect: Any, _record: Any, _given: Any, parameters: dict[str, Any]) -> Any:
            return self._door.connect(lambda: opens(**parameters))

        _check_rested(engine)
        _let_go(engine, self._closed)
        return engine


def _of_one(size: int) -> int:
    """How many of so many connections one tenant may use at a time."""
    return min(size, max(2, min(_MOST_OF_ONE, size // 2)))


def wake(tx: Transaction, tenant_name: str) -> None:
    """Tell every sync process, at commit, that the tenant has work."""
    tx.execute(select(func.pg_notify(WAKE_CHANNEL, tenant_name)))


def _check_rested(engine: Engine) -> None:
    """Ask a connection that was idle for a while whether it lives: a restarted server costs no failed request.

    One that ended while it was in use is given up without a word: whoever used it was told, and the library's own way
    back to a clean connection would log an error of nobody's making.
    """

    @event.listens_for(engine, "reset")
    def _clean(connection: Any, record: Any, state: Any) -> None:
        if state.transaction_was_reset:
            return
        try:
            connection.rollback()
        except engine.dialect.loaded_dbapi.Error:
            record.invalidate()

    @event.listens_for(engine, "checkin")
    def _remember(_connection: object, record: Any) -> None:
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get("rested_since")
        if since is None or time.monotonic() - since < _RESTED_SECONDS:
            return
        try:
            with connection.hurried(_LONGEST_PING):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _let_go(engine: Engine, over: threading.Event) -> None:
    """Close what comes back once it is ``over``: a pool forgets what was in use when it was disposed of."""

    @event.listens_for(engine, "checkin")
    def _close(_connection: object, record: Any) -> None:
        if over.is_set():
            record.invalidate()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Turn "the database does not answer" and "not now" into a sentence; every other error stays what it is."""
    try:
        yield
    except PoolTimeout as error:
        raise Crowded("All connections of this process to the database are in use; try again in a moment.") from error
    except psycopg.OperationalError as error:
        raise Unreachable(_SILENT) from error
    except DBAPIError as error:
        if error.connection_invalidated or _never_connected(error):
            raise Unreachable(_SILENT) from error
        state = getattr(error.orig, "sqlstate", None) or ""
        sentence = next((said for begin, said in _PASSING.items() if state.startswith(begin)), None)
        if sentence is not None:
            raise Unavailable(sentence) from error
        raise


def _never_connected(error: DBAPIError) -> bool:
    """Whether the error comes from opening a connection: such an error carries no SQLSTATE."""
    return error.statement is None and getattr(error.orig, "sqlstate", None) is None


__all__ = ["WAKE_CHANNEL", "Database", "TenantLogin", "Transaction", "wake"]
