"""Where the value of a field was typed, and what an app's own value may do; it must not carry anything over itself.

What an app works out by itself (a parent's priority from its subtasks, a day that a rule sets) is no edit of a person,
whoever caused it. It travels to where nobody typed anything, gives way to what a person types, and is never undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.domain.item import Item, Side
from server.domain.operation import Note
from server.domain.pair import BOTH, NOWHERE, Pair
from server.domain.values import SETS, Value
from server.engine.mapping import CompiledField

_EMPTY: Final[tuple[Value, ...]] = (None, "", ())
OWN: Final = "the app of the other side worked this out by itself, and what a person typed stays"


def is_untyped(one: CompiledField, pair: Pair, side: Side, item: Item) -> bool:
    """Whether the app shows that nobody typed what the field holds; of a field that is new to us that says nothing."""
    name = one.spec(side).id
    if one.left.kind in SETS:
        return False  # sets merge by element, whoever put them there
    return (name in item.untyped or name in item.computed) and name in (pair.on(side).snapshot or {})


def give_way(
    one: CompiledField,
    pair: Pair,
    items: Mapping[Side, Item],
    changed: dict[Side, bool],
    untyped: Mapping[Side, bool],
) -> list[Note]:
    """Let values that nobody typed count as unchanged, in ``changed``, where they must not travel; what is to be told.

    They travel only where the other side holds what came from here, or nothing, and can be written.
    """
    notes: list[Note] = []
    for side in Side:
        if not (changed[side] and untyped[side]):
            continue
        other = side.other
        now = {each: items[each].fields.get(one.spec(each).id) for each in Side}
        if changed[other] and not untyped[other] and one.rule.direction.allows(side):
            changed[side] = False
        elif not changed[other] and stands(one, pair, side, now[other]):
            changed[side] = False
            if one.rule.direction.allows(other) and not one.same(now[Side.LEFT], now[Side.RIGHT]):
                notes.append(Note("not written", other, one.spec(other).name, now[other], now[side], OWN))
        elif one.spec(other).id in items[other].computed:
            changed[side] = False
    return notes


def stands(one: CompiledField, pair: Pair, side: Side, other: Value) -> bool:
    """Whether a person typed what the side beside ``side`` holds, so that no app's own value takes its place."""
    if not one.rule.direction.allows(side):
        return False  # what is typed over there never counts here
    typed = pair.typed.get(one.left.id)
    if typed is None:
        return pair.origin is side.other and other not in _EMPTY
    return typed in (side.other.value, BOTH)


def where_typed(
    one: CompiledField,
    pair: Pair,
    now: Mapping[Side, Value],
    changed: Mapping[Side, bool],
    untyped: Mapping[Side, bool],
) -> dict[str, str]:
    """Where that was typed which both sides will hold, as ``Pair.typed`` has it; empty where it goes without saying."""
    where = [side for side in Side if changed[side] and not untyped[side]]
    typed = NOWHERE if not where else where[0].value if len(where) == 1 else BOTH
    goes_without_saying = typed == pair.origin.value and now[pair.origin] not in _EMPTY
    return {} if goes_without_saying and one.left.id not in pair.typed else {one.left.id: typed}
