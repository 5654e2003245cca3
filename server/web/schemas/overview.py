"""The overview: what a person sees first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.web.schemas.base import Reply
from server.web.schemas.connections import ConnectionOut
from server.web.schemas.integrations import IntegrationState
from server.web.schemas.runs import RunOut


class SyncOut(Reply):
    """What the tenant's sync thread last said: starting, idle, syncing, problem, suspended, none."""

    state: str
    message: str
    holder: str
    last_pass_at: datetime | None
    next_pass_at: datetime | None


class IntegrationSummary(Reply):
    """An integration at a glance. ``pairs`` and ``holds`` are numbers of items.

    ``outcome`` is the summary of a migration that has come through; it is no ``problem``.
    """

    id: UUID
    name: str
    state: IntegrationState
    problem: str
    pairs: int
    holds: int
    last_run: RunOut | None
    outcome: str


class Counts(Reply):
    """Totals of the tenant."""

    connections: int
    integrations: int
    pairs: int
    holds: int
    conflicts: int


class Overview(Reply):
    """The state of a tenant."""

    tenant: str
    title: str
    cluster: str
    sync: SyncOut
    integrations: tuple[IntegrationSummary, ...]
    connections: tuple[ConnectionOut, ...]
    counts: Counts
