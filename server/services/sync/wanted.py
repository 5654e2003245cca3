"""What a tenant's thread has to do: integrations that run, what was told of them, runs that were asked for.

It must not do any of it, or decide when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.domain.integration import IntegrationState
from server.domain.item import Side
from server.domain.schedule import Timetable
from server.services.sync.routes import at_rest
from server.store.connections import Connection
from server.store.integrations import Integration
from server.store.requests import Request


@dataclass(frozen=True, slots=True)
class Wanted:
    """An integration that runs, or (with ``request``) a run of it that a person asked for.

    ``connections`` are those of its two ends, by id. ``errand``: only its held items are looked at; ``told``: only what
    its apps told by webhook. ``retried``: an errand of its own, because a person asked.
    """

    row: Integration
    request: Request | None = None
    connections: Mapping[str, Connection] = field(default_factory=dict)
    errand: bool = False
    told: bool = False
    retried: bool = False

    @property
    def name(self) -> str:
        """Its place in the schedule: live passes, what was told or retried and requests take turns, page by page."""
        if self.told:
            return f"{self.row.id} told"
        if self.retried:
            return f"{self.row.id} retried"
        return self.row.id if self.request is None else self.request.id

    @property
    def trigger(self) -> str:
        """What starts the run (see ``ROUTES``)."""
        if self.request is not None:
            return self.request.kind
        if self.told:
            return "webhook"
        return "retry" if self.errand or self.retried else "poll"

    @property
    def lasting(self) -> bool:
        """Whether it comes again and again, rather than being over once it is done."""
        return self.request is None and not self.told and not self.retried

    @property
    def part(self) -> bool:
        """Whether it sees only a part of the integration, and knows nothing of the rest."""
        return self.errand or self.told or self.retried

    @property
    def timetable(self) -> Timetable:
        """When it may and shall be worked."""
        ends = (self.connections.get(self.row.document.side(side).connection) for side in Side)
        return Timetable(self.row.document.schedule, tuple(one.schedule for one in ends if one is not None))

    @property
    def since(self) -> datetime:
        """When it was worked last at a set time, else since when it runs."""
        known = [one for one in (self.row.worked_at, self.row.due_at) if one is not None]
        return max(known) if known else self.row.updated_at

    def for_errand(self) -> Wanted:
        """The same, without a look at the feeds."""
        return replace(self, errand=True)

    @property
    def token(self) -> tuple[object, ...]:
        """What a pass compares: a new version or a new start ends it."""
        return (self.row.version, self.row.due_at)

    @property
    def news(self) -> tuple[object, ...]:
        """What the schedule compares: a person who changes this makes it due at once (a connection put right, too)."""
        ends = sorted(self.connections.values(), key=lambda one: one.id)
        retried = self.row.retried_at if self.retried else None
        return (*self.token, retried, *((one.id, one.state, one.updated_at, one.checked_at) for one in ends))


def arrange(
    rows: Sequence[Integration], connections: Mapping[str, Connection], asked: Sequence[Request]
) -> list[Wanted]:
    """All that there is to do: each integration that runs, what was told or retried of it, the requests (``asked``)."""
    by_id = {row.id: row for row in rows}
    live = [Wanted(row, None, _ends_of(row, connections)) for row in rows if row.state is IntegrationState.RUNNING]
    awake = {one.row.id for one in live}
    told = [replace(one, told=True) for one in live if one.row.told]
    retried = [replace(one, retried=True) for one in live if one.row.retried_at is not None]
    runs = [
        Wanted(by_id[one.integration], one, _ends_of(by_id[one.integration], connections))
        for one in asked
        if one.integration in awake or (one.integration in by_id and at_rest(one))
    ]
    return live + told + retried + runs


def _ends_of(row: Integration, known: Mapping[str, Connection]) -> dict[str, Connection]:
    ids = {row.document.side(side).connection for side in Side}
    return {one: known[one] for one in ids if one in known}
