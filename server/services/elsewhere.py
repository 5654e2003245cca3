"""A tenant that is not there, for those who ask for it: they hear, and wait for, what anybody without a right does."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.store import tenants
from server.store.database import Database


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """``tenant``: the name that was asked for."""

    tenant: str
    database: Database = field(repr=False)

    def pass_the_time(self) -> None:
        """What a transaction in a tenant's data takes."""
        with self.database.control() as control:
            tenants.answers(control)

    def pass_a_glance(self) -> None:
        """What a single read of a tenant's data takes, as whose session or key it is."""
        self.database.glance()
