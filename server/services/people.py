"""Who is who in the apps, who may sign in, their API tokens; every change is on record."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.errors import Conflicting, PutRight
from server.services.access import Identity, Passwords, Role, new_token
from server.services.scope import TenantScope
from server.store import audit, connections, holds, integrations, people, tokens, users
from server.store.people import Person
from server.store.tokens import Token
from server.store.users import User

__all__ = [
    "Person",
    "Token",
    "User",
    "add_user",
    "every_user",
    "make_token",
    "remove_user",
    "replace_table",
    "revoke_token",
    "table",
    "tokens_of",
]


def table(scope: TenantScope) -> tuple[Person, ...]:
    """The tenant's user table."""
    with scope.reading() as tx:
        return people.every(tx)


def replace_table(scope: TenantScope, actor: str, rows: Sequence[Person]) -> tuple[Person, ...]:
    """Put a new user table in the place of the old. Raises ``PutRight``."""
    twice = [key for key, times in Counter((one.connection, one.app_user) for one in rows).items() if times > 1]
    if twice:
        raise PutRight(f"The user {twice[0][1]!r} of one connection stands in the table twice.", field="app_user")
    with scope.transaction_and_wake() as tx:
        known = {one.id for one in connections.every(tx)}
        if any(one.connection not in known for one in rows):
            raise PutRight("The table names a connection that does not exist (any more).", field="connection")
        people.replace(tx, rows)
        for row in integrations.every(tx):
            holds.due_anew(tx, row.id)  # an app may have refused somebody who is another person now
        audit.add(tx, actor, "people changed", detail={"rows": len(rows)})
    return table(scope)


def every_user(scope: TenantScope) -> tuple[User, ...]:
    """Everyone who may sign in, by login."""
    with scope.reading() as tx:
        return users.every(tx)


def add_user(
    scope: TenantScope,
    actor: str,
    passwords: Passwords,
    login: str,
    name: str,
    email: str,
    role: Role,
    password: str | None,
) -> tuple[User, str | None]:
    """Add a user; the password is returned only if it was made here. Raises ``Conflicting``."""
    made = None if password else secrets.token_urlsafe(12)
    hashed = passwords.hash(password or made or "")
    with scope.transaction() as tx:
        user = users.add(tx, login, name, email, role, hashed)
        audit.add(tx, actor, "user added", login, {"role": role})
    return user, made


def remove_user(scope: TenantScope, caller: Identity, user_id: str) -> None:
    """Delete a user with their sessions and tokens. Raises ``NotFound``, ``Conflicting`` for the last administrator."""
    with scope.transaction() as tx:
        user = users.get(tx, user_id)
        if user.id == caller.user_id:
            raise Conflicting("You cannot delete the account that you are signed in with.")
        if user.role == "admin" and users.other_admins(tx, user_id) == 0:
            raise Conflicting(f"{user.login!r} is the last administrator; make another one first.")
        users.remove(tx, user_id)
        audit.add(tx, caller.login, "user deleted", user.login)


def tokens_of(scope: TenantScope, caller: Identity) -> tuple[Token, ...]:
    """The caller's API tokens, the newest first."""
    with scope.reading() as tx:
        return tokens.of_user(tx, caller.user_id)


def make_token(scope: TenantScope, caller: Identity, name: str, days: int | None) -> tuple[str, str, datetime | None]:
    """A new API token for the caller: its id, the token (shown this once), when it expires."""
    token, kept = new_token()
    with scope.transaction() as tx:
        token_id, expires = tokens.add(tx, caller.user_id, name, kept, None if days is None else timedelta(days=days))
        audit.add(tx, caller.login, "token made", name)
    return token_id, token, expires


def revoke_token(scope: TenantScope, caller: Identity, token_id: str) -> None:
    """Let one of the caller's tokens work no more. Raises ``NotFound``."""
    with scope.transaction() as tx:
        name = tokens.revoke(tx, caller.user_id, token_id)
        audit.add(tx, caller.login, "token revoked", name)
