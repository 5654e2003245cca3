"""Finds the pairs that answer to a key, an id or an address, and places in the queue; it must not say why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from server.domain.item import Side
from server.store import items
from server.store import tables as t
from server.store.bulk import among
from server.store.database import Transaction

_MOST = 20


def pairs(tx: Transaction, words: Sequence[str]) -> tuple[items.PairRow, ...]:
    """Pairs one of whose items has one of ``words`` for its id, key or address, or that have it for their own id."""
    named = [t.pairs.c[f"{side.value}_{what}"] for side in Side for what in ("id", "key", "url")]
    ids = [one for one in words if _is_id(one)]
    where = or_(*(among(column, words) for column in named), among(t.pairs.c.id, ids))
    found = tx.execute(select(t.pairs.c.id).where(where).order_by(t.pairs.c.id).limit(_MOST)).scalars()
    return tuple(items.get(tx, str(one)) for one in found.all())


def ahead(tx: Transaction, integration: str, due_at: datetime) -> int:
    """How many held items of an integration come before one that is due then."""
    query = select(func.count()).where(t.holds.c.integration_id == integration, t.holds.c.due_at < due_at)
    return int(tx.execute(query).scalar_one())


def _is_id(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True
