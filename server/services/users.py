"""What administrators do with the accounts of others; it must not let the last active administrator go.

Whatever narrows an account's rights holds from its commit on: sessions that must end are gone with it, and every
request and every question under way looks its caller up again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.domain.errors import Conflicting, NotFound, PutRight
from server.domain.password import objection
from server.services.access import Identity, Passwords, Role, new_link, require_still
from server.services.commonest import is_common
from server.services.scope import TenantScope
from server.store import audit, factors, password_links, sessions, sign_in_rules, users
from server.store.database import Transaction
from server.store.users import User

__all__ = [
    "PASSWORD_LINK",
    "Added",
    "Change",
    "NewUser",
    "PasswordLink",
    "User",
    "add",
    "admins_need_factor",
    "ask_admins_for_factor",
    "change",
    "every",
    "make_password_link",
    "open_again",
    "remove",
    "require_good",
    "take_factor_away",
]

PASSWORD_LINK = timedelta(hours=24)
_CONSOLE = "console"
"""Whom the audit names for what was done on the host."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to be added. ``password`` None: one is made, or with ``invited`` they choose one by a link."""

    login: str
    name: str
    email: str
    role: Role
    password: str | None = field(default=None, repr=False)
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What of an account becomes another; None: it stays."""

    name: str | None = None
    email: str | None = None
    role: Role | None = None
    disabled: bool | None = None

    def applied_to(self, user: User) -> User:
        """The account as it is then. Nobody is without a name: the login is one."""
        return replace(
            user,
            name=user.name if self.name is None else self.name or user.login,
            email=user.email if self.email is None else self.email,
            role=self.role or user.role,
            disabled=user.disabled if self.disabled is None else self.disabled,
        )


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A one-time link that lets somebody choose a password: its token, shown once, and when it expires."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """A new user; ``password`` only if it was made here, ``link`` only if they were invited."""

    user: User
    password: str | None = field(repr=False)
    link: PasswordLink | None


def every(scope: TenantScope) -> tuple[User, ...]:
    """Everyone who may sign in, by login."""
    with scope.reading() as tx:
        return users.every(tx)


def require_good(scope: TenantScope, password: str, login: str) -> None:
    """Raises ``PutRight`` with the reason why this login may not have this password."""
    if said := objection(password, (login, scope.name, scope.title, "Lockstep"), is_common):
        raise PutRight(said, field="password")


def add(scope: TenantScope, caller: Identity, passwords: Passwords, given: NewUser) -> Added:
    """Add a user. Raises ``Conflicting`` when the login is taken, ``PutRight`` for a password that is no good."""
    if given.password is not None:
        require_good(scope, given.password, given.login)
    made = None if given.password is not None or given.invited else secrets.token_urlsafe(12)
    hashed = None if given.password is None and made is None else passwords.hash(given.password or made or "")
    with scope.transaction() as tx:
        require_still(tx, caller)
        user = users.add(tx, given.login, given.name, given.email, given.role, hashed)
        audit.add(tx, caller.login, "user added", given.login, {"role": given.role, "invited": given.invited})
        link = _link(tx, user) if given.invited else None
    return Added(user, made, link)


def change(scope: TenantScope, caller: Identity, user_id: str, given: Change) -> User:
    """Change somebody's name, e-mail and role, and whether they may sign in.

    Raises ``NotFound``, ``Conflicting`` for the last active administrator, and for one's own right to sign in.
    """
    with scope.transaction() as tx:
        user = _others(tx, caller, user_id)
        now = given.applied_to(user)
        if now.id == caller.user_id and now.disabled:
            raise Conflicting("You cannot disable the account that you are signed in with.")
        if now.id == caller.user_id and now.email != user.email:
            raise Conflicting("Change your own e-mail on the page Account; it asks for your password.")
        if (now.disabled or now.role != "admin") and not user.disabled:
            _require_another_admin(tx, user)
        users.change(tx, user_id, now.name, now.email, now.role)
        if changed := _changes(user, now):
            audit.add(tx, caller.login, "user changed", user.login, changed)
        if now.disabled != user.disabled:
            _switch(tx, caller, user, disabled=now.disabled)
    return now


def remove(scope: TenantScope, caller: Identity, user_id: str) -> None:
    """Delete a user with their sessions and tokens. Raises ``NotFound``, ``Conflicting`` for the last administrator."""
    with scope.transaction() as tx:
        user = _others(tx, caller, user_id)
        if user.id == caller.user_id:
            raise Conflicting("You cannot delete the account that you are signed in with.")
        _require_another_admin(tx, user)
        users.remove(tx, user_id)
        audit.add(tx, caller.login, "user deleted", user.login)


def make_password_link(scope: TenantScope, caller: Identity, user_id: str) -> PasswordLink:
    """A link with which somebody else chooses a new password; any earlier one ends. Until it is used the old one works.

    Raises ``NotFound``, ``Conflicting`` for one's own account: whoever sits at a forgotten browser shall not keep it.
    """
    with scope.transaction() as tx:
        user = _others(tx, caller, user_id)
        if user.id == caller.user_id:
            raise Conflicting("Change your own password on the page Account; it asks for the one that you have.")
        if user.disabled:
            raise Conflicting(f"{user.login!r} is disabled; enable the account first.")
        audit.add(tx, caller.login, "password link made", user.login)
        return _link(tx, user)


def take_factor_away(scope: TenantScope, caller: Identity, user_id: str) -> None:
    """Take a lost second factor away: the password alone signs in, and the sessions end.

    Raises ``NotFound``, ``Conflicting`` for one's own account and where there is none.
    """
    with scope.transaction() as tx:
        user = _others(tx, caller, user_id)
        if user.id == caller.user_id:
            raise Conflicting(
                "Remove your own second factor on the page Account; it asks for your password and a code."
            )
        _drop_factor(tx, caller.login, user)


def open_again(scope: TenantScope, login: str, *, drop_factor: bool) -> PasswordLink:
    """For whoever runs the host: a link with which this login chooses a new password. Raises ``NotFound``.

    With it an administrator comes back in whom nobody else can let in.
    """
    with scope.transaction() as tx:
        found = users.by_login(tx, login)
        if found is None:
            raise NotFound(f"The tenant {scope.name!r} has no user {login!r}; its panel lists them.")
        user = users.locked(tx, found.id)
        if user.disabled:
            raise Conflicting(f"{login!r} is disabled; an administrator of the tenant can enable the account.")
        if drop_factor:
            _drop_factor(tx, _CONSOLE, user)
        audit.add(tx, _CONSOLE, "password link made", user.login)
        return _link(tx, user)


def admins_need_factor(scope: TenantScope) -> bool:
    """Whether administrators need a second factor here."""
    with scope.reading() as tx:
        return sign_in_rules.admins_need_factor(tx)


def ask_admins_for_factor(scope: TenantScope, caller: Identity, *, needed: bool) -> None:
    """Ask administrators for a second factor from now on, or no more. Raises ``Conflicting`` for who has none."""
    with scope.transaction() as tx:
        require_still(tx, caller)
        if needed and users.get(tx, caller.user_id).factor is None:
            raise Conflicting("Set up your own second factor first, on the page Account; you would shut yourself out.")
        if sign_in_rules.admins_need_factor(tx) != needed:
            sign_in_rules.set_admins_need_factor(tx, needed=needed)
            audit.add(tx, caller.login, "sign-in rules changed", detail={"second factor for administrators": needed})


def _others(tx: Transaction, caller: Identity, user_id: str) -> User:
    """The user, locked; the caller is looked up again, so of two administrators who disable each other one does."""
    user = users.locked(tx, user_id)
    require_still(tx, caller)
    return user


def _require_another_admin(tx: Transaction, user: User) -> None:
    if user.role == "admin" and users.other_admins(tx, user.id) == 0:
        raise Conflicting(f"{user.login!r} is the last active administrator; make another one first.")


def _changes(before: User, now: User) -> dict[str, dict[str, str]]:
    pairs = (("name", before.name, now.name), ("email", before.email, now.email), ("role", before.role, now.role))
    return {what: {"from": was, "to": becomes} for what, was, becomes in pairs if was != becomes}


def _switch(tx: Transaction, caller: Identity, user: User, *, disabled: bool) -> None:
    users.set_disabled(tx, user.id, disabled=disabled)
    if disabled:
        sessions.end_all(tx, user.id)
        password_links.end_all(tx, user.id)
    audit.add(tx, caller.login, "user disabled" if disabled else "user enabled", user.login)


def _drop_factor(tx: Transaction, actor: str, user: User) -> None:
    if user.factor is None:
        raise Conflicting(f"{user.login!r} has no second factor.")
    factors.take_away(tx, user.id)
    sessions.end_all(tx, user.id)
    audit.add(tx, actor, "second factor taken away", user.login)


def _link(tx: Transaction, user: User) -> PasswordLink:
    token, kept = new_link()
    return PasswordLink(token, password_links.add(tx, kept, user.id, PASSWORD_LINK))
