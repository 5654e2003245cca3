"""What a tenant asks of those who sign in; it must not ask it."""

from __future__ import annotations

from sqlalchemy import select, update

from server.store import tables as t
from server.store.database import Transaction


def admins_need_factor(tx: Transaction) -> bool:
    """Whether administrators without a second factor may change nothing but their own account."""
    return bool(tx.execute(select(t.sign_in_rules.c.admins_need_factor)).scalar_one())


def set_admins_need_factor(tx: Transaction, *, needed: bool) -> None:
    """Ask for it from now on, or no more."""
    tx.execute(update(t.sign_in_rules).values(admins_need_factor=needed))
