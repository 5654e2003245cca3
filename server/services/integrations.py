"""Integrations: checked against both apps before they are saved, started, paused, run; never half saved."""

from __future__ import annotations

from collections.abc import Iterable

from server.connectors.base import Connector
from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import TypeMapping
from server.engine.appeared import appeared, shown
from server.engine.mapping import Mapping
from server.engine.review import review, review_ends, review_shape
from server.engine.suggest import Offer, suggest
from server.services.apps import with_connector
from server.services.places import work_here
from server.services.scope import TenantScope
from server.services.sync.ends import Ends
from server.store import audit, connections, holds, integrations, makings, places, requests, scans
from server.store.database import Transaction
from server.store.integrations import Integration
from server.store.requests import RequestKind


def every(scope: TenantScope) -> tuple[Integration, ...]:
    """All integrations, by name."""
    with scope.reading() as tx:
        return integrations.every(tx)


def get(scope: TenantScope, integration_id: str) -> Integration:
    """One integration. Raises ``NotFound``."""
    with scope.reading() as tx:
        return integrations.get(tx, integration_id)


def create(scope: TenantScope, actor: str, name: str, document: Document) -> Integration:
    """Save a new integration as a draft.

    Raises ``PutRight`` that names what is wrong with the document, ``Conflicting`` when the name is taken, and what
    the apps raise when they are asked for what they have.
    """
    mapping = check(scope, document)
    with scope.transaction() as tx:
        _no_second_way(integrations.every(tx), document)
        made = integrations.add(tx, name, document, actor)
        integrations.show(tx, made, shown(mapping))
        audit.add(tx, actor, "integration created", name)
    _tell_shared(scope, made, mapping)
    return get(scope, made)


def change(scope: TenantScope, actor: str, integration_id: str, name: str, document: Document) -> Integration:
    """Save a new version of an integration; the former stays among the versions. Raises as ``create`` and ``NotFound``.

    The two ends of an integration that has pairs cannot become other ends. Failures stay, and what was refused or left
    out is tried again under the new rules.
    """
    before = get(scope, integration_id)
    if not _same_ends(before.document, document) and before.state != "draft":
        raise Conflicting(
            "The two ends of an integration that has run cannot change, because its pairs belong to them; make a new"
            " integration."
        )
    mapping = check(scope, document, before.document.types if _same_ends(before.document, document) else ())
    _tell_shared(scope, integration_id, mapping)
    with scope.transaction_and_wake() as tx:
        _no_second_way([one for one in integrations.every(tx) if one.id != integration_id], document)
        integrations.change(tx, integration_id, name, document, actor)
        integrations.show(tx, integration_id, shown(mapping))
        holds.due_anew(tx, integration_id)
        audit.add(tx, actor, "integration changed", name, {"version": before.version + 1})
    return get(scope, integration_id)


def remove(scope: TenantScope, actor: str, integration_id: str) -> None:
    """Delete an integration with its pairs and history; the items in the apps stay. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.remove(tx, integration_id)
        audit.add(tx, actor, "integration deleted", row.name)
    with scope.database.control() as control:
        places.drop(control, scope.id, integration_id)
        makings.forget(control, scope.id, integration_id)


def start(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let it run, at once. Raises ``NotFound``, ``PutRight`` when it no longer fits, and what the apps raise."""
    row = get(scope, integration_id)
    mapping = check(scope, row.document, row.document.types)
    _tell_shared(scope, integration_id, mapping)
    with scope.transaction_and_wake() as tx:
        integrations.start(tx, integration_id)
        if row.shown is not None:
            integrations.appear(tx, integration_id, row.version, " ".join(appeared(mapping, row.shown)))
        audit.add(tx, actor, "integration started", row.name)
    return get(scope, integration_id)


