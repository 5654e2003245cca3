"""Integrations; their document is the domain's own ``Document``, shown as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, RootModel

from server.domain.integration import Document, SideSettings
from server.web.schemas.base import Body, Query, Reply

IntegrationState = Literal["draft", "running", "paused"]


class IntegrationOut(Reply):
    """An integration. ``problem`` is empty while nothing is wrong.

    ``outcome`` is the summary of a migration that has come through, empty while it has not. ``shared`` says that
    another tenant works on one of its containers, too; empty: none does. ``appeared`` says what both apps show by now,
    and did not when it was saved, that it could carry; empty: nothing.

    ``cap``: what its first run may do at most, by kind of operation, as its dry run showed it (None: no limit).
    """

    id: UUID
    name: str
    document: Document
    version: int
    state: IntegrationState
    problem: str
    outcome: str
    shared: str
    appeared: str
    due_at: datetime | None
    run_requested: bool
    cap: dict[str, int] | None
    created_at: datetime
    updated_at: datetime


class IntegrationList(RootModel[tuple[IntegrationOut, ...]]):
    """Every integration, by name."""


class IntegrationIn(Body):
    """An integration to save."""

    name: str = Field(min_length=1, max_length=100)
    document: Document


class SuggestIn(Body):
    """The two ends to make a suggestion for."""

    left: SideSettings
    right: SideSettings


class Suggestion(Reply):
    """A document to start from. ``notes`` say what a person should look at."""

    document: Document
    notes: tuple[str, ...]


class IntegrationPath(Query):
    """Which integration."""

    id: UUID
