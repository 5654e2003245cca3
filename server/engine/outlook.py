"""What would travel between two items as they are now; it must not decide when, nor plan a write that is carried out.

It asks the merge itself, so that nobody is told of a change that would never travel, or not told of one that would.
Links are left out: whether they travel depends on the twins of other items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from server.domain.item import Item, Side
from server.domain.operation import (
    AddComment,
    AddFile,
    DeleteComment,
    DeleteFile,
    EditComment,
    Operation,
    UpdateItem,
)
from server.domain.pair import Pair
from server.engine.mapping import CompiledType, Mapping
from server.engine.reconcile import reconcile


@dataclass(frozen=True, slots=True)
class Outlook:
    """What waits to travel, by the side that it comes from.

    ``fields``: ids of fields, as that side names them. ``comments`` and ``files``: how many are to be added, edited or
    removed on the other side.
    """

    fields: dict[Side, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(Side, ()))
    comments: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    files: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that something would travel from."""
        return tuple(side for side in Side if self.fields[side] or self.comments[side] or self.files[side])


def outlook(pair: Pair, type_: CompiledType, left: Item, right: Item, mapping: Mapping) -> Outlook:
    """What a look at these two items would carry, from which side."""
    found = Outlook()
    for one in reconcile(pair, type_, left, right, mapping, _ids()).operations:
        _add(found, one, type_)
    return found


def _add(found: Outlook, one: Operation, type_: CompiledType) -> None:
    source, step = one.side.other, one.step
    if isinstance(step, UpdateItem):
        names = [each.spec(source).id for each in type_.fields if each.spec(one.side).id in step.changed]
        found.fields[source] = tuple(dict.fromkeys((*found.fields[source], *names)))
    elif isinstance(step, AddComment | EditComment | DeleteComment):
        found.comments[source] += 1
    elif isinstance(step, AddFile | DeleteFile):
        found.files[source] += 1


def _ids() -> Iterator[str]:
    """Ids that nobody keeps."""
    return (f"00000000-0000-0000-0000-{number:012d}" for number in count())
