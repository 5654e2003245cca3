"""Second factors and their recovery codes, sealed or as hashes; it must not know what a code is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, func, null, select, update

from server.store import tables as t
from server.store.database import Transaction


def prepare(tx: Transaction, user_id: str, sealed: bytes) -> None:
    """Keep a secret that is being set up; the one in use stays until a code of the new one came."""
    tx.execute(update(t.users).where(t.users.c.id == user_id).values(new_factor=sealed, new_factor_at=func.now()))


def prepared(tx: Transaction, user_id: str, lifetime: timedelta) -> bytes | None:
    """The secret that is being set up, None when that was begun too long ago."""
    found: bytes | None = tx.execute(
        select(t.users.c.new_factor).where(t.users.c.id == user_id, t.users.c.new_factor_at > func.now() - lifetime)
    ).scalar_one_or_none()
    return found


def put(tx: Transaction, user_id: str, sealed: bytes, step: int) -> None:
    """The secret is in use from now on; ``step`` is that of the code that showed it."""
    tx.execute(
        update(t.users)
        .where(t.users.c.id == user_id)
        .values(factor=sealed, factor_step=step, factor_since=func.now(), new_factor=null(), new_factor_at=null())
    )


def take_away(tx: Transaction, user_id: str) -> None:
    """Forget the secret, one that is being set up, and the recovery codes."""
    tx.execute(
        update(t.users)
        .where(t.users.c.id == user_id)
        .values(factor=null(), factor_step=0, factor_since=null(), new_factor=null(), new_factor_at=null())
    )
    tx.execute(delete(t.recovery_codes).where(t.recovery_codes.c.user_id == user_id))


def use_step(tx: Transaction, user_id: str, step: int) -> bool:
    """Whether no code of this time step, or of a later one, was taken before; from now on one was."""
    used = tx.execute(
        update(t.users).where(t.users.c.id == user_id, t.users.c.factor_step < step).values(factor_step=step)
    )
    return used.rowcount == 1


def put_codes(tx: Transaction, user_id: str, hashes: Iterable[bytes]) -> None:
    """New recovery codes in the place of all that there were."""
    tx.execute(delete(t.recovery_codes).where(t.recovery_codes.c.user_id == user_id))
    tx.execute(t.recovery_codes.insert(), [{"user_id": user_id, "hash": one} for one in hashes])


def use_code(tx: Transaction, user_id: str, code: bytes) -> bool:
    """Whether this recovery code was there and unused; from now on it is used."""
    codes = t.recovery_codes.c
    used = tx.execute(
        update(t.recovery_codes)
        .where(codes.user_id == user_id, codes.hash == code, codes.used_at.is_(None))
        .values(used_at=func.now())
    )
    return used.rowcount == 1


def codes_left(tx: Transaction, user_id: str) -> int:
    """How many recovery codes are unused."""
    codes = t.recovery_codes.c
    query = select(func.count()).where(codes.user_id == user_id, codes.used_at.is_(None))
    return int(tx.execute(query).scalar_one())
