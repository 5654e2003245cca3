"""Connections: an app instance and our account there; secrets go in and come out sealed. No rule is decided here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Row, Text, cast, delete, func, or_, select, type_coerce, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflicting, NotFound
from server.domain.schedule import Schedule
from server.store import tables as t
from server.store.crypto import Cipher
from server.store.database import Transaction

ConnectionState = Literal["active", "paused"]
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)
_ROWS = select(t.connections, func.now().label("now"))
_EVERY = _ROWS.order_by(t.connections.c.name)


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection. ``settings`` hold what is not secret; ``sealed`` the secrets (see ``secrets``).

    ``slowed_until``: the app asked for a pause, nothing is sent before (None: it did not, or it is over).
    """

    id: str
    name: str
    kind: str
    settings: Mapping[str, str]
    state: ConnectionState
    problem: str
    app: str
    account: str
    checked_at: datetime | None
    sealed: bytes = field(repr=False)
    slowed_until: datetime | None = None
    slowed_reason: str = ""
    updated_at: datetime | None = None
    schedule: Schedule = field(default_factory=Schedule)
    seen: Mapping[str, object] = field(default_factory=dict)
    """What the app was seen to do, or not to do, by the name of the ability; and its lessons by theirs."""

    def secrets(self, cipher: Cipher) -> dict[str, str]:
        """The secret settings by name, in clear. Raises ``WrongKey``."""
        return dict(json.loads(cipher.open(self.sealed, _purpose(self.id))))

    def all_settings(self, cipher: Cipher) -> dict[str, str]:
        """Every setting by name, secrets in clear: what a connector is opened with."""
        return {**self.settings, **self.secrets(cipher)}


def every(tx: Transaction) -> tuple[Connection, ...]:
    """All connections, by name."""
    return tuple(_connection(row) for row in tx.execute(_EVERY))


def get(tx: Transaction, connection_id: str) -> Connection:
    """One connection. Raises ``NotFound``."""
    row = tx.execute(_ROWS.where(t.connections.c.id == connection_id)).one_or_none()
    if row is None:
        raise NotFound("This connection does not exist any more.")
    return _connection(row)


def add(
    tx: Transaction,
    cipher: Cipher,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    schedule: Schedule | None = None,
) -> str:
    """Make a connection; its id. Raises ``Conflicting`` when the name is taken."""
    connection_id = str(tx.execute(select(func.gen_random_uuid())).scalar_one())
    sealed = _seal(cipher, connection_id, secrets)
    try:
        tx.execute(
            t.connections.insert().values(
                id=connection_id,
                name=name,
                kind=kind,
                settings=dict(settings),
                secrets=sealed,
                schedule=_SCHEDULE.dump_python(schedule or Schedule(), mode="json"),
            )
        )
    except IntegrityError as error:
        raise _taken(name) from error
    return connection_id


def change(
    tx: Transaction,
    cipher: Cipher,
    connection_id: str,
    name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    schedule: Schedule,
    seen: Mapping[str, object] | None = None,
) -> None:
    """Replace what a connection is; what was known of its state is forgotten and it is active again.

    ``seen``: what holds still of what was seen of the app (None: nothing).
    """
    try:
        tx.execute(
            update(t.connections)
            .where(t.connections.c.id == connection_id)
            .values(
                name=name,
                settings=dict(settings),
                secrets=_seal(cipher, connection_id, secrets),
                state="active",
                problem="",
                slowed_until=None,
                seen=dict(seen or {}),
                schedule=_SCHEDULE.dump_python(schedule, mode="json"),
                updated_at=func.now(),
            )
        )
    except IntegrityError as error:
        raise _taken(name) from error


def remove(tx: Transaction, connection_id: str) -> None:
    """Delete a connection and what the tenant's user table says of it."""
    tx.execute(delete(t.connections).where(t.connections.c.id == connection_id))


def checked(tx: Transaction, connection_id: str, app: str, account: str) -> None:
    """Record that the app answered and who we are there; a pause ends."""
    tx.execute(
        update(t.connections)
        .where(t.connections.c.id == connection_id)
        .values(app=app, account=account, checked_at=func.now(), state="active", problem="")
    )


def pause(tx: Transaction, connection_id: str, problem: str) -> bool:
    """Record that the app refuses our account: nothing is sent there until a person puts it right.

    Whether that is news: who finds it paused already has nobody to tell.
    """
    paused = tx.execute(
        update(t.connections)
        .where(t.connections.c.id == connection_id, t.connections.c.state != "paused")
        .values(state="paused", problem=problem)
    )
    return paused.rowcount == 1


def slow(tx: Transaction, connection_id: str, until: datetime, reason: str) -> None:
    """Record that the app asked for a pause, for whoever else uses the connection; it is never shortened."""
    later = or_(t.connections.c.slowed_until.is_(None), t.connections.c.slowed_until < until)
    tx.execute(
        update(t.connections)
        .where(t.connections.c.id == connection_id, later)
        .values(slowed_until=until, slowed_reason=reason)
    )


def remember(tx: Transaction, connection_id: str, seen: Mapping[str, object]) -> None:
    """Add what the app was seen to do, or not to do, and what it showed; the latest counts. What is None goes."""
    kept = {name: one for name, one in seen.items() if one is not None}
    gone = cast(sorted(seen.keys() - kept.keys()), ARRAY(Text))
    known = t.connections.c.seen.op("-")(gone).op("||")(type_coerce(kept, t.connections.c.seen.type))
    tx.execute(update(t.connections).where(t.connections.c.id == connection_id).values(seen=known))


def trouble(tx: Transaction, connection_id: str, problem: str) -> None:
    """Record what is wrong now (an empty text: nothing); the connection stays as it is, paused or not."""
    tx.execute(update(t.connections).where(t.connections.c.id == connection_id).values(problem=problem))


def _seal(cipher: Cipher, connection_id: str, secrets: Mapping[str, str]) -> bytes:
    return cipher.seal(json.dumps(dict(secrets)).encode(), _purpose(connection_id))


def _purpose(connection_id: str) -> str:
    return f"secrets of connection {connection_id}"


def _taken(name: str) -> Conflicting:
    return Conflicting(f"There is a connection named {name!r} already; choose another name.")


def _connection(row: Row[Any]) -> Connection:
    slowed = row.slowed_until is not None and row.slowed_until > row.now
    return Connection(
        row.id,
        row.name,
        row.kind,
        row.settings,
        row.state,
        row.problem,
        row.app,
        row.account,
        row.checked_at,
        row.secrets,
        row.slowed_until if slowed else None,
        row.slowed_reason if slowed else "",
        row.updated_at,
        _SCHEDULE.validate_python(row.schedule),
        row.seen,
    )
