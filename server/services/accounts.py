"""What people do with their own account: password, second factor, sessions; it must not reach anybody else's.

What changes how somebody gets in asks for the password again, and ends every other session. A session that goes on
goes on under another cookie: whoever knew the old one is out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.domain.errors import Conflicting, PutRight
from server.services import access, second_factor, tries
from server.services.access import Identity, NotSignedIn, Passwords, Role, hash_of, prove_again, proven, require_still
from server.services.scope import TenantScope
from server.services.second_factor import Setup
from server.services.tries import Try
from server.services.users import require_good
from server.store import audit, factors, password_links, sessions, sign_in_rules, tokens, users
from server.store.database import Transaction
from server.store.sessions import Session
from server.store.users import User

_SETUP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Account:
    """One's own account. ``codes_left``: recovery codes not used yet; ``needs_factor``: the tenant asks for one."""

    login: str
    name: str
    email: str
    role: Role
    created_at: datetime
    has_password: bool
    password_at: datetime
    factor_since: datetime | None
    codes_left: int
    needs_factor: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody who is signed in shows once more: the password, the second factor's code, and from where."""

    password: str = field(repr=False)
    address: str
    code: str = field(default="", repr=False)


Renewed = tuple[str, Identity]
"""The session's new cookie and who it is; the cookie is empty for a caller with an API token."""


def own(scope: TenantScope, who: Identity) -> Account:
    """The caller's account."""
    with scope.reading() as tx:
        user = users.get(tx, who.user_id)
        left = factors.codes_left(tx, user.id)
        needed = user.role == "admin" and sign_in_rules.admins_need_factor(tx)
    return Account(
        user.login,
        user.name,
        user.email,
        user.role,
        user.created_at,
        user.password_hash is not None,
        user.password_at or user.created_at,
        user.factor_since,
        left,
        needed,
    )


def describe(scope: TenantScope, passwords: Passwords, who: Identity, proof: Proof, name: str, email: str) -> Account:
    """Change one's own name and e-mail. Raises ``PutRight`` for a wrong password."""
    known = prove_again(scope, passwords, who, proof.password, proof.address)
    with scope.transaction() as tx:
        user = _own(scope, tx, who, known, proof)
        users.change(tx, user.id, name or user.login, email, user.role)
        audit.add(tx, who.login, "account changed", user.login, {"name": name or user.login, "email": email})
    return own(scope, who)


def change_password(
    scope: TenantScope, passwords: Passwords, who: Identity, proof: Proof, password: str, *, revoke: bool
) -> Renewed:
    """Choose another password; every other session ends, and with ``revoke`` every API token.

    Raises ``PutRight`` for a wrong old or a bad new password.
    """
    require_good(scope, password, who.login)
    known = prove_again(scope, passwords, who, proof.password, proof.address)
    hashed = passwords.hash(password)
    with scope.transaction() as tx:
        _own(scope, tx, who, known, proof)
        users.set_password(tx, who.user_id, hashed)
        renewed = _renew(tx, who)
        ended = sessions.end_all(tx, who.user_id, renewed[1].proof)
        revoked = tokens.revoke_all(tx, who.user_id) if revoke else 0
        audit.add(tx, who.login, "password changed", who.login, {"sessions ended": ended, "tokens revoked": revoked})
    return renewed


def choose_password(
    scope: TenantScope, passwords: Passwords, token: str, password: str, address: str, *, revoke: bool
) -> str:
    """Choose a password with a one-time link; every session ends. The login that it is for.

    Raises ``NotSignedIn`` for a link that works no more, ``PutRight`` for a bad password; then the link still works.
    """
    link = hash_of(token)
    with scope.reading() as tx:
        user_id = password_links.of(tx, link)
        user = None if user_id is None else users.get(tx, user_id)
    if user is None:
        raise NotSignedIn(OVER)
    require_good(scope, password, user.login)
    hashed = passwords.hash(password)
    with scope.transaction() as tx:
        users.locked(tx, user.id)
        if password_links.of(tx, link) is None:
            raise NotSignedIn(OVER)
        users.set_password(tx, user.id, hashed)
        tries.take_back(scope.database, Try(scope.name, user.login, address))
        ended = sessions.end_all(tx, user.id)
        revoked = tokens.revoke_all(tx, user.id) if revoke else 0
        audit.add(
            tx, user.login, "password chosen by link", user.login, {"sessions ended": ended, "tokens revoked": revoked}
        )
    return user.login


def sessions_of(scope: TenantScope, who: Identity) -> tuple[Session, ...]:
    """The caller's sessions, the last used first."""
    with scope.reading() as tx:
        return sessions.of_user(tx, who.user_id, who.proof, access.LONGEST)


def end_session(scope: TenantScope, who: Identity, session_id: str) -> None:
    """End one of one's own sessions. Raises ``NotFound``."""
    with scope.transaction() as tx:
        require_still(tx, who)
        sessions.end_one(tx, who.user_id, session_id)
        audit.add(tx, who.login, "session ended", who.login)


