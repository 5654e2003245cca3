"""What an app shows now and did not when the mapping was saved, and the mapping could carry; it must not change it.

An empty container shows less than it holds: fields that only an item shows, statuses that only an item has. A person
has the last word on what travels, so it is said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence

from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping, ValueMapping
from server.domain.values import FieldSpec
from server.engine.mapping import CHOICES, Mapping, SideShape
from server.engine.suggest import paired

Shown = Dict[str, Dict[str, Dict[str, Sequence[str]]]]
"""Side -> type -> field -> its kind, then the ids of what could be chosen."""
_MOST = 500
"""So many options of a field are remembered; one with more is said to have none beyond."""


def shown(mapping: Mapping) -> Shown:
    """What both apps show now, to be kept with the mapping."""
    return {
        side.value: {name: {one.id: _told(one) for one in specs} for name, specs in mapping.shape(side).fields.items()}
        for side in Side
    }


def _told(spec: FieldSpec) -> list[str]:
    options = [one.id for one in spec.options] if spec.kind in CHOICES else []
    return [spec.kind.value, *options[:_MOST]]


def appeared(mapping: Mapping, before: Shown) -> tuple[str, ...]:
    """What could travel by now, as sentences, each thing once."""
    said: dict[str, None] = {}
    for rule in mapping.document.types:
        fields = [mapping.shape(side).fields.get(_on(rule, side), ()) for side in Side]
        for one in paired(*fields):
            specs = [mapping.shape(side).spec(_on(rule, side), _on(one, side)) for side in Side]
            if None not in specs:
                said |= dict.fromkeys(_of_pair(mapping, before, rule, one))
    return tuple(said)


def _of_pair(mapping: Mapping, before: Shown, rule: TypeMapping, one: FieldMapping) -> list[str]:
    kept = next((each for each in rule.fields if (each.left, each.right) == (one.left, one.right)), None)
    if kept is not None:
        return [each for side in Side if (each := _values(mapping, before, rule, (kept, one), side))]
    taken = any(_on(each, side) == _on(one, side) for each in rule.fields for side in Side)
    if taken or not any(_is_new(mapping.shape(side), before, _on(rule, side), _on(one, side)) for side in Side):
        return []
    (mine, here), (theirs, there) = (_called(mapping, rule, one, side) for side in Side)
    names = f"“{mine}” of {here} and “{theirs}” of {there}"
    then = "they were not both shown when the mapping was saved"
    return [f"{names} could travel: {then}. Add them to the mapping and bring the pairs in step; then none is missing."]


def _values(
    mapping: Mapping, before: Shown, rule: TypeMapping, both: tuple[FieldMapping, FieldMapping], side: Side
) -> str:
    """Options of a mapped field that were not shown then, have a counterpart, and no row."""
    kept, now = both
    known = set(before.get(side.value, {}).get(_on(rule, side), {}).get(_on(kept, side), ())[1:])
    done = {_on(row, side) for row in kept.values}
    spec = mapping.shape(side).spec(_on(rule, side), _on(kept, side))
    found = {_on(row, side) for row in now.values} - done - known
    if spec is None or not found or len(known) >= _MOST:
        return ""
    names = ", ".join(f"“{one.name}”" for one in spec.options if one.id in found)
    label, name = _called(mapping, rule, kept, side)
    return (
        f"{names} of “{label}” of {name} {'has' if len(found) == 1 else 'have'} no counterpart in the mapping: it was "
        "not shown when the mapping was saved. Add it to the mapping."
    )


def _is_new(shape: SideShape, before: Shown, type_id: str, field_id: str) -> bool:
    """Whether the field was not shown, or was taken for one of another kind."""
    then = before.get(shape.side.value, {}).get(type_id)
    spec = shape.spec(type_id, field_id)
    return then is not None and spec is not None and list(then.get(field_id, ()))[:1] != [spec.kind.value]


def _called(mapping: Mapping, rule: TypeMapping, one: FieldMapping, side: Side) -> tuple[str, str]:
    shape = mapping.shape(side)
    spec = shape.spec(_on(rule, side), _on(one, side))
    return spec.name if spec else _on(one, side), shape.name


def _on(rule: TypeMapping | FieldMapping | ValueMapping, side: Side) -> str:
    """What a rule names on a side."""
    return rule.left if side is Side.LEFT else rule.right
