"""A tenant's scope: all that a use case may reach, of one tenant and no other; it must not decide anything.

The scope's transactions run on the tenant's own database login, so a use case could not reach another tenant's data
even if it tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from structlog.typing import FilteringBoundLogger

from server.connectors.reach import Reach
from server.services.errand import Errand
from server.services.reach import nothing_listed
from server.store import database, tenants
from server.store.crypto import Cipher
from server.store.database import Database, TenantLogin, Transaction
from server.store.tenants import SyncState, TenantState


@dataclass(frozen=True, slots=True)
class TenantScope:
    """One tenant, as the use cases see it. Cheap to make, safe to share between threads.

    ``errand``: the question of a person that it is used for; None where nobody waits. ``reach``: where its connections
    may lead now. ``allows`` is asked first thing within each transaction, and raises where the caller may no more.
    """

    id: str
    name: str
    title: str
    cluster: str
    state: TenantState
    cipher: Cipher = field(repr=False)
    log: FilteringBoundLogger = field(repr=False)
    database: Database = field(repr=False)
    login: TenantLogin = field(repr=False)
    errand: Errand | None = field(default=None, repr=False, compare=False)
    reach: Callable[[], Reach] = field(default=nothing_listed, repr=False, compare=False)
    allows: Callable[[Transaction], None] | None = field(default=None, repr=False, compare=False)

    def transaction(self) -> AbstractContextManager[Transaction]:
        """A transaction in the tenant's schema; committed unless the block raises.

        Raises what has ended the errand: nothing is changed for somebody who may no more.
        """
        if self.errand is not None:
            self.errand.still(commits=True)
        made = self.database.tenant(self.login)
        return made if self.allows is None else _allowed(made, self.allows)

    def reading(self) -> AbstractContextManager[Transaction]:
        """For reads that need no common snapshot: cheaper than a transaction."""
        return self.database.reading(self.login)

    @contextmanager
    def transaction_and_wake(self) -> Iterator[Transaction]:
        """A transaction whose commit wakes the tenant's sync thread, wherever it runs."""
        with self.transaction() as tx:
            yield tx
            database.wake(tx, self.name)

    def wake(self) -> None:
        """Wake the tenant's sync thread now."""
        with self.transaction_and_wake():
            pass

    def rest(self) -> None:
        """Close the tenant's idle database connections."""
        self.database.rest(self.login)

    def sync_state(self) -> SyncState:
        """What the tenant's sync thread last said of itself."""
        with self.database.control() as control:
            return tenants.sync_state(control, self.id)

    def say(self, said: SyncState) -> None:
        """Record what the tenant's sync thread says of itself."""
        with self.database.control() as control:
            tenants.say(control, self.id, said)


@contextmanager
def _allowed(made: AbstractContextManager[Transaction], allows: Callable[[Transaction], None]) -> Iterator[Transaction]:
    with made as tx:
        allows(tx)
        yield tx
