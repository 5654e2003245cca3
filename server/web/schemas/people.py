"""People: the table of who is who in the apps, the users who sign in, their tokens, the audit, and egress."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, RootModel

from server.web.schemas.base import LARGEST, Body, Query, Reply
from server.web.schemas.session import Password, Role


class Person(Body):
    """A user of an app and the person they are; rows with the same ``person`` are one human being."""

    connection: UUID
    app_user: str = Field(min_length=1, max_length=200)
    person: str = Field(min_length=1, max_length=200)


class People(RootModel[tuple[Person, ...]]):
    """The whole table."""


class UserOut(Reply):
    """Someone who may sign in."""

    id: UUID
    login: str
    name: str
    email: str
    role: Role
    disabled: bool
    created_at: datetime
    has_password: bool
    second_factor: bool


class UserList(RootModel[tuple[UserOut, ...]]):
    """Everyone who may sign in, by login."""


class UserIn(Body):
    """A new user. ``invited``: they choose their password by a one-time link; else one left out is made, shown once."""

    login: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$")
    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    role: Role = "viewer"
    password: Password | None = Field(default=None, repr=False)
    invited: bool = False


class UserChange(Body):
    """What an account is from now on; what is left out stays. ``disabled``: it signs in no more, its sessions end."""

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=200)
    role: Role | None = None
    disabled: bool | None = None


class PasswordLinkOut(Reply):
    """A one-time link to choose a password; ``path`` is below the tenant's address, and shown this once."""

    path: str
    expires_at: datetime


class UserMade(Reply):
    """The new user; ``password`` only when it was made here, ``link`` only when they were invited; shown this once."""

    user: UserOut
    password: str | None
    link: PasswordLinkOut | None


class IdPath(Query):
    """Which one."""

    id: UUID


class TokenOut(Reply):
    """An API token; the token itself is never shown again."""

    id: UUID
    name: str
    login: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class TokenList(RootModel[tuple[TokenOut, ...]]):
    """The caller's API tokens."""


class TokenIn(Body):
    """A new API token for the caller."""

    name: str = Field(min_length=1, max_length=100)
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class TokenMade(Reply):
    """A new API token. ``token`` is shown this once; send it as ``Authorization: Bearer``."""

    id: UUID
    name: str
    token: str
    expires_at: datetime | None


class AuditQuery(Query):
    """Entries with an id smaller than ``before`` (0: the newest)."""

    before: int = Field(default=0, ge=0, le=LARGEST)
    limit: int = Field(default=100, ge=1, le=500)


class AuditEntry(Reply):
    """Who did what, when."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class AuditPage(Reply):
    """Entries, the newest first. ``next`` is what to give as ``before``; 0 on the last page."""

    entries: tuple[AuditEntry, ...]
    next: int


class EgressOut(Reply):
    """A host that was contacted (or that a request was refused to), and how often.

    ``address`` is what its name came to, ``via`` the proxy that it was asked through.
    """

    host: str
    port: int
    address: str
    via: str
    connection: UUID
    connection_name: str
    requests: int
    refused: int
    first_at: datetime
    last_at: datetime


class EgressList(RootModel[tuple[EgressOut, ...]]):
    """Every host that was ever contacted."""


class SignInRules(Body):
    """What the tenant asks of those who sign in."""

    second_factor_for_admins: bool


class SignInRulesOut(Reply):
    """What the tenant asks of those who sign in."""

    second_factor_for_admins: bool
