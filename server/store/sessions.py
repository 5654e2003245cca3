"""Sessions, one-time links and counted sign-in attempts; only hashes are kept. It must not judge a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import and_, delete, func, or_, select, update

from server.store import tables as t
from server.store.database import Transaction

_KEEP_ATTEMPTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """A user found by a session or token. ``stale``: the time of last use wants to be written."""

    user_id: str
    login: str
    name: str
    role: Literal["admin", "viewer"]
    csrf: str | None = field(repr=False)
    stale: bool


@dataclass(frozen=True, slots=True)
class Failures:
    """Attempts within the window: of this login from this address, of the login, from the address.

    ``wait`` is how long until the oldest of them no longer counts.
    """

    both: int
    login: int
    address: int
    wait: timedelta


def find(tx: Transaction, session: bytes) -> Signed | None:
    """The user of a session that has not expired and whose user is not disabled."""
    # Every request asks this, so it goes to the driver itself: half the cost of a compiled statement.
    driver: Any = tx.connection.driver_connection
    row = driver.execute(_FIND, (session,)).fetchone()
    return None if row is None else Signed(str(row[0]), *row[1:])


def begin(tx: Transaction, session: bytes, user_id: str, csrf: str, lifetime: timedelta, address: str) -> None:
    """Keep a new session; expired ones of anybody are cleared away."""
    tx.execute(delete(t.sessions).where(t.sessions.c.expires_at < func.now()))
    tx.execute(
        t.sessions.insert().values(
            hash=session, user_id=user_id, csrf=csrf, expires_at=func.now() + lifetime, address=address
        )
    )


def prolong(tx: Transaction, session: bytes, lifetime: timedelta) -> None:
    """Let a session that is in use live on."""
    tx.execute(
        update(t.sessions)
        .where(t.sessions.c.hash == session)
        .values(seen_at=func.now(), expires_at=func.now() + lifetime)
    )


def end(tx: Transaction, session: bytes) -> None:
    """Forget a session."""
    tx.execute(delete(t.sessions).where(t.sessions.c.hash == session))


def add_entry_link(tx: Transaction, link: bytes, user_id: str, lifetime: timedelta) -> None:
    """Keep a one-time link."""
    tx.execute(delete(t.entry_links).where(t.entry_links.c.expires_at < func.now() - lifetime))
    tx.execute(t.entry_links.insert().values(hash=link, user_id=user_id, expires_at=func.now() + lifetime))


def use_entry_link(tx: Transaction, link: bytes) -> str | None:
    """Use the link up; its user, None when it was used before, has expired or never was."""
    used: str | None = tx.execute(
        update(t.entry_links)
        .where(t.entry_links.c.hash == link, t.entry_links.c.used_at.is_(None), t.entry_links.c.expires_at > func.now())
        .values(used_at=func.now())
        .returning(t.entry_links.c.user_id)
    ).scalar_one_or_none()
    return used


def failures(tx: Transaction, login: str, address: str, window: timedelta) -> Failures:
    """How many attempts count now."""
    attempts = t.sign_in_failures.c
    same_login, same_address = attempts.login == login, attempts.address == address
    row: Any = tx.execute(
        select(
            func.count().filter(and_(same_login, same_address)).label("both"),
            func.count().filter(same_login).label("login"),
            func.count().filter(same_address).label("address"),
            (func.min(attempts.at) + window - func.now()).label("wait"),
        ).where(or_(same_login, same_address), attempts.at > func.now() - window)
    ).one()
    return Failures(row.both, row.login, row.address, row.wait or timedelta(0))


def count_attempt(tx: Transaction, login: str, address: str) -> int:
    """Count an attempt as failed until it turns out to be right; its id."""
    tx.execute(delete(t.sign_in_failures).where(t.sign_in_failures.c.at < func.now() - _KEEP_ATTEMPTS))
    return int(
        tx.execute(
            t.sign_in_failures.insert().values(login=login, address=address).returning(t.sign_in_failures.c.id)
        ).scalar_one()
    )


def forget_attempts(tx: Transaction, login: str, address: str) -> None:
    """The attempt was right: those of this login from this address no longer count."""
    tx.execute(
        delete(t.sign_in_failures).where(t.sign_in_failures.c.login == login, t.sign_in_failures.c.address == address)
    )


_FIND = """
select u.id, u.login, u.name, u.role, s.csrf, s.seen_at < now() - interval '5 minutes'
from sessions s join users u on u.id = s.user_id
where s.hash = %s and s.expires_at > now() and u.disabled_at is null
"""
