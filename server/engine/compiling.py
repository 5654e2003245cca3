"""Binds a document to what both apps really have; it must not convert any value.

It finds what a running integration would trip over (a mapped field that is gone, kinds that do not fit) and says it in
one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Set as AbstractSet
from dataclasses import replace

from server.domain.errors import PutRight
from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping
from server.domain.values import FieldKind, FieldSpec
from server.engine.days import Zones
from server.engine.mapping import CHOICES, DAYS, TEXTS, CompiledField, CompiledType, Mapping, Resting, SideShape
from server.engine.migration import one_way
from server.engine.people import Directory

_FAMILIES = (
    TEXTS,
    CHOICES,
    frozenset({FieldKind.USER}),
    frozenset({FieldKind.USERS}),
    frozenset({FieldKind.LABELS, FieldKind.OPTIONS}),
    frozenset({FieldKind.NUMBER}),
    frozenset({FieldKind.FLAG}),
    DAYS,
)


def compatible(left: FieldSpec, right: FieldSpec) -> bool:
    """Whether two fields can be mapped to each other at all."""
    return any(left.kind in family and right.kind in family for family in _FAMILIES)


def compile_mapping(
    document: Document,
    left: SideShape,
    right: SideShape,
    people: tuple[tuple[str, str, str], ...] = (),
    saved: tuple[TypeMapping, ...] = (),
) -> Mapping:
    """Bind ``document`` to what both apps have now.

    ``people`` is the tenant's user table as (``left`` or ``right``, user id, person). ``saved``: what was found well
    once. Where that is not to be seen now it rests, and everything else goes on. Raises ``PutRight`` that names any
    other field or type that is gone or does not fit.
    """
    document = one_way(document)
    directory = Directory.build(left.users, right.users, people)
    types = []
    for rule in document.types:
        before = [one for one in saved if (one.left, one.right) == (rule.left, rule.right)]
        once = {(one.left, one.right) for each in before for one in each.fields}
        try:
            types.append(_compile_type(rule, left, right, directory, once))
        except PutRight as error:
            if not before or error.field != "types":
                raise
            types.append(CompiledType(rule.left, rule.right, (), rule.creates, rule.updates, (), error.message))
    return Mapping(document, left, right, tuple(types), directory)


def _compile_type(
    rule: TypeMapping, left: SideShape, right: SideShape, directory: Directory, once: AbstractSet[tuple[str, str]]
) -> CompiledType:
    for shape, type_id in ((left, rule.left), (right, rule.right)):
        if type_id not in shape.fields:
            raise PutRight(
                f"The mapping names the item type “{type_id}”, which {shape.name} does not have (any more). "
                "Choose another type in the integration's mapping.",
                field="types",
            )
    compiled: list[CompiledField] = []
    resting: list[Resting] = []
    for one in rule.fields:
        try:
            compiled.append(_compile_field(one, rule, left, right, directory))
        except PutRight as error:
            if (one.left, one.right) not in once:
                raise
            resting.append(Resting(one.left, one.right, error.message))
    return CompiledType(rule.left, rule.right, tuple(compiled), rule.creates, rule.updates, tuple(resting))


def _compile_field(
    rule: FieldMapping, types: TypeMapping, left: SideShape, right: SideShape, directory: Directory
) -> CompiledField:
    found = []
    for shape, type_id, field_id in ((left, types.left, rule.left), (right, types.right, rule.right)):
        spec = shape.spec(type_id, field_id)
        if spec is None:
            raise PutRight(
                f"The mapping names the field “{field_id}”, which {shape.name} does not have (any more). "
                "Remove it from the integration's mapping, or bring the field back.",
                field=f"types.{types.left}.{field_id}",
            )
        found.append(spec)
    if not compatible(found[0], found[1]):
        raise PutRight(
            f"“{found[0].name}” ({found[0].kind}) and “{found[1].name}” ({found[1].kind}) cannot be mapped to "
            "each other: their kinds do not fit. Choose another pair of fields.",
            field=f"types.{types.left}.{rule.left}",
        )
    to_right: dict[str, str] = {}
    to_left: dict[str, str] = {}
    for row in rule.values:
        to_right.setdefault(row.left, row.right)
        to_left.setdefault(row.right, row.left)
    return CompiledField(
        rule,
        found[0],
        found[1],
        left.text_format,
        right.text_format,
        directory,
        to_right,
        to_left,
        _zones_of((found[0].kind, found[1].kind), left.zones, right.zones),
        {Side.LEFT: left.syntax, Side.RIGHT: right.syntax},
    )


def _zones_of(kinds: tuple[FieldKind, FieldKind], left: Zones, right: Zones) -> Zones:
    """The zones of the side that keeps moments; where its own is not known, the other side's people are asked."""
    moments, days = (right, left) if kinds == (FieldKind.DATE, FieldKind.MOMENT) else (left, right)
    return moments if moments.own or moments.others else days


def in_zones(mapping: Mapping, zones: Dict[Side, str]) -> Mapping:
    """The mapping with our accounts' zones as they are now."""
    left, right = (
        replace(shape, zones=replace(shape.zones, own=zones.get(shape.side, shape.zones.own)))
        for shape in (mapping.left, mapping.right)
    )
    types = tuple(
        replace(
            one,
            fields=tuple(
                replace(each, zones=_zones_of((each.left.kind, each.right.kind), left.zones, right.zones))
                for each in one.fields
            ),
        )
        for one in mapping.types
    )
    return replace(mapping, left=left, right=right, types=types)
