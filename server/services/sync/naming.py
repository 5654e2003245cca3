"""Finds the twins of the items that the texts of a page name, all with one question a side; it must not change a text.

Only the database is asked: what has no twin now stays as it was written, also when it comes to have one later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from server.domain.item import Item, Side
from server.domain.syntax import Counterpart
from server.domain.values import FieldKind
from server.engine.richtext import named_items
from server.services.sync.work import Look, Work
from server.store import pairs

_MOST = 500
"""So many items of one side at most are looked up for a page: a text that names more is a list, and hostile."""


def twins_named(work: Work, looks: Sequence[Look]) -> Mapping[Side, Mapping[str, Counterpart]]:
    """The twins of items that are named in descriptions and comments, by the side and the id they have there."""
    found: dict[Side, dict[str, Counterpart]] = {}
    for side in Side:
        syntax = work.mapping.shape(side).syntax
        if not (syntax.links or syntax.addresses):
            continue
        wanted: set[str] = set()
        for body in _bodies(looks, side):
            wanted |= named_items(body, syntax)
        if wanted:
            with work.scope.reading() as tx:
                found[side] = pairs.named(tx, work.integration, side, sorted(wanted)[:_MOST])
    return found


def _bodies(looks: Sequence[Look], side: Side) -> Iterator[str]:
    """The texts of a side that may travel."""
    for one in looks:
        item = one.item if one.side is side else one.twin
        if item is None or one.failure is not None:
            continue
        yield from _texts(one, item, side)
        yield from (comment.body for comment in item.comments)


def _texts(one: Look, item: Item, side: Side) -> Iterator[str]:
    for field in one.type.fields if one.type is not None else ():
        value = item.fields.get(field.spec(side).id)
        if field.spec(side.other).kind is FieldKind.RICH_TEXT and isinstance(value, str):
            yield value
