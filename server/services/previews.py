"""What a person asks to be shown before it is done, and what was shown; it must not carry anything out itself.

Every request is a row that the tenant's sync thread takes up; it outlives a kill on either side.
"""

from __future__ import annotations

from server.services.scope import TenantScope
from server.store import audit, history, integrations, previews, requests
from server.store.integrations import Integration
from server.store.previews import LineRow


def ask_dry_run(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Ask what a run over everything would do; of a draft too. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        requests.ask(tx, integration_id, "dry run", {}, actor)
        audit.add(tx, actor, "dry run requested", row.name)
        return integrations.get(tx, integration_id)


def lift_cap(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let the first run go beyond what its dry run showed. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.set_cap(tx, integration_id, None)
        audit.add(tx, actor, "limit of the first run lifted", row.name, {"limit": dict(row.cap or {})})
        return integrations.get(tx, integration_id)


def lines(scope: TenantScope, run_id: str, after: int, limit: int, action: str) -> tuple[LineRow, ...]:
    """Lines of a preview after ``after``, in order; of one action only, if named. Raises ``NotFound``."""
    with scope.reading() as tx:
        found = previews.page(tx, run_id, after=after, limit=limit, action=action)
        if not found:
            history.run(tx, run_id)
    return found
