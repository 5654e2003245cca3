"""Whether what private comments say is kept sealed only: said by an administrator, carried out row by row.

Each part is a commit. A kill -9 leaves it half done and on record; whoever asks next, or the tenant's sync thread when
it begins, goes on. It must not look at what a comment says.
"""

from __future__ import annotations

from server.services.scope import TenantScope
from server.store import audit, sealing
from server.store.sealing import State


def state(scope: TenantScope) -> State:
    """How it stands."""
    with scope.reading() as tx:
        return sealing.state(tx)


def set_sealed(scope: TenantScope, actor: str, *, sealed: bool) -> State:
    """Have private comments sealed from now on, or no more, and all that is there with them; how it stands then."""
    with scope.transaction() as tx:
        if sealing.state(tx).sealed != sealed:
            sealing.want(tx, sealed=sealed)
            audit.add(tx, actor, "private comments sealed" if sealed else "private comments opened")
    finish(scope)
    return state(scope)


def finish(scope: TenantScope) -> None:
    """Seal, or open, whatever is not yet as it is wanted."""
    while not (wanted := state(scope)).through:
        after = ""
        while True:
            with scope.transaction() as tx:
                if sealing.writes_sealed(tx) != wanted.sealed:
                    break  # somebody has thought better of it
                after = sealing.convert(tx, scope.cipher, after, sealed=wanted.sealed)
                if not after:
                    sealing.through(tx, sealed=wanted.sealed)
                    break
