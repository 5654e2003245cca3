"""What the product knew both sides to hold, commit by commit: such a value has arrived, whoever types over it later.

Where two people typed the same, nothing is written and nothing conflicts, so the journal has no word of it. It must not
judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text

from server.domain.values import Value
from server.store.database import Transaction
from server.store.pairs import values
from tests.property.model import moment

_SNAPSHOTS = text(
    "select id::text as id, left_snapshot as l, right_snapshot as r from pairs"
    " where integration_id = :integration and left_snapshot is not null and right_snapshot is not null"
)


_TOUCHED = "touched pairs"


def watch(tx: Transaction) -> None:
    """From now on it is known of a transaction whether it writes to pairs: of most commits nothing has to be asked."""
    if not event.contains(tx.engine, "before_cursor_execute", _look):
        event.listen(tx.engine, "before_cursor_execute", _look)
    tx.info[_TOUCHED] = False


def _look(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    if "pairs" in statement and not statement.startswith("SELECT"):
        connection.info[_TOUCHED] = True


@dataclass(slots=True)
class Witness:
    """``stood``: when a commit last said that a pair's field held this on the left and that on the right."""

    stood: dict[tuple[str, str], dict[tuple[Value, Value], int]] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    """When a pair's two items were first known."""
    _now: dict[tuple[str, str], tuple[Value, Value]] = field(default_factory=dict)
    """What the last commit said."""

    def see(self, tx: Transaction, integration: str) -> None:
        """Note what a commit that is about to be made says of every pair."""
        now = moment()
        if tx.info.get(_TOUCHED, True):
            self._read(tx, integration, now)
        for key, both in self._now.items():
            self.stood.setdefault(key, {})[both] = now

    def _read(self, tx: Transaction, integration: str, now: int) -> None:
        self._now = {}
        for row in tx.execute(_SNAPSHOTS, {"integration": integration}):
            self.first.setdefault(row.id, now)
            left, right = values(row.l) or {}, values(row.r) or {}
            self._now |= {(row.id, name): (left[name], right[name]) for name in left.keys() & right.keys()}

    def after(self, pair: str, name: str, number: int) -> list[tuple[Value, Value]]:
        """What both sides of a field held at commits after the moment ``number``."""
        return [both for both, at in self.stood.get((pair, name), {}).items() if at > number]
