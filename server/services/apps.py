"""Looks into the apps for a person who configures: containers, types, fields, people, links; it must not write there.

What an app says about its fields is kept for a minute, so that a page of items does not ask once an item.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from server.connectors.base import Connector, Container, ItemType
from server.connectors.room import Held
from server.domain.errors import LockstepError, PutRight
from server.domain.item import PARENT
from server.domain.values import AppUser, FieldSpec
from server.services.connections import keep_seen, open_connector
from server.services.labels import Labels, hold, keep, kept
from server.services.scope import TenantScope
from server.store import connections

T = TypeVar("T")

_BELIEVED_SECONDS = 60.0
_KEPT = 256


@dataclass(slots=True)
class Apps:
    """What the apps said a moment ago. Thread-safe, bounded. ``asks``: an app may be asked for what is not known."""

    asks: bool = True
    _labels: OrderedDict[tuple[str, ...], tuple[float, Labels, Held | None]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def silent(self) -> Apps:
        """The same, for who may not have the apps asked."""
        return replace(self, asks=False)

    def labels(self, scope: TenantScope, connection_id: str, container: str, item_type: str) -> Labels:
        """The labels of a type; empty while the app does not answer, for then ids must do."""
        key = (scope.id, connection_id, container, item_type)
        now = time.monotonic()
        held: Held | None
        with self._lock:
            known = self._labels.get(key)
        if known is not None and now - known[0] < _BELIEVED_SECONDS:
            return known[1]
        if not self.asks:
            return kept(scope, connection_id, container, item_type) or (known[1] if known is not None else Labels())
        try:
            labels = with_connector(
                scope,
                connection_id,
                lambda app: Labels(
                    app.fields(container, item_type),
                    app.users(container),
                    app.text_format,
                    app.abilities(container),
                    app.zone(),
                ),
            )
            keep(scope, connection_id, container, item_type, labels)
            held = hold(scope, labels.fields, labels.users)
        except LockstepError as error:
            scope.log.info("an app did not name its fields", connection=connection_id, reason=error.message)
            stored = known[1] if known is not None else kept(scope, connection_id, container, item_type)
            labels, held = stored or Labels(), None if known is None else known[2]
        with self._lock:
            self._labels[key] = (now, labels, held)
            self._labels.move_to_end(key)
            while len(self._labels) > _KEPT or self._is_stale(now):
                self._labels.popitem(last=False)
        return labels

    def _is_stale(self, now: float) -> bool:
        """Whether the oldest is not worth its memory any more: the store has it, too."""
        asked_at, _, held = next(iter(self._labels.values()))
        return held is not None and held.size > 0 and now - asked_at > _BELIEVED_SECONDS


def with_connector(scope: TenantScope, connection_id: str, ask: Callable[[Connector], T]) -> T:
    """Open the connection, ask, close. Raises ``NotFound`` and what the app raises."""
    with scope.reading() as tx:
        row = connections.get(tx, connection_id)
    connector = open_connector(scope, row)
    try:
        answer = ask(connector)
        keep_seen(scope, connection_id, connector)
        return answer
    finally:
        connector.close()


def containers(scope: TenantScope, connection_id: str) -> tuple[Container, ...]:
    """What the account may see and write to."""
    return with_connector(scope, connection_id, lambda app: app.containers())


def item_types(scope: TenantScope, connection_id: str, container: str) -> tuple[ItemType, ...]:
    """The types of a container. Raises ``PutRight`` when the container is not there."""
    return with_connector(scope, connection_id, lambda app: app.item_types(_there(app, container)))


def fields(scope: TenantScope, connection_id: str, container: str, item_type: str) -> tuple[FieldSpec, ...]:
    """The fields of a type. Raises ``PutRight`` when container or type is not there."""

    def ask(app: Connector) -> tuple[FieldSpec, ...]:
        if all(one.id != item_type for one in app.item_types(_there(app, container))):
            raise PutRight(f"There is no item type {item_type!r} in {container!r} (any more).", field="type")
        return app.fields(container, item_type)

    return with_connector(scope, connection_id, ask)


def users(scope: TenantScope, connection_id: str, container: str) -> tuple[AppUser, ...]:
    """The people who may be assigned in a container. Raises ``PutRight`` when it is not there."""
    return with_connector(scope, connection_id, lambda app: app.users(_there(app, container)))


def link_kinds(scope: TenantScope, connection_id: str, container: str) -> tuple[str, ...]:
    """What items of a container may be to each other, parents apart; none where the app (or we) cannot set links.

    Raises ``PutRight`` when the container is not there.
    """

    def ask(app: Connector) -> tuple[str, ...]:
        there = _there(app, container)
        kinds = app.link_kinds(there) if app.manifest.capabilities.links else ()
        return tuple(one for one in kinds if one != PARENT)

    return with_connector(scope, connection_id, ask)


def _there(app: Connector, container: str) -> str:
    if all(one.id != container for one in app.containers()):
        raise PutRight(
            f"There is no {container!r} in {app.manifest.title} (any more), or the account may not see it.",
            field="container",
        )
    return container
