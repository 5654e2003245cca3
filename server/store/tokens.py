"""API tokens, of which only hashes are kept; it must not make one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from server.domain.errors import NotFound
from server.store import tables as t
from server.store.database import Transaction
from server.store.sessions import Signed


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it can be listed."""

    id: str
    name: str
    login: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


def find(tx: Transaction, token: bytes) -> Signed | None:
    """The user of a token that is neither expired nor revoked."""
    # Every request with a key asks this, so it goes to the driver itself, as that of a session does.
    driver: Any = tx.connection.driver_connection
    row = driver.execute(_FIND, (token,)).fetchone()
    return None if row is None else Signed(str(row[0]), *row[1:])


def touch(tx: Transaction, token: bytes) -> None:
    """Note that the token was used."""
    tx.execute(update(t.api_tokens).where(t.api_tokens.c.hash == token).values(used_at=func.now()))


def of_user(tx: Transaction, user_id: str) -> tuple[Token, ...]:
    """A user's tokens that still work, the newest first."""
    query = (
        select(t.api_tokens, t.users.c.login)
        .join_from(t.api_tokens, t.users, t.users.c.id == t.api_tokens.c.user_id)
        .where(t.api_tokens.c.user_id == user_id, t.api_tokens.c.revoked_at.is_(None))
        .order_by(t.api_tokens.c.created_at.desc())
    )
    return tuple(
        Token(row.id, row.name, row.login, row.created_at, row.used_at, row.expires_at) for row in tx.execute(query)
    )


def add(
    tx: Transaction, user_id: str, name: str, token: bytes, lifetime: timedelta | None
) -> tuple[str, datetime | None]:
    """Keep a new token; its id and when it expires."""
    expires = None if lifetime is None else func.now() + lifetime
    row = tx.execute(
        t.api_tokens.insert()
        .values(user_id=user_id, name=name, hash=token, expires_at=expires)
        .returning(t.api_tokens.c.id, t.api_tokens.c.expires_at)
    ).one()
    return str(row.id), row.expires_at


def revoke(tx: Transaction, user_id: str, token_id: str) -> str:
    """Let a user's token work no more; its name. Raises ``NotFound``."""
    name: str | None = tx.execute(
        update(t.api_tokens)
        .where(t.api_tokens.c.id == token_id, t.api_tokens.c.user_id == user_id, t.api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(t.api_tokens.c.name)
    ).scalar_one_or_none()
    if name is None:
        raise NotFound("You have no such token; it may have been revoked already.")
    return name


def revoke_all(tx: Transaction, user_id: str) -> int:
    """Let none of a user's tokens work any more; how many did."""
    done = tx.execute(
        update(t.api_tokens)
        .where(t.api_tokens.c.user_id == user_id, t.api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    return done.rowcount


_FIND = """
select u.id, u.login, u.name, u.role, k.used_at is null or k.used_at < now() - interval '1 minute',
  u.role = 'admin' and u.factor is null and r.admins_need_factor
from api_tokens k join users u on u.id = k.user_id cross join sign_in_rules r
where k.hash = %s and k.revoked_at is null and u.disabled_at is null and (k.expires_at is null or k.expires_at > now())
"""
