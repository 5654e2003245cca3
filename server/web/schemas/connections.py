"""Connectors, connections, and what an app has: containers, types, fields, people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, RootModel

from server.domain.schedule import Schedule
from server.domain.values import AppUser, FieldSpec
from server.web.schemas.base import Body, Query, Reply


class SettingOut(Reply):
    """One setting of a connection; the panel's form is drawn from these, in this order."""

    name: str
    label: str
    kind: Literal["url", "text", "secret", "choice", "flag"]
    required: bool
    help: str
    default: str
    choices: tuple[str, ...]


class CapabilitiesOut(Reply):
    """What the app can do."""

    private_comments: bool
    edits_comments: bool
    deletes_comments: bool
    attachments: bool
    deletes_attachments: bool
    links: bool
    closes_items: bool
    deletes_items: bool
    keeps_created_at: bool | None
    restricted_items: bool
    silent_edits: str


class ConnectorOut(Reply):
    """A kind of app."""

    kind: str
    title: str
    settings: tuple[SettingOut, ...]
    capabilities: CapabilitiesOut


class ConnectorList(RootModel[tuple[ConnectorOut, ...]]):
    """Every kind of app, in the order to show them."""


class ConnectionOut(Reply):
    """A connection. Secrets never leave the server: ``secrets_set`` names those that are there.

    ``slowed_until``: nothing is sent before, because the app asked for a pause; ``slowed_reason`` says so in words.
    """

    id: UUID
    name: str
    kind: str
    settings: dict[str, str]
    secrets_set: tuple[str, ...]
    state: Literal["active", "paused"]
    problem: str
    app: str
    account: str
    checked_at: datetime | None
    slowed_until: datetime | None
    slowed_reason: str
    schedule: Schedule


class ConnectionList(RootModel[tuple[ConnectionOut, ...]]):
    """Every connection, by name."""


class ConnectionIn(Body):
    """A connection to save. When changing, a secret that is left out (or empty) keeps its value; so does the schedule.

    The schedule holds for integrations that have no times of their own; its windows hold for all.
    """

    name: str = Field(min_length=1, max_length=100)
    kind: str = Field(min_length=1, max_length=50)
    settings: dict[str, str] = Field(default_factory=dict, repr=False)
    schedule: Schedule | None = None


class ConnectionTrial(Body):
    """Settings to be tried without saving. ``id``: the connection whose secrets stand in for those left out."""

    kind: str = Field(min_length=1, max_length=50)
    settings: dict[str, str] = Field(default_factory=dict, repr=False)
    id: UUID | None = None


class ConnectionVerdict(Reply):
    """The outcome of a test. ``problem`` is the exact reason, with what to do, when it is not ``ok``."""

    ok: bool
    app: str = ""
    account: str = ""
    warnings: tuple[str, ...] = ()
    problem: str = ""


class ConnectionPath(Query):
    """Which connection."""

    id: UUID


class ContainerQuery(Query):
    """Which container."""

    container: str = Field(min_length=1, max_length=500)


class FieldsQuery(ContainerQuery):
    """Which type of which container."""

    type: str = Field(min_length=1, max_length=500)


class ContainerOut(Reply):
    """A project, queue or tracker that holds items."""

    id: str
    name: str


class ContainerList(RootModel[tuple[ContainerOut, ...]]):
    """What the account may see."""


class ItemTypeOut(Reply):
    """A type of item."""

    id: str
    name: str


class ItemTypeList(RootModel[tuple[ItemTypeOut, ...]]):
    """The types of a container."""


class FieldList(RootModel[tuple[FieldSpec, ...]]):
    """The fields of a type, options included."""


class LinkKindList(RootModel[tuple[str, ...]]):
    """What items of a container may be to each other, by the app's own names; parents are no link."""


class AppUserList(RootModel[tuple[AppUser, ...]]):
    """The people of an app."""
