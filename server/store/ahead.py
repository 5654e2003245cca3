"""Which items are dated beyond their app's clock and were told; a row goes when the clock has come there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from server.domain.item import Side
from server.store import tables as t
from server.store.bulk import among


def untold(tx: Connection, integration: str, side: Side, item_ids: Sequence[str]) -> list[str]:
    """Those of the items that were not told yet."""
    query = select(t.ahead.c.item_id).where(
        t.ahead.c.integration_id == integration, t.ahead.c.side == side.value, among(t.ahead.c.item_id, item_ids)
    )
    told = set(tx.execute(query).scalars())
    return [one for one in item_ids if one not in told]


def told(tx: Connection, integration: str, side: Side, items: Mapping[str, datetime], clock: datetime) -> None:
    """These were told, by id with their dates; those that the ``clock`` has come to are forgotten."""
    mine = (t.ahead.c.integration_id == integration) & (t.ahead.c.side == side.value)
    tx.execute(delete(t.ahead).where(mine, t.ahead.c.at <= clock))
    rows = [
        {"integration_id": integration, "side": side.value, "item_id": item_id, "at": at}
        for item_id, at in items.items()
    ]
    given = insert(t.ahead).values(rows)
    tx.execute(
        given.on_conflict_do_update(
            index_elements=[t.ahead.c.integration_id, t.ahead.c.side, t.ahead.c.item_id], set_={"at": given.excluded.at}
        )
    )
