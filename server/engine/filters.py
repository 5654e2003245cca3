"""Which items belong to an integration, and why one does not, in words; it must not decide what follows from that."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Final

from server.domain.errors import PutRight
from server.domain.item import Item, Side
from server.domain.rules import FilterRule, Operator, SideFilter
from server.domain.values import FieldKind, FieldSpec, Value
from server.engine.audience import stays
from server.engine.days import Zones, day_of, is_day
from server.engine.mapping import CompiledType, Mapping, SideShape

_ORDERED: Final = frozenset({FieldKind.NUMBER, FieldKind.DATE, FieldKind.MOMENT})
_WORDS: Final = frozenset({FieldKind.TEXT, FieldKind.RICH_TEXT, FieldKind.LABELS})
_WITHOUT_VALUES: Final = frozenset({Operator.EMPTY, Operator.FILLED})
_ANYWHERE: Final = Zones()
_SAID: Final[Dict[Operator, str]] = {
    Operator.IS: "is not {}",
    Operator.IS_NOT: "is {}",
    Operator.CONTAINS: "does not contain {}",
    Operator.LACKS: "contains {}",
    Operator.EMPTY: "is not empty",
    Operator.FILLED: "is empty",
    Operator.AT_LEAST: "is less than {}",
    Operator.AT_MOST: "is more than {}",
}
"""What is the case when a rule does not hold."""


def outside(mapping: Mapping, side: Side, item: Item, *, paired: bool, beside: str = "") -> str:
    """Why ``item`` does not belong to the integration now, as a sentence; empty when it does.

    ``paired``: it has a twin, so the rules for new items do not count and those for kept ones do. ``beside``: the
    twin's own audience, where it has one. An item's audience comes first: nothing else is told of one that stays.
    """
    shape = mapping.shape(side)
    if kept := stays(mapping, side, item, beside):
        return kept
    if item.container != shape.container:
        return f"It was moved out of what the integration looks at in {shape.name}."
    if mapping.type_of(side, item.type) is None:
        return f"Items of the type “{item.type}” are not part of the integration's mapping."
    chosen = mapping.document.scope.on(side)
    for rule in (*chosen.every, *(chosen.kept if paired else chosen.new)):
        spec = shape.spec(item.type, rule.field)
        if not holds(rule, item.fields.get(rule.field), spec, shape.zones):
            return f"The filter leaves it out: {_failed(rule, spec)}."
    return ""


def makes_none(mapping: Mapping, side: Side, type_: CompiledType) -> str:
    """Why an item of ``side`` without a twin gets none; empty when one is made."""
    target = mapping.shape(side.other).name
    if not mapping.document.creates.allows(side.other):
        return f"The integration makes no new items on {target}."
    return "" if type_.creates else f"The mapping of its type makes no new items on {target}."


def holds(rule: FilterRule, value: Value, spec: FieldSpec | None, zones: Zones = _ANYWHERE) -> bool:
    """Whether a field's value keeps a rule; a field that the item's type lacks is empty.

    ``zones``: where the day of a moment is, that a rule compares with a day.
    """
    if spec is not None and spec.kind is FieldKind.MOMENT and rule.values and is_day(rule.values[0]):
        value = _day_of(value, zones)
    return _TESTS[rule.operator](value, rule.values, spec)


def review_filter(chosen: SideFilter, shape: SideShape, where: str) -> None:
    """Refuse rules that can never be meant. Raises ``PutRight`` that names the rule."""
    for group in ("every", "new", "kept"):
        for place, rule in enumerate(getattr(chosen, group)):
            _review_rule(rule, shape, f"{where}.{group}.{place}")


def _review_rule(rule: FilterRule, shape: SideShape, where: str) -> None:
    specs = [spec for fields in shape.fields.values() for spec in fields if spec.id == rule.field]
    if not specs:
        raise PutRight(f"{shape.name} has no field “{rule.field}” (any more); choose another one.", field=where)
    spec = specs[0]
    if bool(rule.values) == (rule.operator in _WITHOUT_VALUES):
        wish = "takes no value" if rule.values else "wants a value"
        raise PutRight(f"The rule on “{spec.name}” of {shape.name} {wish}.", field=where)
    if rule.operator in {Operator.AT_LEAST, Operator.AT_MOST}:
        if spec.kind not in _ORDERED:
            raise PutRight(f"“{spec.name}” of {shape.name} has no order to compare by.", field=where)
        if spec.kind is FieldKind.NUMBER and _number(rule.values[0]) is None:
            raise PutRight(f"“{rule.values[0]}” is no number for “{spec.name}”.", field=where)
    if rule.operator in {Operator.CONTAINS, Operator.LACKS} and spec.kind not in _WORDS:
        raise PutRight(f"“{spec.name}” of {shape.name} is no text to search in; compare it with “is”.", field=where)
    options = {option.id for one in specs for option in one.options}
    gone = next((value for value in rule.values if options and value not in options), None)
    if gone is not None and rule.operator in {Operator.IS, Operator.IS_NOT}:
        raise PutRight(f"“{spec.name}” of {shape.name} has no value “{gone}” (any more).", field=where)


def _day_of(value: Value, zones: Zones) -> Value:
    try:
        return day_of(value, zones) if isinstance(value, str) and value else value
    except ValueError:
        return value


def _failed(rule: FilterRule, spec: FieldSpec | None) -> str:
    names = {option.id: option.name for option in spec.options} if spec else {}
    shown = " or ".join(f"“{names.get(value, value)}”" for value in rule.values)
    return f"“{spec.name if spec else rule.field}” {_SAID[rule.operator].format(shown)}"


def _empty(value: Value) -> bool:
    return value is None or value in ("", ())


def _is(value: Value, wanted: tuple[str, ...], spec: FieldSpec | None) -> bool:
    if isinstance(value, tuple):
        return not set(value).isdisjoint(wanted)
    if isinstance(value, bool):
        return str(value).lower() in wanted
    if isinstance(value, int | float):
        return any(_number(one) == value for one in wanted)
    if spec is not None and spec.kind is FieldKind.TEXT:
        return str(value or "").casefold() in {one.casefold() for one in wanted}
    return value in wanted


def _contains(value: Value, wanted: tuple[str, ...], _spec: FieldSpec | None) -> bool:
    texts = [one.casefold() for one in (value if isinstance(value, tuple) else (str(value or ""),))]
    return any(one.casefold() in text for one in wanted for text in texts)


def _order(value: Value, wanted: tuple[str, ...], spec: FieldSpec | None) -> int | None:
    """-1, 0 or 1: how the value stands to the wanted one; None when there is nothing to compare."""
    if _empty(value) or not wanted:
        return None
    mine: float | str | None
    theirs: float | str | None
    if spec is not None and spec.kind is FieldKind.NUMBER:
        mine, theirs = _number(value), _number(wanted[0])
    else:
        size = min(len(str(value)), len(wanted[0]))  # a day against a moment: by the day
        mine, theirs = str(value)[:size], wanted[0][:size]
    if mine is None or theirs is None:
        return None
    return (mine > theirs) - (mine < theirs)  # type: ignore[operator]  # both numbers or both texts


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


_TESTS: Final[Dict[Operator, Callable[[Value, tuple[str, ...], FieldSpec | None], bool]]] = {
    Operator.IS: _is,
    Operator.IS_NOT: lambda value, wanted, spec: not _is(value, wanted, spec),
    Operator.CONTAINS: _contains,
    Operator.LACKS: lambda value, wanted, spec: not _contains(value, wanted, spec),
    Operator.EMPTY: lambda value, _wanted, _spec: _empty(value),
    Operator.FILLED: lambda value, _wanted, _spec: not _empty(value),
    Operator.AT_LEAST: lambda value, wanted, spec: _order(value, wanted, spec) in {0, 1},
    Operator.AT_MOST: lambda value, wanted, spec: _order(value, wanted, spec) in {0, -1},
}
"""Every operator's test; sets compare by member."""
