"""Who is calling: sessions, API tokens, one-time entry links, passwords; it must not know about cookies or headers.

Passwords are argon2id, sessions and tokens are random and kept only as SHA-256. Failed sign-ins are counted in the
tenant's schema before the password is looked at, so many at once are throttled like many in a row.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain.errors import NotAllowed, NotFound, Unavailable
from server.services.scope import TenantScope
from server.store import audit, sessions, tokens, users
from server.store.database import Transaction
from server.store.sessions import Signed

Role = Literal["admin", "viewer"]

SESSION = timedelta(hours=12)
ENTRY_LINK = timedelta(minutes=2)
_WINDOW = timedelta(minutes=15)
_PER_LOGIN_AND_ADDRESS = 5
_PER_LOGIN = 30
_PER_ADDRESS = 60
_TOKEN_PREFIX = "ls_"  # noqa: S105 - says that it is a token, so that scanners of leaked secrets find it


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or the session has ended: sign in (again)."""


class TooManyAttempts(NotAllowed):
    """Too many failed sign-ins. ``retry_after`` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling. ``csrf`` is None for a caller with an API token, which no browser sends by itself."""

    user_id: str
    login: str
    name: str
    role: Role
    csrf: str | None = field(default=None, repr=False)

    def may_change(self) -> None:
        """Raises ``NotAllowed`` unless the caller is an administrator."""
        if self.role != "admin":
            raise NotAllowed("Your account may look but not change anything; ask an administrator.")

    def prove_intent(self, csrf: str | None) -> None:
        """Raises ``NotAllowed`` unless the request carries the session's CSRF token (API tokens need none)."""
        if self.csrf is not None and not hmac.compare_digest(self.csrf.encode(), (csrf or "").encode()):
            raise NotAllowed("The request does not carry the session's token (X-CSRF-Token); reload the page.")


class Passwords:
    """Hashes and checks passwords, a few at a time: each takes 64 MiB and a good part of a second of one core.

    ``patience`` is how many seconds a request waits for its turn.
    """

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2, patience: float = 10.0) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(at_once)
        self._patience = patience
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """The argon2id hash to store. Raises ``Unavailable`` when too many wait."""
        with self._slot():
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes as long when there is no such user."""
        with self._slot():
            try:
                self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
            return stored is not None

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=self._patience):
            raise Unavailable("Too many people sign in at this moment; try again in a few seconds.")
        try:
            yield
        finally:
            self._slots.release()


def sign_in(scope: TenantScope, passwords: Passwords, login: str, password: str, address: str) -> tuple[str, Identity]:
    """Begin a session; the cookie's value and who it is.

    Raises ``NotSignedIn`` for a wrong login or password (never saying which), ``TooManyAttempts``.
    """
    with scope.transaction() as tx:
        failures = sessions.failures(tx, login, address, _WINDOW)
        if failures.both >= _PER_LOGIN_AND_ADDRESS or failures.login >= _PER_LOGIN or failures.address >= _PER_ADDRESS:
            wait = max(1, int(failures.wait.total_seconds()))
            raise TooManyAttempts(f"Too many failed attempts; try again in {_minutes(wait)}.", wait)
        sessions.count_attempt(tx, login, address)
        user = users.by_login(tx, login)
    stored = user.password_hash if user is not None and not user.disabled else None
    if not passwords.matches(stored, password) or user is None:
        with scope.transaction() as tx:
            audit.add(tx, login, "sign-in refused", address)
        raise NotSignedIn("The login or the password is wrong.")
    with scope.transaction() as tx:
        sessions.forget_attempts(tx, login, address)
        return _begin(tx, user.id, address, "signed in")


def enter(scope: TenantScope, token: str, address: str) -> tuple[str, Identity]:
    """Begin a session with a one-time link. Raises ``NotSignedIn`` when it was used before or has expired."""
    with scope.transaction() as tx:
        user_id = sessions.use_entry_link(tx, _hash(token))
    if user_id is None:
        raise NotSignedIn("This link was used before or has expired; open the panel from the console again.")
    with scope.transaction() as tx:
        return _begin(tx, user_id, address, "entered by link")


def make_entry_link(scope: TenantScope) -> str:
    """A token for ``enter``, once, within two minutes, as the tenant's first administrator."""
    token = secrets.token_urlsafe(32)
    with scope.transaction() as tx:
        sessions.add_entry_link(tx, _hash(token), users.first_admin(tx).id, ENTRY_LINK)
        audit.add(tx, "console", "entry link made")
    return token


def by_session(scope: TenantScope, cookie: str) -> Identity:
    """Who the session belongs to. Raises ``NotSignedIn``."""
    with scope.reading() as tx:
        found = sessions.find(tx, _hash(cookie))
        if found is None:
            raise NotSignedIn("Your session has ended; sign in again.")
        if found.stale:
            sessions.prolong(tx, _hash(cookie), SESSION)
    return _identity(found)


def by_token(scope: TenantScope, token: str) -> Identity:
    """Who the API token belongs to. Raises ``NotSignedIn``."""
    with scope.reading() as tx:
        found = tokens.find(tx, _hash(token))
        if found is None:
            raise NotSignedIn("This API token does not exist, has expired or was revoked.")
        if found.stale:
            tokens.touch(tx, _hash(token))
    return _identity(found)


def is_still(scope: TenantScope, who: Identity) -> bool:
    """Whether the account is there, may sign in, and has the role that it had."""
    try:
        with scope.reading() as tx:
            user = users.get(tx, who.user_id)
    except NotFound:
        return False
    return not user.disabled and user.role == who.role


def sign_out(scope: TenantScope, cookie: str, who: Identity) -> None:
    """End the session."""
    with scope.transaction() as tx:
        sessions.end(tx, _hash(cookie))
        audit.add(tx, who.login, "signed out")


def new_token() -> tuple[str, bytes]:
    """A new API token and what is kept of it."""
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, _hash(token)


def _begin(tx: Transaction, user_id: str, address: str, how: str) -> tuple[str, Identity]:
    cookie = secrets.token_urlsafe(32)
    sessions.begin(tx, _hash(cookie), user_id, secrets.token_urlsafe(24), SESSION, address)
    found = sessions.find(tx, _hash(cookie))
    if found is None:
        raise NotSignedIn("This account has been disabled; ask an administrator.")
    audit.add(tx, found.login, how, address)
    return cookie, _identity(found)


def _identity(found: Signed) -> Identity:
    return Identity(found.user_id, found.login, found.name, found.role, found.csrf)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
