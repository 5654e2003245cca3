"""Ends what tenants' logins leave open too long, where PostgreSQL's superuser lets us; it must not end anything else.

A login may lift its own time-outs, and one that leaves a transaction open keeps the whole server from clearing up. The
function is the superuser's (the appliance makes it in its own PostgreSQL); elsewhere there is none.
"""

from __future__ import annotations

from sqlalchemy import text

from server.store.database import Transaction

_THERE = text("select to_regprocedure('guard.end_overlong()') is not null")
_END = text("select guard.end_overlong()")


def is_there(control: Transaction) -> bool:
    """Whether there is such a function here."""
    return bool(control.execute(_THERE).scalar_one())


def end_overlong(control: Transaction) -> int:
    """End sessions of tenants' logins that sit in a transaction, or at one statement, for too long; how many."""
    return int(control.execute(_END).scalar_one())
