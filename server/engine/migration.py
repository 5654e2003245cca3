"""A one-off move of everything one way: which rules still count then; it must not decide when it is over."""

from __future__ import annotations

from dataclasses import replace

from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import Direction, TypeMapping
from server.domain.rules import Parting, PartingRules


def one_way(document: Document) -> Document:
    """The document as it counts: in a migration nothing is written to the side that everything leaves."""
    way = document.migration
    if way is None:
        return document
    comments, files, links = document.comments, document.attachments, document.links
    return replace(
        document,
        creates=way,
        types=tuple(_type_one_way(one, way) for one in document.types),
        comments=replace(comments, direction=_both_allow(comments.direction, way)),
        attachments=replace(files, direction=_both_allow(files.direction, way)),
        links=replace(links, direction=_both_allow(links.direction, way), parents=_both_allow(links.parents, way)),
        deletions=_parting_one_way(document.deletions, way),
        scope=replace(document.scope, leaving=_parting_one_way(document.scope.leaving, way)),
        audience=replace(document.audience, leaving=_parting_one_way(document.audience.leaving, way)),
    )


def sides(document: Document) -> tuple[Side, ...]:
    """The sides whose changes matter: in a migration only that which everything leaves."""
    return tuple(side for side in Side if document.migration is None or document.migration.allows(side.other))


def _type_one_way(type_: TypeMapping, way: Direction) -> TypeMapping:
    fields = ((one, _both_allow(one.direction, way)) for one in type_.fields)
    return replace(type_, fields=tuple(replace(one, direction=left) for one, left in fields if left is not None))


def _parting_one_way(rules: PartingRules, way: Direction) -> PartingRules:
    if way is Direction.TO_RIGHT:
        return replace(rules, on_left=Parting.IGNORE)
    return replace(rules, on_right=Parting.IGNORE)


def _both_allow(direction: Direction | None, way: Direction) -> Direction | None:
    return way if direction in (Direction.BOTH, way) else None
