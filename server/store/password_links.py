"""One-time links that let somebody choose a new password; only hashes are kept. It must not know what is chosen."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from server.store import tables as t
from server.store.database import Transaction


def add(tx: Transaction, link: bytes, user_id: str, lifetime: timedelta) -> datetime:
    """Keep a link, in the place of any that this user had; when it expires."""
    gone = t.password_links.c.expires_at < func.now()
    tx.execute(delete(t.password_links).where(gone | (t.password_links.c.user_id == user_id)))
    made: datetime = tx.execute(
        t.password_links.insert()
        .values(hash=link, user_id=user_id, expires_at=func.now() + lifetime)
        .returning(t.password_links.c.expires_at)
    ).scalar_one()
    return made


def of(tx: Transaction, link: bytes) -> str | None:
    """The user of a link that works; None: it was used before, has expired or never was."""
    links = t.password_links.c
    found: str | None = tx.execute(
        select(links.user_id).where(links.hash == link, links.expires_at > func.now())
    ).scalar_one_or_none()
    return found


def end_all(tx: Transaction, user_id: str) -> None:
    """Let none of a user's links work any more."""
    tx.execute(delete(t.password_links).where(t.password_links.c.user_id == user_id))
