"""Looks once more before a write whose item was read a while ago: somebody may have typed; it must not write.

No app lets us write only if nobody else did meanwhile. A page whose items have much to carry takes its time, and what
somebody types into an item between our look and our write would be overwritten without a trace. So such an item is
read again right before it is written; what is different then is left alone, and the next look finds it, in the same
pass. What stays possible is an edit within ``FRESH`` of the look, or between this look and the write.
"""

from __future__ import annotations

from typing import Final, cast

from server.domain.errors import AppError, Gone, Transient
from server.domain.item import Item, Side
from server.domain.operation import DeleteItem, UpdateItem
from server.services.sync.work import Work

FRESH: Final = 1.0
"""Seconds for which a look is believed before a write of fields; what deletes an item looks in any case."""


def overtaken(work: Work, side: Side, item_id: str, step: object, read: float) -> AppError | None:
    """Why this step is not to be carried out now: somebody was faster, or that cannot be told; None: it may be.

    ``read``: when, by the pass's clock, the reading began on which it rests. What is gone is the write's to find.
    """
    late = isinstance(step, UpdateItem) and work.clock() - read > FRESH
    if not (late or isinstance(step, DeleteItem)):
        return None
    try:
        item = work.end(side).connector.fetch(item_id)
    except Gone:
        return None
    except AppError as error:
        return error
    if isinstance(step, DeleteItem) and step.updated_at not in (None, item.updated_at):
        return Transient(f"{item.key} was changed right before it was to be deleted. It stays, and is looked at again.")
    if typed := _typed_since(cast("UpdateItem | DeleteItem", step), item):
        return Transient(
            f"{item.key} was changed right before it was to be written ({', '.join(typed)}). It is looked at again, so "
            "that nobody's edit is lost."
        )
    return None


def _typed_since(step: UpdateItem | DeleteItem, item: Item) -> list[str]:
    """The fields that hold neither what was read of them nor what is to be written."""
    wanted = step.changed if isinstance(step, UpdateItem) else step.before
    return [
        name
        for name in wanted
        if name in step.before and item.fields.get(name) not in (step.before[name], wanted[name])
    ]
