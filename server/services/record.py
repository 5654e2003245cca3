"""What is on record: runs, history, held items, audit, egress, the overview; reads, and the two requests on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.domain.item import Side
from server.services import connections as configured
from server.services.connections import Shown
from server.services.scope import TenantScope
from server.services.sync.routes import LIVE
from server.store import audit, egress, history, holds, integrations, items, requests
from server.store.audit import Entry
from server.store.egress import Contact
from server.store.history import EventRow, HoldRow, RunRow
from server.store.tenants import SyncState


@dataclass(frozen=True, slots=True)
class Summary:
    """An integration at a glance. ``outcome``: the summary of a migration that has come through."""

    id: str
    name: str
    state: str
    problem: str
    pairs: int
    holds: int
    last_run: RunRow | None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of the whole tenant."""

    connections: int
    integrations: int
    pairs: int
    holds: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of a tenant."""

    tenant: str
    title: str
    cluster: str
    sync: SyncState
    integrations: tuple[Summary, ...]
    connections: tuple[Shown, ...]
    counts: Totals


def overview(scope: TenantScope) -> Overview:
    """What a person sees first."""
    with scope.transaction() as tx:
        rows = integrations.every(tx)
        pairs, held, last = items.counts(tx), history.hold_counts(tx), history.last_runs(tx)
        conflicts = history.open_conflicts(tx)
    shown = configured.every(scope)
    return Overview(
        scope.name,
        scope.title,
        scope.cluster,
        scope.sync_state(),
        tuple(
            Summary(
                one.id,
                one.name,
                one.state.value,
                one.problem,
                pairs.get(one.id, 0),
                held.get(one.id, 0),
                last.get(one.id),
                one.outcome,
            )
            for one in rows
        ),
        shown,
        Totals(len(shown), len(rows), sum(pairs.values()), sum(held.values()), conflicts),
    )


def runs(scope: TenantScope, integration_id: str | None, limit: int) -> tuple[RunRow, ...]:
    """Runs, the newest first."""
    with scope.reading() as tx:
        return history.runs(tx, integration_id, limit)


def run(scope: TenantScope, run_id: str) -> RunRow:
    """One run. Raises ``NotFound``."""
    with scope.reading() as tx:
        return history.run(tx, run_id)


def events_of_run(scope: TenantScope, run_id: str, after: int, limit: int) -> tuple[EventRow, ...]:
    """Lines of a run after ``after``, oldest first. Raises ``NotFound``."""
    with scope.reading() as tx:
        lines = history.events_of_run(tx, run_id, after, limit)
        if not lines:
            history.run(tx, run_id)
    return lines


def cancel_run(scope: TenantScope, actor: str, run_id: str) -> RunRow:
    """Ask a run to end at its next page. Raises ``NotFound`` or ``Conflicting``.

    A live one takes its integration to rest: the next one would begin at once, and nothing would have been ended.
    """
    with scope.transaction_and_wake() as tx:
        history.request_cancel(tx, run_id)
        row = history.run(tx, run_id)
        audit.add(tx, actor, "run cancelled", row.integration_name)
        if row.trigger in LIVE:
            integrations.pause(tx, row.integration)
            requests.drop(tx, row.integration)
            audit.add(tx, actor, "integration paused", row.integration_name, {"reason": "its live run was ended"})
    return row


def held(scope: TenantScope, integration_id: str | None) -> tuple[HoldRow, ...]:
    """Held items, the latest first."""
    with scope.reading() as tx:
        return history.holds(tx, integration_id)


def retry(scope: TenantScope, actor: str, integration_id: str, which: Sequence[tuple[str, str]] | None) -> int:
    """Let held items (side, item id; None: all) be tried again now; how many. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        chosen = None if which is None else [(Side(side), item_id) for side, item_id in which]
        count = holds.release(tx, integration_id, chosen) if chosen != [] else 0
        audit.add(tx, actor, "held items retried", row.name, {"items": count})
    return count


def audit_entries(scope: TenantScope, before: int, limit: int) -> tuple[Entry, ...]:
    """The audit, the newest first."""
    with scope.reading() as tx:
        return audit.newest(tx, before, limit)


def contacts(scope: TenantScope) -> tuple[Contact, ...]:
    """Every host that was ever contacted."""
    with scope.reading() as tx:
        return egress.every(tx)
