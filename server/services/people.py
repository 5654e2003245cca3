"""Who is who in the apps, and the API tokens of the caller; every change is on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.errors import PutRight
from server.services.access import Identity, new_token, require_still
from server.services.scope import TenantScope
from server.store import audit, connections, holds, integrations, people, tokens
from server.store.people import Person
from server.store.tokens import Token

__all__ = [
    "Person",
    "Token",
    "make_token",
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


def tokens_of(scope: TenantScope, caller: Identity) -> tuple[Token, ...]:
    """The caller's API tokens, the newest first."""
    with scope.reading() as tx:
        return tokens.of_user(tx, caller.user_id)


def make_token(scope: TenantScope, caller: Identity, name: str, days: int | None) -> tuple[str, str, datetime | None]:
    """A new API token for the caller: its id, the token (shown this once), when it expires."""
    token, kept = new_token()
    with scope.transaction() as tx:
        require_still(tx, caller)
        token_id, expires = tokens.add(tx, caller.user_id, name, kept, None if days is None else timedelta(days=days))
        audit.add(tx, caller.login, "token made", name)
    return token_id, token, expires


def revoke_token(scope: TenantScope, caller: Identity, token_id: str) -> None:
    """Let one of the caller's tokens work no more. Raises ``NotFound``."""
    with scope.transaction() as tx:
        require_still(tx, caller)
        name = tokens.revoke(tx, caller.user_id, token_id)
        audit.add(tx, caller.login, "token revoked", name)
