"""What the fields, options and people of a type are called, as an app said last; it must not know what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from server.store import tables as t
from server.store.database import Transaction


def get(tx: Transaction, connection_id: str, container: str, item_type: str) -> Mapping[str, Any] | None:
    """What was kept of a type; None: nothing."""
    columns = t.labels.c
    query = select(columns.said).where(
        columns.connection_id == connection_id, columns.container == container, columns.item_type == item_type
    )
    found: Mapping[str, Any] | None = tx.execute(query).scalar_one_or_none()
    return found


def keep(tx: Transaction, connection_id: str, container: str, item_type: str, said: Mapping[str, Any]) -> None:
    """Keep what an app said of a type, in the place of what it said before."""
    row = {"connection_id": connection_id, "container": container, "item_type": item_type, "said": said}
    statement = insert(t.labels).values(row)
    keys = ["connection_id", "container", "item_type"]
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_={"said": said, "at": func.now()}))
