"""What a person asks to be shown before it is done, and what was shown; it must not carry anything out itself.

Every request is a row that the tenant's sync thread takes up; it outlives a kill on either side.
"""

from __future__ import annotations

from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Document
from server.domain.rules import Precedence
from server.services.integrations import check, get
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


def ask_realign(
    scope: TenantScope, actor: str, integration_id: str, wins: Precedence, document: Document | None, *, dry: bool
) -> Integration:
    """Ask that all pairs be brought in step under the mapping, or (``dry``) what that would do.

    ``wins``: whose value counts where two were never in step. ``document``: one that is not saved yet, for a preview.
    Raises ``NotFound``, ``Conflicting`` while it does not run, ``PutRight`` for a document that does not fit, and what
    the apps raise.
    """
    argument: dict[str, object] = {"wins": wins.value, "dry": dry}
    if document is not None:
        _may_be_shown(get(scope, integration_id), document, dry=dry)
        check(scope, document)
        argument["document"] = integrations.json_of(document)
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        if row.state != "running" and not dry:
            raise Conflicting(f"The integration {row.name!r} is {row.state.value}; start it first.")
        requests.ask(tx, integration_id, "reconcile", argument, actor)
        audit.add(tx, actor, "preview requested" if dry else "reconcile requested", row.name, {"wins": wins.value})
        return integrations.get(tx, integration_id)


def _may_be_shown(row: Integration, document: Document, *, dry: bool) -> None:
    if not dry:
        raise PutRight("Save the document first; only a preview can be of one that is not saved.", field="document")
    if (row.document.left, row.document.right) != (document.left, document.right):
        raise PutRight("The pairs of the integration belong to its two ends; keep those.", field="document")


def lines(scope: TenantScope, run_id: str, after: int, limit: int, action: str) -> tuple[LineRow, ...]:
    """Lines of a preview after ``after``, in order; of one action only, if named. Raises ``NotFound``."""
    with scope.reading() as tx:
        found = previews.page(tx, run_id, after=after, limit=limit, action=action)
        if not found:
            history.run(tx, run_id)
    return found