def end_sessions(scope: TenantScope, who: Identity, *, keep_this: bool) -> None:
    """End all of one's own sessions, or all but this one."""
    with scope.transaction() as tx:
        require_still(tx, who)
        ended = sessions.end_all(tx, who.user_id, who.proof if keep_this else b"")
        audit.add(tx, who.login, "signed out everywhere", who.login, {"sessions ended": ended})


def set_up_factor(scope: TenantScope, passwords: Passwords, who: Identity, proof: Proof) -> Setup:
    """A new secret for an authenticator app; it counts once a code of it has come.

    Raises ``PutRight`` for a wrong password or, where there is a second factor already, a wrong code of that.
    """
    known = prove_again(scope, passwords, who, proof.password, proof.address)
    setup, sealed = second_factor.new_secret(scope.cipher, known, f"Lockstep {scope.title or scope.name}")
    with scope.transaction() as tx:
        _require_code(scope, tx, known, proof.code)
        _own(scope, tx, who, known, proof)
        factors.prepare(tx, known.id, sealed)
        audit.add(tx, who.login, "second factor being set up", who.login)
    return setup


def confirm_factor(scope: TenantScope, who: Identity, code: str) -> tuple[Renewed, tuple[str, ...]]:
    """The app's first code: from now on it is asked for. The recovery codes, shown once; every other session ends.

    Raises ``PutRight`` for a wrong code, ``Conflicting`` when nothing is being set up (any more).
    """
    codes, hashes = second_factor.new_recovery_codes()
    with scope.transaction() as tx:
        user = users.locked(tx, who.user_id)
        require_still(tx, who)
        sealed = factors.prepared(tx, user.id, _SETUP)
        if sealed is None:
            raise Conflicting("No second factor is being set up, or it took longer than 15 minutes. Begin again.")
        step = second_factor.step_shown(scope.cipher, user.id, sealed, code)
        if step is None:
            raise PutRight(
                "This is not the code that the app shows now. Look at the clock of its device.", field="code"
            )
        factors.put(tx, user.id, sealed, step)
        factors.put_codes(tx, user.id, hashes)
        renewed = _renew(tx, who)
        ended = sessions.end_all(tx, user.id, renewed[1].proof)
        audit.add(tx, who.login, "second factor set up", who.login, {"sessions ended": ended})
        return (renewed[0], replace(renewed[1], owes=False)), codes


def remove_factor(scope: TenantScope, passwords: Passwords, who: Identity, proof: Proof) -> Renewed:
    """Sign in with the password alone again. Raises ``PutRight`` for a wrong password or code."""
    known = prove_again(scope, passwords, who, proof.password, proof.address)
    with scope.transaction() as tx:
        _require_code(scope, tx, known, proof.code)
        user = _own(scope, tx, who, known, proof)
        if user.factor is None:
            raise Conflicting("Your account has no second factor.")
        if user.role == "admin" and sign_in_rules.admins_need_factor(tx):
            raise Conflicting("Administrators of this tenant need a second factor; set up another one in its place.")
        factors.take_away(tx, user.id)
        renewed = _renew(tx, who)
        ended = sessions.end_all(tx, user.id, renewed[1].proof)
        audit.add(tx, who.login, "second factor removed", who.login, {"sessions ended": ended})
        return renewed


def renew_codes(scope: TenantScope, passwords: Passwords, who: Identity, proof: Proof) -> tuple[str, ...]:
    """New recovery codes, shown once; the old ones work no more. Raises ``PutRight`` for a wrong password or code."""
    known = prove_again(scope, passwords, who, proof.password, proof.address)
    codes, hashes = second_factor.new_recovery_codes()
    with scope.transaction() as tx:
        _require_code(scope, tx, known, proof.code)
        user = _own(scope, tx, who, known, proof)
        if user.factor is None:
            raise Conflicting("Your account has no second factor; set one up first.")
        factors.put_codes(tx, user.id, hashes)
        audit.add(tx, who.login, "recovery codes made", who.login)
    return codes


def _own(scope: TenantScope, tx: Transaction, who: Identity, known: User, proof: Proof) -> User:
    """The caller's account, locked, still as it was when the password was checked; and the proof is complete."""
    user = users.locked(tx, who.user_id)
    require_still(tx, who)
    if (user.password_hash, user.factor) != (known.password_hash, known.factor):
        raise Conflicting("Your account was changed at this moment by somebody else; try again.")
    proven(scope, who, proof.address)
    return user


def _require_code(scope: TenantScope, tx: Transaction, user: User, code: str) -> None:
    """Raises ``PutRight``; the attempt then goes on to count as a failed one, so that codes are not tried out."""
    if second_factor.accept(tx, scope.cipher, user, code) is None:
        raise PutRight("Type a code that your authenticator app shows now, and that was not used before.", field="code")


def _renew(tx: Transaction, who: Identity) -> Renewed:
    return ("", who) if who.csrf is None else access.renew(tx, who)


OVER = "This link was used before or has expired; have a new one made."
