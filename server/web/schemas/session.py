"""Signing in, and who is signed in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from server.domain.password import MOST
from server.web.schemas.base import Body, Query, Reply

Role = Literal["admin", "viewer"]


Password = Annotated[str, StringConstraints(min_length=1, max_length=MOST, strip_whitespace=False)]
"""Any characters, as they were typed. Which may be chosen is judged by ``server.domain.password``."""
Code = Annotated[str, StringConstraints(max_length=64)]
"""What an authenticator app shows, or a recovery code."""


class SignIn(Body):
    """A person's login and password; ``code``: of the second factor, for who has one."""

    login: str = Field(min_length=1, max_length=200)
    password: Password = Field(repr=False)
    code: Code = Field(default="", repr=False)


class ChosenPassword(Body):
    """A new password, with the token of the link that was made for it. ``revoke_tokens``: end the API tokens, too."""

    token: str = Field(min_length=1, max_length=200, repr=False)
    password: Password = Field(repr=False)
    revoke_tokens: bool = True


class Login(Reply):
    """For whom a password was chosen."""

    login: str


class Me(Reply):
    """Who is signed in. ``csrf`` goes into the header ``X-CSRF-Token`` of every request that changes something.

    ``owes_second_factor``: an administrator who may change nothing but the account until a second factor is set up.
    """

    login: str
    name: str
    role: Role
    csrf: str
    tenant: str
    tenant_title: str
    cluster: str
    owes_second_factor: bool


class EnterQuery(Query):
    """The one-time token of an entry link."""

    token: str = Field(min_length=1, max_length=200)
