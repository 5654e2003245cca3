"""Who changed what, and when; it is only ever added to, and never holds a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server import faults
from server.store import tables as t
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """One change."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def add(tx: Transaction, actor: str, action: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> None:
    """Append an entry; it is committed with the change that it tells of."""
    tx.execute(t.audit.insert().values(actor=actor, action=action, subject=subject, detail=dict(detail or {})))
    faults.reach("change.committing")


def newest(tx: Transaction, before: int, limit: int) -> tuple[Entry, ...]:
    """Entries with an id smaller than ``before`` (0: all), the newest first."""
    query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
    if before:
        query = query.where(t.audit.c.id < before)
    return tuple(Entry(row.id, row.at, row.actor, row.action, row.subject, row.detail) for row in tx.execute(query))
