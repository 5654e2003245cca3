"""What a run would do, as lines for people; it must not know how a run does it."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.item import Side
from server.domain.values import Value


@dataclass(frozen=True, slots=True)
class Line:
    """One effect that a run would have.

    ``side`` is where it would take effect, ``item_id`` the item on the other side that it comes from. ``action`` is
    the kind of the operation, or note, conflict, hold, skip, restricted, opened, ended, outside, join, ambiguous.
    ``field``, ``before`` and ``after`` are set where a field is meant; ``reason`` is a sentence.
    """

    side: Side
    item_id: str
    action: str
    item_key: str = ""
    twin_id: str = ""
    twin_key: str = ""
    field: str = ""
    before: Value = None
    after: Value = None
    reason: str = ""
