"""Hints that apps sent and that are not settled yet: one row for an item, however often it was named.

A row goes only when its item is settled, so a kill loses no hint; and only if nobody named the item again meanwhile.
It must not know what a hint leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, literal, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import insert

from server.domain.item import Side
from server.store import tables as t
from server.store.database import Transaction

WHOLE_FEED = ""
"""Stands for an item's id where the app did not say which item it means."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something about an item (empty: look at the feed) was told at ``heard_at``."""

    id: int
    side: Side
    item_id: str
    heard_at: datetime


def listeners(tx: Transaction, connection_id: str) -> list[tuple[str, Side]]:
    """The running integrations that use a connection and want to be told, each with the side that it is on."""
    document = t.integrations.c.document
    on_side = [
        select(t.integrations.c.id, literal(side.value).label("side")).where(
            t.integrations.c.state == "running",
            document[side.value]["connection"].astext == connection_id,
            func.coalesce(document["schedule"]["webhooks"].astext, "true") == "true",
        )
        for side in Side
    ]
    return [(str(row.id), Side(row.side)) for row in tx.execute(union_all(*on_side))]


def put(tx: Transaction, connection_id: str, ends: Iterable[tuple[str, Side]], items: Sequence[str]) -> None:
    """Keep a hint for each item and each end; one that is there already is as good as new."""
    rows = [
        {"integration_id": integration, "connection_id": connection_id, "side": side.value, "item_id": item_id}
        for integration, side, item_id in sorted({(one[0], one[1], item_id) for one in ends for item_id in items})
    ]  # in one order everywhere, so that two deliveries never wait for each other
    if rows:
        statement = insert(t.inbox)
        keys = [t.inbox.c.integration_id, t.inbox.c.side, t.inbox.c.item_id]
        tx.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"heard_at": func.clock_timestamp()}), rows
        )


def make_room(tx: Transaction, connection_id: str, most: int) -> int:
    """Give up the oldest hints of a connection above ``most``, for a look at the whole feed; how many went."""
    mine = t.inbox.c.connection_id == connection_id
    if tx.execute(select(func.count()).select_from(t.inbox).where(mine)).scalar_one() <= most:
        return 0
    newest = select(t.inbox.c.id).where(mine).order_by(t.inbox.c.heard_at.desc(), t.inbox.c.id.desc()).limit(most)
    gone = tx.execute(
        delete(t.inbox)
        .where(mine, t.inbox.c.item_id != WHOLE_FEED, t.inbox.c.id.not_in(newest))
        .returning(t.inbox.c.integration_id, t.inbox.c.side)
    ).all()
    put(tx, connection_id, {(row.integration_id, Side(row.side)) for row in gone}, [WHOLE_FEED])
    return len(gone)


def waiting(tx: Transaction, integration: str, limit: int) -> list[Hint]:
    """The oldest hints of an integration."""
    query = select(t.inbox).where(t.inbox.c.integration_id == integration).order_by(t.inbox.c.heard_at).limit(limit)
    return [Hint(row.id, Side(row.side), row.item_id, row.heard_at) for row in tx.execute(query)]


def waiting_at(tx: Transaction, connection_id: str) -> int:
    """How many hints of a connection are not settled yet."""
    query = select(func.count()).select_from(t.inbox).where(t.inbox.c.connection_id == connection_id)
    count: int = tx.execute(query).scalar_one()
    return count


def settled(tx: Transaction, hints: Sequence[Hint]) -> None:
    """Let hints go, but for those that were heard again meanwhile."""
    if hints:
        keys = [(one.id, one.heard_at) for one in hints]
        tx.execute(delete(t.inbox).where(tuple_(t.inbox.c.id, t.inbox.c.heard_at).in_(keys)))