def pause(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let it rest; a pass that is under way ends at its next page. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.pause(tx, integration_id)
        requests.drop(tx, integration_id)
        audit.add(tx, actor, "integration paused", row.name)
    return get(scope, integration_id)


def run_now(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Ask for a run now. Raises ``NotFound``, or ``Conflicting`` while it does not run."""
    return _ask(scope, actor, integration_id, "now", "run requested")


def scan_now(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Ask for a full scan now. Raises ``NotFound``, or ``Conflicting`` while it does not run."""
    return _ask(scope, actor, integration_id, "scan", "full scan requested")


def release(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let it go on beyond the guard and the cap of its first run: a person has looked. Raises ``NotFound``.

    An integration that was stopped by them runs again by that; a draft stays one.
    """
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.set_cap(tx, integration_id, None)
        if row.state != "draft":
            integrations.start(tx, integration_id)
            kinds: tuple[RequestKind, ...] = ("now", "scan") if scans.open_(tx, integration_id) else ("now",)
            for kind in kinds:
                requests.ask(tx, integration_id, kind, {requests.RELEASED: True}, actor)
        why = {"stopped by": row.problem, "limit": dict(row.cap or {})}
        audit.add(tx, actor, "integration released", row.name, why)
    return get(scope, integration_id)


def suggestion(scope: TenantScope, left: SideSettings, right: SideSettings) -> tuple[Document, tuple[str, ...]]:
    """A first document for two ends, and notes. Raises ``NotFound``, ``PutRight`` and what the apps raise."""
    review_ends(left, right)
    _require_there(scope, {Side.LEFT: left, Side.RIGHT: right})
    return suggest(_offer(scope, left, Side.LEFT), _offer(scope, right, Side.RIGHT))


def _require_there(scope: TenantScope, ends: dict[Side, SideSettings]) -> None:
    """Raises ``PutRight`` for a connection that is not there, whatever was sent as its id."""
    with scope.reading() as tx:
        known = {one.id for one in connections.every(tx)}
    for side, end in ends.items():
        if end.connection not in known:
            raise PutRight(
                "The connection does not exist (any more); choose another.", field=f"{side.value}.connection"
            )


def check(scope: TenantScope, document: Document, saved: tuple[TypeMapping, ...] = ()) -> Mapping:
    """Hold the document against what both apps have; the two compiled. ``saved``: see ``compile_mapping``.

    Raises ``PutRight``, ``Conflicting`` or what the apps raise.
    """
    review_shape(document)
    _require_there(scope, {side: document.side(side) for side in Side})
    ends = Ends(scope)
    try:
        mapping, _, _ = ends.mapping(document, saved=saved)
    finally:
        ends.close()
    review(mapping, saved)
    return mapping


def _same_ends(one: Document, other: Document) -> bool:
    return (one.left, one.right) == (other.left, other.right)


def _tell_shared(scope: TenantScope, integration_id: str, mapping: Mapping) -> None:
    """Write down where the integration works, and say so where another tenant of the cluster does, too.

    The other's integration says it when it is worked next (``services/sync/company``).
    """
    said = work_here(scope, integration_id, mapping)
    with scope.transaction() as tx:
        integrations.share(tx, integration_id, said)


def _ask(scope: TenantScope, actor: str, integration_id: str, kind: RequestKind, said: str) -> Integration:
    with scope.transaction_and_wake() as tx:
        row = _running(tx, integration_id)
        requests.ask(tx, integration_id, kind, {}, actor)
        audit.add(tx, actor, said, row.name)
    return get(scope, integration_id)


def _running(tx: Transaction, integration_id: str) -> Integration:
    row = integrations.get(tx, integration_id)
    if row.state != "running":
        raise Conflicting(f"The integration {row.name!r} is {row.state.value}; start it first.")
    return row


def _no_second_way(others: Iterable[Integration], document: Document) -> None:
    """Refuse a second way between the same items: each would take the other's twins for new items, without end."""
    mine = _types_by_end(document)
    for other in others:
        theirs = _types_by_end(other.document)
        if mine.keys() == theirs.keys() and any(mine[end] & theirs[end] for end in mine):
            raise Conflicting(
                f"The integration “{other.name}” keeps items of these types in step between the same two containers; "
                "change that one, or choose other types."
            )


def _types_by_end(document: Document) -> dict[SideSettings, set[str]]:
    return {
        document.left: {one.left for one in document.types},
        document.right: {one.right for one in document.types},
    }


def _offer(scope: TenantScope, settings: SideSettings, side: Side) -> Offer:
    with scope.reading() as tx:
        name = connections.get(tx, settings.connection).name

    def ask(app: Connector) -> Offer:
        if all(one.id != settings.container for one in app.containers()):
            raise PutRight(
                f"{name} has no {settings.container!r} (any more), or the account may not see it; choose another.",
                field=f"{side.value}.container",
            )
        types = tuple(
            (one.id, one.name, app.fields(settings.container, one.id)) for one in app.item_types(settings.container)
        )
        able = app.abilities(settings.container)
        kinds = app.link_kinds(settings.container) if able.links else ()
        marks = app.marks(settings.container)
        return Offer(name, settings, types, able.private_comments, able.attachments, kinds, marks)

    return with_connector(scope, settings.connection, ask)
