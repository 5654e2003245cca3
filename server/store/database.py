"""The way to one cluster's database: transactions of the control role and of each tenant's own login.

It must not know what is read or written. A tenant's transaction runs on a connection that was opened with that
tenant's own login, so PostgreSQL itself refuses everything that belongs to another tenant. Few connections are
kept a tenant, and only for the tenants used last; an idle tenant can be put to rest and then holds none.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.domain.errors import Unavailable, Unreachable
from server.settings import DatabaseSettings

Transaction = Connection
"""What the functions of the store take; opaque to the services that pass it on."""

WAKE_CHANNEL = "lockstep_wake"
_SILENT = "The database does not answer; look at the state of PostgreSQL with `lockstep status`."
_PASSING = {
    "53100": "The database has no room left on its disk. Make room; the work then goes on by itself.",
    "53": "The database is at its limits (memory or connections); its log says which. Try again in a moment.",
    "55P03": "Somebody else holds what this needs in the database; try again in a moment.",
    "40": "Somebody else changed the same thing in the database; try again in a moment.",
}
"""What PostgreSQL cannot do just now, by the beginning of its SQLSTATE, the longer first."""
_RESTED_SECONDS = 2.0
"""A pooled connection that was idle for longer is asked whether it still lives before it is used."""


@dataclass(frozen=True, slots=True)
class TenantLogin:
    """A tenant's own login to the database."""

    tenant_id: str
    role: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Engines:
    """A tenant's connections: for transactions, and for single reads (which are never within one).

    ``over``: they are kept no longer; one that is in use then is closed when it comes back.
    """

    login: TenantLogin
    writing: Engine
    reading: Engine
    over: threading.Event

    def dispose(self) -> None:
        self.over.set()
        self.writing.dispose()
        self.reading.dispose()


class Database:
    """One cluster's database. Thread-safe.

    ``tenants_kept``: for how many tenants connections stay open; ``per_tenant``: how many each at most.
    """

    def __init__(self, settings: DatabaseSettings, *, tenants_kept: int = 64, per_tenant: int = 4) -> None:
        self._settings = settings
        self._kept = tenants_kept
        self._per_tenant = per_tenant
        self._engines: OrderedDict[str, _Engines] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        control = settings.control_role, settings.control_password.get_secret_value()
        self._control = self._engine(*control, 4, self._closed)

    @contextmanager
    def control(self) -> Iterator[Transaction]:
        """A transaction of the control role. Raises ``Unavailable`` when the database does not answer."""
        with _named_errors(), self._control.begin() as connection:
            yield connection

    @contextmanager
    def tenant(self, login: TenantLogin) -> Iterator[Transaction]:
        """A transaction of the tenant's own role, in its own schema; committed unless the block raises."""
        with _named_errors(), self._of(login).writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self, login: TenantLogin) -> Iterator[Transaction]:
        """The same login without a transaction: each statement sees what is committed. For single reads.

        It saves the two round trips of BEGIN and COMMIT, which is most of the cost of a small request.
        """
        with _named_errors(), self._of(login).reading.connect() as connection:
            yield connection

    def rest(self, tenant_id: str) -> None:
        """Close the tenant's idle connections; the next use opens new ones."""
        with self._lock:
            known = self._engines.pop(tenant_id, None)
        if known is not None:
            known.dispose()

    def close(self) -> None:
        """Close every connection: those in use when they come back, as does whatever a late thread still opens."""
        self._closed.set()
        with self._lock:
            every = list(self._engines.values())
            self._engines.clear()
        for known in every:
            known.dispose()
        self._control.dispose()

    def parameters(self, role: str, password: str) -> dict[str, Any]:
        """What libpq needs to sign in as ``role``."""
        return {
            "host": self._settings.host,
            "port": self._settings.port,
            "dbname": self._settings.name,
            "user": role,
            "password": password,
            "sslmode": self._settings.sslmode,
            "connect_timeout": 5,
            "application_name": "lockstep",
            "target_session_attrs": "read-write",
        }

    def control_parameters(self) -> dict[str, Any]:
        """What libpq needs to sign in as the control role."""
        return self.parameters(self._settings.control_role, self._settings.control_password.get_secret_value())

    def _of(self, login: TenantLogin) -> _Engines:
        with self._lock:
            known = self._engines.get(login.tenant_id)
            if known is not None and known.login == login:
                self._engines.move_to_end(login.tenant_id)
                return known
            over = threading.Event()
            fresh = _Engines(
                login,
                self._engine(login.role, login.password, self._per_tenant, over),
                self._engine(login.role, login.password, self._per_tenant, over, isolation_level="AUTOCOMMIT"),
                over,
            )
            self._engines[login.tenant_id] = fresh
            if self._closed.is_set():
                over.set()
            evicted = [known] if known is not None else []
            if len(self._engines) > self._kept:
                evicted.append(self._engines.popitem(last=False)[1])
        for old in evicted:
            old.dispose()
        return fresh

    def _engine(self, role: str, password: str, size: int, over: threading.Event, **more: Any) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            connect_args=self.parameters(role, password),
            pool_size=size,
            max_overflow=size * 3,
            pool_timeout=10,
            pool_use_lifo=True,
            **more,
        )
        _check_rested(engine)
        _let_go(engine, over)
        return engine


def wake(tx: Transaction, tenant_name: str) -> None:
    """Tell every sync process, at commit, that the tenant has work."""
    tx.execute(select(func.pg_notify(WAKE_CHANNEL, tenant_name)))


def _check_rested(engine: Engine) -> None:
    """Ask a connection that was idle for a while whether it lives: a restarted server costs no failed request."""

    @event.listens_for(engine, "checkin")
    def _remember(_connection: object, record: Any) -> None:
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _proxy: object) -> None:
        since = record.info.get("rested_since")
        if since is None or time.monotonic() - since < _RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _let_go(engine: Engine, over: threading.Event) -> None:
    """Close what comes back once the engine is ``over``: its pool forgets what was in use when it was disposed of."""

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
        raise Unavailable("All connections to the database are in use; try again in a moment.") from error
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
