"""Who is calling: sessions, API tokens, one-time entry links, passwords; it must not know about cookies or headers.

Passwords are argon2id, sessions and tokens are random and kept only as SHA-256. A try is counted before the password is
looked at (``services/tries``), so many at once wait like many in a row.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, NoReturn

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain.errors import Conflicting, NotAllowed, PutRight, Unavailable
from server.domain.password import same
from server.services import devices, second_factor, tries
from server.services.elsewhere import Elsewhere
from server.services.scope import TenantScope
from server.services.tries import Try
from server.store import audit, sessions, tokens, users
from server.store.database import Transaction
from server.store.sessions import Signed
from server.store.users import User

Role = Literal["admin", "viewer"]

SESSION = timedelta(hours=12)
"""So long a session lives that nobody uses."""
LONGEST = timedelta(days=7)
"""So long any session lives."""
ENTRY_LINK = timedelta(minutes=2)
_WRONG = "The login or the password is wrong."
LINK_OVER = "This link was used before or has expired; open the panel from the console again."
SESSION_OVER = "Your session has ended; sign in again."
TOKEN_OVER = "This API token does not exist, has expired or was revoked."  # noqa: S105 - a sentence
_TOKEN_PREFIX = "ls_"  # noqa: S105 - says that it is a token, so that scanners of leaked secrets find it


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or the session has ended: sign in (again)."""


