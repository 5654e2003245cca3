"""Which pairs answer to the names and addresses of an item, as a condition of a query; it must not ask for them.

A name counts on one side only: the number of an issue here is the number of another item there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from server.domain.item import Side
from server.store import tables as t
from server.store.bulk import among


@dataclass(frozen=True, slots=True)
class Named:
    """Ids and keys that an item on one side of these integrations may have."""

    side: Side
    names: Sequence[str]
    integrations: Sequence[str]


def answers(urls: Sequence[str], named: Sequence[Named]) -> ColumnElement[bool]:
    """Whether a pair has an item with one of the addresses, or one of the names on its side."""
    by_url = [among(t.pairs.c[f"{side.value}_url"], urls) for side in Side]
    by_name = [
        and_(
            or_(*(among(t.pairs.c[f"{one.side.value}_{what}"], one.names) for what in ("id", "key"))),
            among(t.pairs.c.integration_id, one.integrations),
        )
        for one in named
    ]
    return or_(*by_url, *by_name)
