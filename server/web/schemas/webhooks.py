"""Webhooks: the public address of a connection, and what came by it; the secret is shown once and never again."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from server.web.schemas.base import Query, Reply


class WebhookOut(Reply):
    """A connection's webhook. ``waiting``: hints that are not settled yet.

    ``dropped``: items whose hints came too many at once, so that the whole feed was read instead.
    """

    active: bool
    created_at: datetime | None
    heard_at: datetime | None
    received: int
    dropped: int
    waiting: int


class WebhookSecret(Reply):
    """The address to enter in the app. It holds the secret, so it is shown this once."""

    url: str


class HookPath(Query):
    """The secret of an address."""

    secret: str = Field(min_length=1, max_length=100)
