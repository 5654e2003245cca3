"""Webhooks: an app tells that something changed; it is verified, stored and woken for, and answered at once.

What is told is never believed: the item is fetched and takes the same way as one that a poll found. With every webhook
lost, polling still finds everything.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.connectors import registry
from server.domain.errors import NotFound
from server.services.scope import TenantScope
from server.services.tries import TooManyAttempts
from server.store import audit, connections, inbox, webhooks
from server.store.inbox import WHOLE_FEED

MOST_BYTES: Final = 1024 * 1024
"""What a delivery may weigh; apps send the whole item, and nothing but its id is read."""

_COST: Final = timedelta(seconds=1 / 50)
_CREDIT: Final = timedelta(seconds=10)
"""Fifty deliveries a second in the long run, five hundred at once."""
_MOST_WAITING: Final = 5000
_MOST_NAMED: Final = 100
_LONGEST_ID: Final = 200
_QUIET: Final = timedelta(hours=1)


class TooManyHints(TooManyAttempts):
    """An app tells more than we take; polling finds what is lost by it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection's webhook as it may be shown; never its secret. ``waiting``: hints that are not settled yet."""

    active: bool
    created_at: datetime | None = None
    heard_at: datetime | None = None
    received: int = 0
    dropped: int = 0
    waiting: int = 0


def get(scope: TenantScope, connection_id: str) -> Shown:
    """The webhook of a connection. Raises ``NotFound``."""
    with scope.reading() as tx:
        connections.get(tx, connection_id)
        hook = webhooks.get(tx, connection_id)
        if hook is None:
            return Shown(active=False)
        waiting = inbox.waiting_at(tx, connection_id)
    return Shown(True, hook.created_at, hook.heard_at, hook.received, hook.dropped, waiting)


def renew(scope: TenantScope, actor: str, connection_id: str) -> str:
    """Give a connection a webhook, or its webhook another secret; the secret, which is never shown again.

    Raises ``NotFound``.
    """
    secret = secrets.token_urlsafe(32)
    with scope.transaction() as tx:
        row = connections.get(tx, connection_id)
        webhooks.put(tx, connection_id, _digest(secret))
        audit.add(tx, actor, "webhook made", row.name)
    return secret


def remove(scope: TenantScope, actor: str, connection_id: str) -> None:
    """Take a connection's webhook away; what it told until now is still looked at. Raises ``NotFound``."""
    with scope.transaction() as tx:
        row = connections.get(tx, connection_id)
        webhooks.remove(tx, connection_id)
        audit.add(tx, actor, "webhook removed", row.name)


def receive(scope: TenantScope, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Keep what an app tells, and wake the tenant's thread. ``body`` is as it came, for signatures are of that.

    A kill before the last commit loses the delivery, and the app gets no answer that says otherwise. Raises
    ``NotFound`` for an unknown secret, ``TooManyHints``, ``NotAllowed`` for a wrong signature, ``PutRight`` for what
    is no delivery.
    """
    digest = _digest(secret)
    with scope.transaction() as tx:
        connection_id = webhooks.connection_of(tx, digest)
        if connection_id is None:
            raise NotFound("There is nothing at this address.")
        if not webhooks.count(tx, digest, _COST, _CREDIT):
            raise TooManyHints("Too much is told at once; what is lost by that is found by polling.", 1)
        row = connections.get(tx, connection_id)
    named = registry.manifest(row.kind).hint(row.all_settings(scope.cipher), headers, body)
    items = [WHOLE_FEED] if named is None or len(named) > _MOST_NAMED else sorted(set(named))
    if any(len(one) > _LONGEST_ID for one in items):
        items = [WHOLE_FEED]
    with scope.transaction_and_wake() as tx:
        inbox.put(tx, connection_id, inbox.listeners(tx, connection_id), items)
        gone = inbox.make_room(tx, connection_id, _MOST_WAITING)
        if gone and webhooks.dropped(tx, connection_id, gone, _QUIET):
            audit.add(tx, "Lockstep", "hints dropped", row.name, {"items": gone, "instead": "the feed is read"})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
