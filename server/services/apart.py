"""What the two sides of a pair hold differently, by what was last seen; it must not ask an app for an item, nor write.

An app that does not name its fields leaves nothing to compare by: then nothing is said of any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.domain.errors import PutRight
from server.domain.item import Side
from server.domain.values import Value
from server.engine import apart as engine
from server.engine.apart import Apart
from server.engine.compiling import compile_mapping
from server.engine.mapping import Mapping as Compiled
from server.engine.mapping import SideShape
from server.services.apps import Apps
from server.services.scope import TenantScope
from server.services.sync.ends import allowed, who_is_who, zones_of
from server.store import connections
from server.store.history import ConflictRow
from server.store.integrations import Integration
from server.store.items import PairRow

_PARTED = "The two are not kept in step, so nothing travels."


def apart(
    scope: TenantScope, apps: Apps, row: Integration, pair: PairRow, conflicts: Sequence[ConflictRow]
) -> tuple[Apart, ...]:
    """The mapped fields that differ, each with the reason why it stays so; none while a side is not there yet."""
    if pair.left is None or pair.right is None:
        return ()
    there = {Side.LEFT: pair.left, Side.RIGHT: pair.right}
    mapping = compiled(scope, apps, row, {side: there[side].type for side in Side})
    if mapping is None:
        return ()
    seen = {side: _values(there[side].snapshot) for side in Side}
    undecided = {one.field_left for one in conflicts if one.winner == "held"}
    found = engine.apart(mapping.types[0], seen, undecided)
    return tuple(replace(one, reason=_PARTED) for one in found) if pair.state in ("ended", "outside") else found


def compiled(scope: TenantScope, apps: Apps, row: Integration, types: Mapping[Side, str]) -> Compiled | None:
    """The mapping of these two types alone, by what the apps said of their fields a moment ago.

    None: the two types are mapped no longer, an app does not name its fields, or a mapped field is gone.
    """
    wanted = (types[Side.LEFT], types[Side.RIGHT])
    kind = next((one for one in row.document.types if (one.left, one.right) == wanted), None)
    if kind is None:
        return None
    document = replace(row.document, types=(kind,))
    left, right = (_shape(scope, apps, row, side, types[side]) for side in Side)
    if left is None or right is None:
        return None
    try:
        return compile_mapping(document, left, right, who_is_who(scope, document), document.types)
    except PutRight:  # a field is gone; the integration itself says so
        return None


def _shape(scope: TenantScope, apps: Apps, row: Integration, side: Side, item_type: str) -> SideShape | None:
    settings = row.document.side(side)
    labels = apps.labels(scope, settings.connection, settings.container, item_type)
    if not labels.fields:
        return None
    with scope.reading() as tx:
        name = connections.get(tx, settings.connection).name
    return SideShape(
        side,
        name,
        settings.container,
        labels.text_format,
        {item_type: labels.fields},
        labels.users,
        **allowed(labels.able),
        file_names=labels.able.file_names,
        zones=zones_of(labels.zone, labels.users),
    )


def _values(snapshot: Mapping[str, Any]) -> dict[str, Value]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in snapshot.items()}
