"""Signing in, and who is signed in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.web.schemas.base import Body, Query, Reply

Role = Literal["admin", "viewer"]


class SignIn(Body):
    """A person's login and password."""

    login: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=1000, repr=False)


class Me(Reply):
    """Who is signed in. ``csrf`` goes into the header ``X-CSRF-Token`` of every request that changes something."""

    login: str
    name: str
    role: Role
    csrf: str
    tenant: str
    tenant_title: str
    cluster: str


class EnterQuery(Query):
    """The one-time token of an entry link."""

    token: str = Field(min_length=1, max_length=200)