class CodeWanted(NotSignedIn):
    """The password is right, and the account has a second factor: its code is missing or wrong."""

    field = "code"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling. ``csrf`` is None for a caller with an API token, which no browser sends by itself.

    ``proof``: the hash of the session or token. ``owes``: an administrator who has no second factor where the tenant
    asks for one; until it is set up they may look, like a viewer, and see to their own account.
    """

    user_id: str
    login: str
    name: str
    role: Role
    csrf: str | None = field(default=None, repr=False)
    proof: bytes = field(default=b"", repr=False)
    owes: bool = False

    @property
    def administers(self) -> bool:
        """Whether the caller has an administrator's rights now."""
        return self.role == "admin" and not self.owes

    def may_change(self) -> None:
        """Raises ``NotAllowed`` unless the caller is an administrator."""
        if self.role != "admin":
            raise NotAllowed("Your account may look but not change anything; ask an administrator.")
        if self.owes:
            raise NotAllowed(
                "Administrators of this tenant need a second factor; set one up on the page Account, then go on."
            )

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
            return self._hasher.hash(same(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes as long when there is no such user."""
        with self._slot():
            try:
                self._hasher.verify(stored or self._nobody, same(password))
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


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request to sign in comes from: the address, what the browser calls itself, the device's sealed word."""

    address: str
    browser: str = ""
    device: str = field(default="", repr=False)


def sign_in(
    scope: TenantScope, passwords: Passwords, login: str, password: str, code: str, caller: Caller
) -> tuple[str, Identity]:
    """Begin a session; the cookie's value and who it is.

    Raises ``NotSignedIn`` for a wrong login or password (never saying which), ``CodeWanted`` where those are right and
    ``code`` is not that of the second factor, ``TooManyAttempts``.
    """
    tried = Try(scope.name, login, caller.address, devices.known_to(scope.cipher, caller.device, login))
    counted = tries.count(scope.database, tried)
    user = _known(scope, passwords, login, password, caller.address)
    if code:
        tries.count_code(scope.database, tried)
    with scope.transaction() as tx:
        _require_same(tx, user)
        how = second_factor.accept(tx, scope.cipher, user, code)
        begun = None if how is None else _begin(tx, user.id, caller, "signed in", how)
    if begun is not None or not code:
        tries.take_back(scope.database, tried, counted)
    if begun is not None:
        return begun
    if code:
        with scope.transaction() as tx:
            audit.add(tx, user.login, "sign-in refused", caller.address, {"code": "wrong or used"})
        raise CodeWanted("The code is wrong, was used before or is too old; wait for the next one and type that.")
    raise CodeWanted("Type the code that your authenticator app shows now, or one of your recovery codes.")


def prove_again(scope: TenantScope, passwords: Passwords, who: Identity, password: str, address: str) -> User:
    """Whoever is signed in shows that they know the password, before their way in is changed.

    It counts as a failed sign-in until it is ``proven``. Raises ``PutRight`` for a wrong one, ``TooManyAttempts``.
    """
    with scope.reading() as tx:
        has_one = users.get(tx, who.user_id).password_hash is not None
    if not has_one:
        raise Conflicting("Your account has no password yet; have a link made with which you choose one.")
    tries.count(scope.database, _again(scope, who, address))
    try:
        return _known(scope, passwords, who.login, password, address)
    except NotSignedIn as error:
        raise PutRight("This is not your password.", field="current") from error


def proven(scope: TenantScope, who: Identity, address: str) -> None:
    """The attempt was right, the second factor's code included where one is asked for: it no longer counts."""
    tries.take_back(scope.database, _again(scope, who, address))


def turn_away(place: Elsewhere, passwords: Passwords, login: str, password: str, caller: Caller) -> NoReturn:
    """What becomes of a try to sign in to a tenant that is not there: all that becomes of one with a wrong password.

    Raises ``NotSignedIn``, ``TooManyAttempts``.
    """
    tries.count(place.database, Try(place.tenant, login, caller.address))
    place.pass_the_time()
    passwords.matches(None, password)
    place.pass_the_time()
    raise NotSignedIn(_WRONG)


def require_still(tx: Transaction, who: Identity) -> None:
    """Raises ``NotAllowed`` when the caller's session or token has ended, or may less than it might."""
    if not _still(tx, who):
        raise NotAllowed("Your account was changed meanwhile, or you were signed out; nothing was changed.")


def hold(tx: Transaction, who: Identity) -> None:
    """Have the caller's account stay as it is until the transaction is over. Raises as ``require_still``.

    Who disables the account, or narrows its role, waits for this transaction; or it comes later, and changes nothing.
    """
    users.held(tx, who.user_id)
    require_still(tx, who)


def renew(tx: Transaction, who: Identity) -> tuple[str, Identity]:
    """Another cookie and CSRF token for the caller's session; the old ones are worth nothing from now on."""
    cookie = secrets.token_urlsafe(32)
    sessions.renew(tx, who.proof, hash_of(cookie))
    return cookie, replace(who, csrf=csrf_of(cookie), proof=hash_of(cookie))


def _again(scope: TenantScope, who: Identity, address: str) -> Try:
    """Whoever is signed in is counted by their account: what strangers try keeps nobody from their own."""
    return Try(scope.name, who.login, address, device="signed in")


def _known(scope: TenantScope, passwords: Passwords, login: str, password: str, address: str) -> User:
    """The user with this login and password; the try was counted. Raises ``NotSignedIn``."""
    with scope.reading() as tx:
        user = users.by_login(tx, login)
    stored = user.password_hash if user is not None and not user.disabled else None
    if not passwords.matches(stored, password) or user is None:
        with scope.transaction() as tx:
            audit.add(tx, login, "sign-in refused", address)
        raise NotSignedIn(_WRONG)
    return user


def _require_same(tx: Transaction, user: User) -> None:
    """A password takes a while to check; what was changed meanwhile shall not begin a session with the old one."""
    now = users.locked(tx, user.id)
    if (now.password_hash, now.factor, now.disabled) != (user.password_hash, user.factor, user.disabled):
        raise NotSignedIn("The account was changed at this moment; sign in again.")


def enter(scope: TenantScope, token: str, caller: Caller) -> tuple[str, Identity]:
    """Begin a session with a one-time link. Raises ``NotSignedIn`` when it was used before or has expired."""
    with scope.transaction() as tx:
        user_id = sessions.use_entry_link(tx, hash_of(token))
    if user_id is None:
        raise NotSignedIn(LINK_OVER)
    with scope.transaction() as tx:
        return _begin(tx, user_id, caller, "entered by link", console=True)


def make_entry_link(scope: TenantScope) -> str:
    """A token for ``enter``, once, within two minutes, as the tenant's first administrator."""
    token, kept = new_link()
    with scope.transaction() as tx:
        sessions.add_entry_link(tx, kept, users.first_admin(tx).id, ENTRY_LINK)
        audit.add(tx, "console", "entry link made")
    return token


def by_session(scope: TenantScope, cookie: str) -> Identity:
    """Who the session belongs to. Raises ``NotSignedIn``."""
    with scope.reading() as tx:
        found = sessions.find(tx, hash_of(cookie), LONGEST)
        if found is None:
            raise NotSignedIn(SESSION_OVER)
        if found.stale:
            sessions.prolong(tx, hash_of(cookie), SESSION)
    return _identity(found, hash_of(cookie), csrf_of(cookie))


def by_token(scope: TenantScope, token: str) -> Identity:
    """Who the API token belongs to. Raises ``NotSignedIn``."""
    with scope.reading() as tx:
        found = tokens.find(tx, hash_of(token))
        if found is None:
            raise NotSignedIn(TOKEN_OVER)
        if found.stale:
            tokens.touch(tx, hash_of(token))
    return _identity(found, hash_of(token))


def is_still(scope: TenantScope, who: Identity) -> bool:
    """Whether the session or token is there, its account may sign in, and has the rights that it had."""
    with scope.reading() as tx:
        return _still(tx, who)


def sign_out(scope: TenantScope, cookie: str, who: Identity) -> None:
    """End the session."""
    with scope.transaction() as tx:
        sessions.end(tx, hash_of(cookie))
        audit.add(tx, who.login, "signed out")


def new_token() -> tuple[str, bytes]:
    """A new API token and what is kept of it."""
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, hash_of(token)


def new_link() -> tuple[str, bytes]:
    """The token of a new one-time link and what is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> bytes:
    """What is kept of a session, a token or a link: they are random, so a plain hash tells nobody anything."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(cookie: str) -> str:
    """The CSRF token of a session: it follows from the cookie, which nobody keeps, and tells nothing of it."""
    return hmac.digest(cookie.encode(), b"csrf", "sha256").hex()


def _begin(
    tx: Transaction, user_id: str, caller: Caller, action: str, how: str = "", *, console: bool = False
) -> tuple[str, Identity]:
    cookie = secrets.token_urlsafe(32)
    sessions.begin(tx, hash_of(cookie), user_id, SESSION, caller.address, caller.browser, console=console)
    found = sessions.find(tx, hash_of(cookie), LONGEST)
    if found is None:
        raise NotSignedIn("This account has been disabled; ask an administrator.")
    audit.add(tx, found.login, action, caller.address, {"with": how} if how else None)
    return cookie, _identity(found, hash_of(cookie), csrf_of(cookie))


def _still(tx: Transaction, who: Identity) -> bool:
    found = tokens.find(tx, who.proof) if who.csrf is None else sessions.find(tx, who.proof, LONGEST)
    return found is not None and (found.role, found.owes) == (who.role, who.owes)


def _identity(found: Signed, proof: bytes, csrf: str | None = None) -> Identity:
    return Identity(found.user_id, found.login, found.name, found.role, csrf, proof, found.owes)
