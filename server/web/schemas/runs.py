"""Runs, and the lines of history."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, RootModel

from server.web.schemas.base import LARGEST, Query, Reply

RunState = Literal["running", "succeeded", "partial", "failed", "cancelled"]


class PaceOut(Reply):
    """``rate`` is in items a second, ``seconds_left`` what the rest takes at that rate; null: it cannot be said yet."""

    rate: float | None
    seconds_left: float | None


class RunOut(Reply):
    """One run. ``done`` of ``total`` items were looked at; ``counts`` by kind (created, updated, comments, ...).

    ``uncounted``: whose items are not in ``total`` yet, by name of the connection.

    ``argument`` is what was asked for, where a person asked for the run (the run that is undone, the items, ...).
    """

    id: UUID
    integration: UUID
    integration_name: str
    trigger: str
    argument: dict[str, Any]
    state: RunState
    phase: str
    done: int
    total: int | None
    uncounted: str
    counts: dict[str, int]
    message: str
    cancel_requested: bool
    started_at: datetime
    finished_at: datetime | None
    pace: PaceOut


class RunList(RootModel[tuple[RunOut, ...]]):
    """Runs, the newest first."""


class RunsQuery(Query):
    """Which runs."""

    integration: UUID | None = None
    limit: int = Field(default=50, ge=1, le=500)


class RunPath(Query):
    """Which run."""

    id: UUID


class EventsQuery(Query):
    """Lines with an id greater than ``after``."""

    after: int = Field(default=0, ge=0, le=LARGEST)
    limit: int = Field(default=200, ge=1, le=1000)


class NoteOut(Reply):
    """What was done to or decided about one field, comment or file, and why."""

    what: str
    side: str | None = None
    field: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""


class EventOut(Reply):
    """One line of history: what a run did with one item."""

    id: int
    at: datetime
    integration: UUID
    run: UUID | None
    pair: UUID | None
    side: str
    item_id: str
    item_key: str
    outcome: str
    summary: str
    detail: tuple[NoteOut, ...]


class EventPage(Reply):
    """Lines, oldest first. ``next`` is what to give as ``after`` next time, whether or not more is there yet."""

    events: tuple[EventOut, ...]
    next: int
