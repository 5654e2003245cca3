"""What a person asks to be shown before it is done, and what was shown; it must not carry anything out itself.

Every request is a row that the tenant's sync thread takes up; it outlives a kill on either side.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Document
from server.domain.rules import MatchRules, Precedence
from server.services.integrations import check, get
from server.services.scope import TenantScope
from server.store import audit, history, integrations, previews, requests
from server.store.integrations import Integration
from server.store.previews import LineRow

_RULES: TypeAdapter[MatchRules] = TypeAdapter(MatchRules)


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
        before = get(scope, integration_id)
        _may_be_shown(before, document, dry=dry)
        check(scope, document, before.document.types)
        argument["document"] = integrations.json_of(document)
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        if row.state != "running" and not dry:
            raise Conflicting(f"The integration {row.name!r} is {row.state.value}; start it first.")
        requests.ask(tx, integration_id, "reconcile", argument, actor)
        audit.add(tx, actor, "preview requested" if dry else "reconcile requested", row.name, {"wins": wins.value})
        return integrations.get(tx, integration_id)


def ask_match(scope: TenantScope, actor: str, integration_id: str, rules: MatchRules | None) -> Integration:
    """Ask which items are on both sides already, by ``rules`` (None: those of the document).

    Raises ``NotFound``, ``PutRight`` when there is no rule.
    """
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        asked = row.document.matching if rules is None else rules
        if not asked.rules or not all(one.parts for one in asked.rules):
            raise PutRight("Say by what the items are to be matched.", field="rules")
        requests.ask(tx, integration_id, "match", {"rules": _RULES.dump_python(asked, mode="json")}, actor)
        audit.add(tx, actor, "match requested", row.name)
        return integrations.get(tx, integration_id)


def ask_join(scope: TenantScope, actor: str, integration_id: str, preview: str, wins: Precedence) -> Integration:
    """Ask that the items which ``preview`` (a run) showed become pairs; ``wins``: whose value counts where two differ.

    Raises ``NotFound``, ``Conflicting`` when the run is not a match of this integration that came through.
    """
    with scope.transaction_and_wake() as tx:
        row, shown = integrations.get(tx, integration_id), history.run(tx, preview)
        whole = shown.state in ("succeeded", "partial") and not shown.message
        if shown.integration != integration_id or shown.trigger != "match" or not whole:
            raise Conflicting("Items are joined as a match showed them; ask for one and wait until it is through.")
        requests.ask(tx, integration_id, "match", {"preview": preview, "wins": wins.value}, actor)
        audit.add(tx, actor, "join requested", row.name, {"preview": preview, "wins": wins.value})
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
