"""Finds the pairs that answer to a key, an id or an address, and places in the queue; it must not say why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from server.store import items
from server.store import tables as t
from server.store.bulk import among
from server.store.database import Transaction
from server.store.naming import Named, answers

_MOST = 20


def pairs(tx: Transaction, urls: Sequence[str], named: Sequence[Named], pair: str = "") -> tuple[items.PairRow, ...]:
    """Pairs one of whose items has one of the addresses, or a name on the side that it is of; or the ``pair``."""
    where = answers(urls, named) | among(t.pairs.c.id, [pair] if _is_id(pair) else [])
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
