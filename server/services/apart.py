"""What the two sides of a pair hold differently, by what was last seen; it must not ask an app for an item, nor write.

An app that does not name its fields leaves nothing to compare by: then nothing is said of any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.domain.errors import PutRight
from server.domain.item import Side
from server.domain.mapping import TypeMapping
from server.domain.values import Value
from server.engine import apart as engine
from server.engine.apart import Apart
from server.engine.mapping import SideShape, compile_mapping
from server.services.apps import Apps
from server.services.scope import TenantScope
from server.services.sync.ends import who_is_who
from server.store.history import ConflictRow
from server.store.integrations import Integration
from server.store.items import PairRow, SideRow

_PARTED = "The two are not kept in step, so nothing travels."


def apart(
    scope: TenantScope, apps: Apps, row: Integration, pair: PairRow, conflicts: Sequence[ConflictRow]
) -> tuple[Apart, ...]:
    """The mapped fields that differ, each with the reason why it stays so; none while a side is not there yet."""
    if pair.left is None or pair.right is None:
        return ()
    there = {Side.LEFT: pair.left, Side.RIGHT: pair.right}
    types = _types(row, there)
    if types is None:
        return ()
    document = replace(row.document, types=(types,))
    left, right = (_shape(scope, apps, row, side, there[side].type) for side in Side)
    if left is None or right is None:
        return ()
    try:
        mapping = compile_mapping(document, left, right, who_is_who(scope, document))
    except PutRight:  # a field is gone; the integration itself says so
        return ()
    seen = {side: _values(there[side].snapshot) for side in Side}
    undecided = {one.field_left for one in conflicts if one.winner == "held"}
    found = engine.apart(mapping.types[0], seen, undecided)
    return tuple(replace(one, reason=_PARTED) for one in found) if pair.state in ("ended", "outside") else found


def _types(row: Integration, there: Mapping[Side, SideRow]) -> TypeMapping | None:
    both = (
        one for one in row.document.types if (one.left, one.right) == (there[Side.LEFT].type, there[Side.RIGHT].type)
    )
    return next(both, None)


def _shape(scope: TenantScope, apps: Apps, row: Integration, side: Side, item_type: str) -> SideShape | None:
    settings = row.document.side(side)
    labels = apps.labels(scope, settings.connection, settings.container, item_type)
    if not labels.fields:
        return None
    return SideShape(
        side, side.value, settings.container, labels.text_format, {item_type: labels.fields}, users=labels.users
    )


def _values(snapshot: Mapping[str, Any]) -> dict[str, Value]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in snapshot.items()}
