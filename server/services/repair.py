"""What a person asks to be put right: a run undone, items looked at again; it must not carry anything out itself.

Every request is a row that the tenant's sync thread takes up; it outlives a kill on either side.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.errors import Conflicting, PutRight
from server.domain.item import Side
from server.services.scope import TenantScope
from server.store import audit, history, integrations, journal, requests
from server.store.integrations import Integration


def ask_undo(
    scope: TenantScope, actor: str, run_id: str, pairs: Sequence[str] | None, *, delete: bool, dry: bool
) -> Integration:
    """Ask that a run be taken back (of these pairs only, if named), or (``dry``) what that would do.

    ``delete``: items that it made are deleted too, where the app can and nobody touched them. A paused integration is
    no obstacle. Raises ``NotFound``, or ``Conflicting`` while the run goes on or when it wrote nothing.
    """
    argument: dict[str, object] = {"run": run_id}
    if pairs is not None:
        argument["pairs"] = sorted(set(pairs))
    if delete:
        argument["delete"] = True
    if dry:
        argument["dry"] = True
    with scope.transaction_and_wake() as tx:
        run = history.run(tx, run_id)
        if run.state == "running":
            raise Conflicting("This run still goes on; end it first, then undo it.")
        if not journal.pairs_of_run(tx, run_id, "", 1):
            raise Conflicting("This run wrote nothing to either app, so there is nothing to undo.")
        requests.ask(tx, run.integration, "undo", argument, actor)
        detail = {"run": run_id, "pairs": "all" if pairs is None else len(set(pairs)), "delete": delete}
        audit.add(tx, actor, "preview requested" if dry else "undo requested", run.integration_name, detail)
        return integrations.get(tx, run.integration)


def ask_resync(
    scope: TenantScope,
    actor: str,
    integration_id: str,
    pairs: Sequence[str],
    items: Sequence[tuple[str, str]],
    side: Side | None,
    *,
    hard: bool,
    dry: bool,
) -> Integration:
    """Ask that these pairs and items (none named: all) be looked at again, or (``dry``) what that would do.

    ``hard``: every mapped field of ``side`` (None: of each pair's origin) counts as changed. Raises ``NotFound``,
    ``PutRight``, or ``Conflicting`` while the integration does not run.
    """
    if side is not None and not hard:
        raise PutRight("A side can be named for a hard resync only; the other kind compares both.", field="side")
    argument: dict[str, object] = {}
    if pairs:
        argument["pairs"] = sorted(set(pairs))
    if items:
        argument["items"] = [{"side": one, "item_id": item_id} for one, item_id in sorted(set(items))]
    if side is not None:
        argument["side"] = side.value
    if dry:
        argument["dry"] = True
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        if row.state != "running" and not dry:
            raise Conflicting(f"The integration {row.name!r} is {row.state.value}; start it first.")
        kind: requests.RequestKind = "hard resync" if hard else "resync"
        requests.ask(tx, integration_id, kind, argument, actor)
        named = len(set(pairs)) + len(set(items))
        detail = {"kind": kind, "items": named or "all", "side": side.value if side else "origin" if hard else "both"}
        audit.add(tx, actor, "preview requested" if dry else f"{kind} requested", row.name, detail)
        return integrations.get(tx, integration_id)
