"""Sessions and one-time links; only hashes are kept. It must not judge a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, select, update

from server.domain.errors import NotFound
from server.store import tables as t
from server.store.database import Transaction

_MOST_OF_ONE = 100


@dataclass(frozen=True, slots=True)
class Signed:
    """A user found by a session or token.

    ``stale``: the time of last use wants to be written. ``owes``: the tenant asks administrators for a second factor,
    and this one has none.
    """

    user_id: str
    login: str
    name: str
    role: Literal["admin", "viewer"]
    stale: bool
    owes: bool


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its owner sees it. ``console``: begun by a link of the console."""

    id: str
    begun_at: datetime
    seen_at: datetime
    address: str
    browser: str
    console: bool
    this: bool


def find(tx: Transaction, session: bytes, longest: timedelta) -> Signed | None:
    """The user of a session that has not expired, is younger than ``longest``, and whose user is not disabled."""
    # Every request asks this, so it goes to the driver itself: half the cost of a compiled statement.
    driver: Any = tx.connection.driver_connection
    row = driver.execute(_FIND, (session, longest)).fetchone()
    return None if row is None else Signed(str(row[0]), *row[1:])


def begin(
    tx: Transaction,
    session: bytes,
    user_id: str,
    lifetime: timedelta,
    address: str,
    browser: str,
    *,
    console: bool,
) -> None:
    """Keep a new session; expired ones of anybody are cleared away, and what one person has too many of."""
    tx.execute(delete(t.sessions).where(t.sessions.c.expires_at < func.now()))
    newest = (
        select(t.sessions.c.hash)
        .where(t.sessions.c.user_id == user_id)
        .order_by(t.sessions.c.seen_at.desc())
        .limit(_MOST_OF_ONE - 1)
    )
    tx.execute(delete(t.sessions).where(t.sessions.c.user_id == user_id, t.sessions.c.hash.not_in(newest)))
    tx.execute(
        t.sessions.insert().values(
            hash=session,
            user_id=user_id,
            expires_at=func.now() + lifetime,
            address=address,
            browser=browser,
            console=console,
        )
    )


def prolong(tx: Transaction, session: bytes, lifetime: timedelta) -> None:
    """Let a session that is in use live on."""
    tx.execute(
        update(t.sessions)
        .where(t.sessions.c.hash == session)
        .values(seen_at=func.now(), expires_at=func.now() + lifetime)
    )


def renew(tx: Transaction, session: bytes, to: bytes) -> None:
    """Let a session go on under another hash; the old one is nobody's from now on."""
    tx.execute(update(t.sessions).where(t.sessions.c.hash == session).values(hash=to, seen_at=func.now()))


def of_user(tx: Transaction, user_id: str, this: bytes, longest: timedelta) -> tuple[Session, ...]:
    """A user's sessions that have not ended, the last used first; ``this`` is the hash of the caller's."""
    query = (
        select(t.sessions)
        .where(
            t.sessions.c.user_id == user_id,
            t.sessions.c.expires_at > func.now(),
            t.sessions.c.created_at > func.now() - longest,
        )
        .order_by(t.sessions.c.seen_at.desc(), t.sessions.c.id)
    )
    return tuple(
        Session(row.id, row.created_at, row.seen_at, row.address, row.browser, row.console, bytes(row.hash) == this)
        for row in tx.execute(query)
    )


def end_one(tx: Transaction, user_id: str, session_id: str) -> None:
    """Forget one of a user's sessions. Raises ``NotFound``."""
    found = tx.execute(delete(t.sessions).where(t.sessions.c.user_id == user_id, t.sessions.c.id == session_id))
    if found.rowcount == 0:
        raise NotFound("You have no such session; it may have ended already.")


def end_all(tx: Transaction, user_id: str, but: bytes = b"") -> int:
    """Forget a user's sessions, all but the one of that hash, and the links that would begin one; how many ended."""
    tx.execute(delete(t.entry_links).where(t.entry_links.c.user_id == user_id))
    ended = tx.execute(delete(t.sessions).where(t.sessions.c.user_id == user_id, t.sessions.c.hash != but))
    return ended.rowcount


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


_FIND = """
select u.id, u.login, u.name, u.role, s.seen_at < now() - interval '5 minutes',
  u.role = 'admin' and u.factor is null and not s.console and r.admins_need_factor
from sessions s join users u on u.id = s.user_id cross join sign_in_rules r
where s.hash = %s and s.expires_at > now() and s.created_at > now() - %s and u.disabled_at is null
"""
