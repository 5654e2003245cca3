"""Whether what private comments say is kept sealed only: said by an administrator, carried out row by row.

Each part is a commit. The request that wants it does a few parts, so that little is done at once; the tenant's sync
thread, which it wakes, does the rest. A kill -9 of either leaves it half done and on record: the sync thread goes on
with its next look, or when it begins. It must not look at what a comment says.
"""

from __future__ import annotations

from typing import Final

from server.services.scope import TenantScope
from server.store import audit, sealing
from server.store.database import Transaction
from server.store.sealing import State

_AT_ONCE: Final = 10
"""Parts that a request does itself: a moment's work."""


def state(scope: TenantScope) -> State:
    """How it stands."""
    with scope.reading() as tx:
        return sealing.state(tx)


def is_through(tx: Transaction) -> bool:
    """Whether all that is there is as it is wanted."""
    return sealing.state(tx).through


def set_sealed(scope: TenantScope, actor: str, *, sealed: bool) -> State:
    """Have private comments sealed from now on, or no more, and all that is there with them; how it stands then."""
    with scope.transaction_and_wake() as tx:
        if sealing.state(tx).sealed != sealed:
            sealing.want(tx, sealed=sealed)
            audit.add(tx, actor, "private comments sealed" if sealed else "private comments opened")
    finish(scope, _AT_ONCE)
    return state(scope)


def finish(scope: TenantScope, most: int | None = None) -> None:
    """Seal, or open, whatever is not yet as it is wanted; ``most``: so many parts of it, the rest stays on record."""
    done, after = 0, ""
    wanted = state(scope)
    while not wanted.through and done != most:
        done += 1
        with scope.transaction() as tx:
            same = sealing.writes_sealed(tx) == wanted.sealed
            if same:
                after = sealing.convert(tx, scope.cipher, after, sealed=wanted.sealed)
            if same and not after:
                sealing.through(tx, sealed=wanted.sealed)
        if not (same and after):  # it is over, or somebody has thought better of it
            wanted, after = state(scope), ""
