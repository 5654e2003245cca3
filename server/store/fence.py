"""The fence of a tenant: the epoch of the node that may commit; raised by a new holder, checked by every settle."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from server.domain.errors import Fenced
from server.store import tables as t


def raise_to(tx: Connection, epoch: int) -> None:
    """Shut out every holder of an older epoch. Raises ``Fenced`` when a newer one has been here already."""
    done = tx.execute(update(t.fence).where(t.fence.c.epoch <= epoch).values(epoch=epoch))
    if done.rowcount != 1:
        raise Fenced("Another node has taken this tenant over; this one stops without a commit.")


def check(tx: Connection, epoch: int) -> None:
    """Hold the fence at ``epoch`` until the transaction ends. Raises ``Fenced`` when it has moved on."""
    row = tx.execute(select(t.fence.c.epoch).where(t.fence.c.epoch == epoch).with_for_update(read=True)).first()
    if row is None:
        raise Fenced("Another node has taken this tenant over; this one stops without a commit.")
