"""The people who may sign in to a tenant; it must not check a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, null, select, update
from sqlalchemy.exc import IntegrityError

from server.domain.errors import Conflicting, NotFound
from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. ``password_hash`` None: only by a one-time link, until they have chosen one.

    ``factor``: the sealed secret of their authenticator app, set up at ``factor_since``; ``factor_step``: the time step
    of the last code that was taken.
    """

    id: str
    login: str
    name: str
    email: str
    role: Literal["admin", "viewer"]
    disabled: bool
    created_at: datetime
    password_hash: str | None = field(default=None, repr=False)
    password_at: datetime | None = None
    factor: bytes | None = field(default=None, repr=False)
    factor_step: int = 0
    factor_since: datetime | None = None


def every(tx: Transaction) -> tuple[User, ...]:
    """Everyone, by login."""
    return tuple(_user(row) for row in tx.execute(select(t.users).order_by(t.users.c.login)))


def by_login(tx: Transaction, login: str) -> User | None:
    """The user with that login."""
    row = tx.execute(select(t.users).where(t.users.c.login == login)).one_or_none()
    return None if row is None else _user(row)


def get(tx: Transaction, user_id: str) -> User:
    """One user. Raises ``NotFound``."""
    row = tx.execute(select(t.users).where(t.users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("This user does not exist any more.")
    return _user(row)


def first_admin(tx: Transaction) -> User:
    """The administrator who was there first. Raises ``NotFound``."""
    row = tx.execute(
        select(t.users)
        .where(t.users.c.role == "admin", t.users.c.disabled_at.is_(None))
        .order_by(t.users.c.created_at, t.users.c.login)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound("This tenant has no administrator who may sign in.")
    return _user(row)


def other_admins(tx: Transaction, user_id: str) -> int:
    """How many administrators there are besides this user; they are locked until the transaction ends."""
    rows = tx.execute(
        select(t.users.c.id)
        .where(t.users.c.role == "admin", t.users.c.disabled_at.is_(None))
        .order_by(t.users.c.id)
        .with_for_update()
    )
    return sum(row.id != user_id for row in rows)


def add(
    tx: Transaction, login: str, name: str, email: str, role: Literal["admin", "viewer"], password_hash: str | None
) -> User:
    """Add a user. Raises ``Conflicting`` when the login is taken."""
    try:
        row = tx.execute(
            t.users.insert()
            .values(login=login, name=name or login, email=email, role=role, password_hash=password_hash)
            .returning(*t.users.c)
        ).one()
    except IntegrityError as error:
        raise Conflicting(f"There is a user with the login {login!r} already; choose another login.") from error
    return _user(row)


def locked(tx: Transaction, user_id: str) -> User:
    """One user, as nobody else changes them until the transaction ends. Raises ``NotFound``."""
    tx.execute(select(t.users.c.id).where(t.users.c.id == user_id).with_for_update())
    return get(tx, user_id)


def held(tx: Transaction, user_id: str) -> None:
    """Keep others from changing one user until the transaction ends, and none from holding it, too."""
    tx.execute(select(t.users.c.id).where(t.users.c.id == user_id).with_for_update(read=True))


def change(tx: Transaction, user_id: str, name: str, email: str, role: Literal["admin", "viewer"]) -> None:
    """Write what people say of an account."""
    tx.execute(update(t.users).where(t.users.c.id == user_id).values(name=name, email=email, role=role))


def set_disabled(tx: Transaction, user_id: str, *, disabled: bool) -> None:
    """Let an account sign in no more, or again."""
    at = func.coalesce(t.users.c.disabled_at, func.now()) if disabled else null()
    tx.execute(update(t.users).where(t.users.c.id == user_id).values(disabled_at=at))


def set_password(tx: Transaction, user_id: str, password_hash: str) -> None:
    """Put another password in the place of the one that was there; links to choose one end."""
    tx.execute(
        update(t.users).where(t.users.c.id == user_id).values(password_hash=password_hash, password_at=func.now())
    )
    tx.execute(delete(t.password_links).where(t.password_links.c.user_id == user_id))


def remove(tx: Transaction, user_id: str) -> None:
    """Delete a user with their sessions and tokens."""
    tx.execute(delete(t.users).where(t.users.c.id == user_id))


def total(tx: Transaction) -> int:
    """How many there are."""
    return int(tx.execute(select(func.count()).select_from(t.users)).scalar_one())


def _user(row: Any) -> User:
    return User(
        row.id,
        row.login,
        row.name,
        row.email,
        row.role,
        row.disabled_at is not None,
        row.created_at,
        row.password_hash,
        row.password_at,
        row.factor,
        row.factor_step,
        row.factor_since,
    )
