"""What the items of a page take in memory, counted among what the tenant holds; it must not look at what they say.

A page whose items take more than is left ends there, and the next one has fewer: each may be as large as an answer.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from server.connectors.room import ROOM, UNCOUNTED, NoRoom
from server.domain.errors import Crammed, Slowed, TooLarge
from server.domain.item import Item
from server.services.sync.work import Look, Work

_FIRST, _FEWER = 32, 4
_NARROW_SECONDS = 3600.0
_AT_ONCE = 1.0


class TooMuchAtOnce(Slowed):
    """The items of a page are more than the tenant may hold at once."""

    def __init__(self) -> None:
        super().__init__(
            "The items of a page took as much memory as one tenant may hold; the rest follows in smaller pages.",
            _AT_ONCE,
        )


def weight(item: Item | None) -> int:
    """About how many bytes an item takes."""
    if item is None:
        return 0
    size = sum(sys.getsizeof(value) for value in item.fields.values())
    size += sum(sys.getsizeof(one) for value in item.fields.values() if isinstance(value, tuple) for one in value)
    size += sum(1024 + sys.getsizeof(one.body) for one in item.comments)
    return size + 1024 * (len(item.attachments) + len(item.links) + len(item.absorbed))


def count(work: Work, one: Look) -> None:
    """Count what is held of an item now that it was read. Raises ``TooLarge`` where it alone is more than may be.

    Raises ``TooMuchAtOnce`` where it is too much beside the others.
    """
    size = weight(one.item) + weight(one.twin)
    if size < UNCOUNTED:
        return
    if one.room is None:
        one.room = ROOM.of(work.scope.id)
    try:
        one.room.grow(max(size - one.room.size, 0))
    except NoRoom as error:
        if not error.never:
            raise TooMuchAtOnce from None
        one.item = one.twin = None
        raise TooLarge(
            f"{one.item_id} has more text than one tenant may hold in memory. It stays where it is."
        ) from None


def out_of_memory() -> Crammed:
    """The process had no memory for an item."""
    return Crammed("There was no memory left to read it. It will be tried again.")


@dataclass(slots=True)
class Pages:
    """How many items of an integration are worked at a time, where pages took too much memory. For one thread."""

    _sizes: dict[str, tuple[int, float]] = field(default_factory=dict)

    def size(self, integration: str, usual: int) -> int:
        """At most so many, for an hour after the last page that was too much."""
        size, until = self._sizes.get(integration, (usual, 0.0))
        return min(size, usual) if time.monotonic() < until else usual

    def narrow(self, integration: str) -> None:
        """Fewer from now on."""
        size = self.size(integration, _FIRST * _FEWER)
        self._sizes[integration] = max(1, size // _FEWER), time.monotonic() + _NARROW_SECONDS
