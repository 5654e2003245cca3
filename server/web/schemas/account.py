"""One's own account: password, second factor, sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field, RootModel

from server.web.schemas.base import Body, Query, Reply
from server.web.schemas.session import Code, Password, Role


class AccountOut(Reply):
    """One's own account.

    ``second_factor_since``: null without one; ``recovery_codes_left``: of ten; ``needs_second_factor``: the tenant asks
    for one. ``has_password``: false for who has only come in by links so far.
    """

    login: str
    name: str
    email: str
    role: Role
    created_at: datetime
    has_password: bool
    password_at: datetime
    second_factor_since: datetime | None
    recovery_codes_left: int
    needs_second_factor: bool


class AccountChange(Body):
    """One's own name and e-mail from now on; ``current`` is the password."""

    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    current: Password = Field(repr=False)


class PasswordChange(Body):
    """Another password; ``current`` is the one until now. ``revoke_tokens``: end one's API tokens, too."""

    current: Password = Field(repr=False)
    password: Password = Field(repr=False)
    revoke_tokens: bool = True


class SessionOut(Reply):
    """A session: since when, when it was used last, from where and with what. ``this``: the one that asks.

    ``console``: it was begun by a link of the console. ``seen_at`` is true to five minutes.
    """

    id: UUID
    begun_at: datetime
    seen_at: datetime
    address: str
    browser: str
    console: bool
    this: bool


class SessionList(RootModel[tuple[SessionOut, ...]]):
    """One's own sessions, the last used first."""


class EndSessions(Query):
    """``keep_this``: all but the session that asks."""

    keep_this: bool = False


class AgainWithCode(Body):
    """The password once more, and where there is a second factor a code of it."""

    current: Password = Field(repr=False)
    code: Code = Field(default="", repr=False)


class FactorSetup(Reply):
    """What an authenticator app is told, this once. ``address`` is what the picture ``qr`` (a data URL) says."""

    secret: str = Field(repr=False)
    address: str = Field(repr=False)
    qr: str = Field(repr=False)


class FirstCode(Body):
    """The first code of a new authenticator app."""

    code: Code = Field(repr=False)


class RecoveryCodes(Reply):
    """Codes that sign in once each where the authenticator app is lost; shown this once.

    ``csrf``: the session goes on under another token; empty when it stays as it was.
    """

    codes: tuple[str, ...] = Field(repr=False)
    csrf: str
