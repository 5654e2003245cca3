"""What the product knew both sides to hold, commit by commit: such a value has arrived, whoever types over it later.

Where two people typed the same, nothing is written and nothing conflicts, so the journal has no word of it. It must not
judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text

from server.domain.values import Value
from server.store.database import Transaction
from server.store.pairs import values
from tests.property.model import moment

_SNAPSHOTS = text(
    "select id::text as id, left_snapshot as l, right_snapshot as r from pairs"
    " where integration_id = :integration and left_snapshot is not null and right_snapshot is not null"
)


@dataclass(slots=True)
class Witness:
    """``stood``: when a commit last said that a pair's field held this on the left and that on the right."""

    stood: dict[tuple[str, str], dict[tuple[Value, Value], int]] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    """When a pair's two items were first known."""

    def see(self, tx: Transaction, integration: str) -> None:
        """Note what a commit that is about to be made says of every pair."""
        now = moment()
        for row in tx.execute(_SNAPSHOTS, {"integration": integration}):
            self.first.setdefault(row.id, now)
            left, right = values(row.l) or {}, values(row.r) or {}
            for name in left.keys() & right.keys():
                self.stood.setdefault((row.id, name), {})[left[name], right[name]] = now

    def after(self, pair: str, name: str, number: int) -> list[tuple[Value, Value]]:
        """What both sides of a field held at commits after the moment ``number``."""
        return [both for both, at in self.stood.get((pair, name), {}).items() if at > number]
