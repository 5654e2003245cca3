"""Pairs as people look at them: both sides with labelled values, comments, files, history; it must not write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.domain.item import Side
from server.domain.values import AppUser, FieldKind, FieldSpec
from server.engine.apart import Apart
from server.services.apart import apart
from server.services.apps import Apps
from server.services.labels import Labels
from server.services.meant import meant
from server.services.scope import TenantScope
from server.store import connections, history, integrations, items
from server.store.history import ConflictRow, EventRow, HoldRow
from server.store.integrations import Integration
from server.store.items import AttachmentRow, CommentRow, PairPage, PairRow, SideRow

_HISTORY = 200
_PEOPLE = frozenset({FieldKind.USER, FieldKind.USERS})


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value as last seen: ``shown`` is for people, ``value`` the app's own."""

    field: str
    label: str
    shown: str
    value: Any
    kind: str


@dataclass(frozen=True, slots=True)
class ItemSide:
    """One side of a pair. ``name`` is the connection's; ``restricted``: the app's word for an audience of its own."""

    id: str
    key: str
    url: str
    type: str
    name: str
    fields: tuple[FieldValue, ...]
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """A pair with everything known of it. ``apart``: the fields that the two sides hold differently, and why."""

    id: str
    integration: str
    integration_name: str
    title: str
    state: str
    origin: str
    left: ItemSide | None
    right: ItemSide | None
    comments: tuple[CommentRow, ...]
    attachments: tuple[AttachmentRow, ...]
    holds: tuple[HoldRow, ...]
    conflicts: tuple[ConflictRow, ...]
    history: tuple[EventRow, ...]
    created_at: datetime
    synced_at: datetime | None
    apart: tuple[Apart, ...] = ()


def page(
    scope: TenantScope, integration: str | None, words: str, state: str, after: str, limit: int, *, every: bool = True
) -> PairPage:
    """A page of pairs, the last synced first; ``words`` may be an item's address.

    ``every``: titles of restricted items are searched, too. Raises ``PutRight`` when ``after`` is no place of the list.
    """
    with scope.reading() as tx:
        address = None
        if "://" in words:
            known = meant(words, {one.id: one for one in connections.every(tx)})
            address = known.urls, known.named({one.id: one for one in integrations.every(tx)})
        return items.page(
            tx,
            integration=integration,
            words=words,
            state=state,
            after=after,
            limit=limit,
            address=address,
            every=every,
        )


def detail(scope: TenantScope, apps: Apps, pair_id: str, *, viewer: bool = False) -> Detail:
    """One pair with everything known of it. Raises ``NotFound``.

    ``viewer``: it is for somebody who may only look, so apps are asked for names only where the integration allows it.
    """
    with scope.transaction() as tx:
        pair = items.get(tx, pair_id)
        integration = integrations.get(tx, pair.integration)
        names = {one.id: one.name for one in connections.every(tx)}
        comments, attachments = items.comments(tx, pair_id), items.attachments(tx, pair_id)
        held, conflicts = history.holds_of_pair(tx, pair_id), history.conflicts_of_pair(tx, pair_id, _HISTORY)
        lines = history.events_of_pair(tx, pair_id, _HISTORY)
    if viewer and not integration.document.viewers_ask:
        apps = apps.silent()
    # The transaction is over before an app is asked for its labels: a slow app must not hold a connection.
    left, right = (_side(scope, apps, integration, pair, side, names) for side in Side)
    return Detail(
        pair.id,
        pair.integration,
        pair.integration_name,
        pair.title,
        pair.state,
        pair.origin,
        left,
        right,
        comments,
        attachments,
        held,
        conflicts,
        lines,
        pair.created_at,
        pair.synced_at,
        apart(scope, apps, integration, pair, conflicts),
    )


def shown(value: Any, spec: FieldSpec | None, users: tuple[AppUser, ...]) -> str:
    """A value as people read it: names in the place of ids, where they are known."""
    if value is None or value == "":
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(shown(one, spec, users) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if spec is not None and spec.kind in _PEOPLE:
        return next((user.name for user in users if user.id == str(value)), str(value))
    options = spec.options if spec is not None else ()
    return next((option.name for option in options if option.id == str(value)), str(value))


def _side(
    scope: TenantScope, apps: Apps, integration: Integration, pair: PairRow, side: Side, names: dict[str, str]
) -> ItemSide | None:
    row: SideRow | None = pair.left if side is Side.LEFT else pair.right
    if row is None:
        return None
    fields = labelled(scope, apps, integration, side, row.type, row.snapshot)
    name = names.get(integration.document.side(side).connection, "")
    return ItemSide(row.id, row.key, row.url, row.type, name, fields, row.restricted)


def labelled(
    scope: TenantScope, apps: Apps, integration: Integration, side: Side, item_type: str, values: Mapping[str, Any]
) -> tuple[FieldValue, ...]:
    """Values of one side as people read them, in the mapping's order."""
    settings = integration.document.side(side)
    labels = apps.labels(scope, settings.connection, settings.container, item_type) if item_type else Labels()
    specs = {spec.id: spec for spec in labels.fields}
    order = list(dict.fromkeys([*mapped(integration, side, item_type), *sorted(values)]))
    return tuple(_value(name, values[name], specs.get(name), labels.users) for name in order if name in values)


def _value(name: str, value: Any, spec: FieldSpec | None, users: tuple[AppUser, ...]) -> FieldValue:
    label = spec.name if spec is not None else name.replace("_", " ").capitalize()
    return FieldValue(name, label, shown(value, spec, users), value, spec.kind.value if spec is not None else "text")


def mapped(integration: Integration, side: Side, item_type: str) -> list[str]:
    """The fields of a type that travel, in the mapping's order, the same on both sides."""
    return [
        rule.left if side is Side.LEFT else rule.right
        for types in integration.document.types
        if (types.left if side is Side.LEFT else types.right) == item_type
        for rule in types.fields
    ]
