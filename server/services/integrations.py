"""Integrations: checked against both apps before they are saved, started, paused, run; never half saved."""

from __future__ import annotations

from collections import Counter

from server.connectors.base import Connector
from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Direction, Document, FieldMapping, PrivateComments, SideSettings
from server.domain.item import Side
from server.engine.mapping import CHOICES, CompiledType, Mapping
from server.engine.suggest import Offer, suggest
from server.services.apps import with_connector
from server.services.scope import TenantScope
from server.services.sync.ends import Ends
from server.store import audit, connections, integrations
from server.store.integrations import Integration

_SHORTEST_POLL = 5
_LONGEST_POLL = 24 * 3600


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
    check(scope, document)
    with scope.transaction() as tx:
        made = integrations.add(tx, name, document, actor)
        audit.add(tx, actor, "integration created", name)
    return get(scope, made)


def change(scope: TenantScope, actor: str, integration_id: str, name: str, document: Document) -> Integration:
    """Save a new version of an integration; the former stays among the versions. Raises as ``create`` and ``NotFound``.

    The two ends of an integration that has pairs cannot become other ends.
    """
    before = get(scope, integration_id)
    if (before.document.left, before.document.right) != (document.left, document.right) and before.state != "draft":
        raise Conflicting(
            "The two ends of an integration that has run cannot change, because its pairs belong to them; make a new"
            " integration."
        )
    check(scope, document)
    with scope.transaction_and_wake() as tx:
        integrations.change(tx, integration_id, name, document, actor)
        audit.add(tx, actor, "integration changed", name, {"version": before.version + 1})
    return get(scope, integration_id)


def remove(scope: TenantScope, actor: str, integration_id: str) -> None:
    """Delete an integration with its pairs and history; the items in the apps stay. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.remove(tx, integration_id)
        audit.add(tx, actor, "integration deleted", row.name)


def start(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let it run, at once. Raises ``NotFound``, ``PutRight`` when it no longer fits, and what the apps raise."""
    row = get(scope, integration_id)
    check(scope, row.document)
    with scope.transaction_and_wake() as tx:
        integrations.start(tx, integration_id)
        audit.add(tx, actor, "integration started", row.name)
    return get(scope, integration_id)


def pause(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Let it rest; a pass that is under way ends at its next page. Raises ``NotFound``."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        integrations.pause(tx, integration_id)
        audit.add(tx, actor, "integration paused", row.name)
    return get(scope, integration_id)


def run_now(scope: TenantScope, actor: str, integration_id: str) -> Integration:
    """Ask for a run now. Raises ``NotFound``, or ``Conflicting`` while it does not run."""
    with scope.transaction_and_wake() as tx:
        row = integrations.get(tx, integration_id)
        if row.state != "running":
            raise Conflicting(f"The integration {row.name!r} is {row.state.value}; start it first.")
        integrations.request_run(tx, integration_id)
        audit.add(tx, actor, "run requested", row.name)
    return get(scope, integration_id)


def suggestion(scope: TenantScope, left: SideSettings, right: SideSettings) -> tuple[Document, tuple[str, ...]]:
    """A first document for two ends, and notes. Raises ``NotFound``, ``PutRight`` and what the apps raise."""
    _two_ends(left, right)
    return suggest(_offer(scope, left, Side.LEFT), _offer(scope, right, Side.RIGHT))


def check(scope: TenantScope, document: Document) -> None:
    """Hold the document against what both apps have. Raises ``PutRight``, ``Conflicting`` or what the apps raise."""
    _two_ends(document.left, document.right)
    if not document.types:
        raise PutRight("Pair at least one item type of each side.", field="types")
    if not _SHORTEST_POLL <= document.poll_seconds <= _LONGEST_POLL:
        raise PutRight(f"The interval must be between {_SHORTEST_POLL} seconds and a day.", field="poll_seconds")
    with scope.reading() as tx:
        known = {one.id for one in connections.every(tx)}
    for side in Side:
        if document.side(side).connection not in known:
            raise PutRight(
                "The connection does not exist (any more); choose another.", field=f"{side.value}.connection"
            )
    ends = Ends(scope)
    try:
        mapping, _, _ = ends.mapping(document)
    finally:
        ends.close()
    _types(document)
    for index, compiled in enumerate(mapping.types):
        _fields(mapping, compiled, f"types.{index}")
    _private(mapping)


def _two_ends(left: SideSettings, right: SideSettings) -> None:
    if left == right:
        raise PutRight("The two ends are the same container of the same connection; choose two.", field="right")


def _types(document: Document) -> None:
    twice = [pair for pair, times in Counter((one.left, one.right) for one in document.types).items() if times > 1]
    if twice:
        raise PutRight(f"The types “{twice[0][0]}” and “{twice[0][1]}” are paired twice.", field="types")


def _fields(mapping: Mapping, compiled: CompiledType, where: str) -> None:
    """What compiling does not look at: targets that cannot be written, fields named twice, options that are gone."""
    if not compiled.fields:
        raise PutRight("Pair at least one field of each pair of types.", field=f"{where}.fields")
    for side in Side:
        twice = [
            one.spec(side).name
            for one, times in ((one, _times(compiled, one.rule, side)) for one in compiled.fields)
            if times > 1 and one.rule.direction.allows(side)
        ]
        if twice:
            raise PutRight(
                f"“{twice[0]}” of {mapping.shape(side).name} would be written from several fields; keep one.",
                field=f"{where}.fields",
            )
    for place, one in enumerate(compiled.fields):
        field = f"{where}.fields.{place}"
        for side in Side:
            spec, name = one.spec(side), mapping.shape(side).name
            if spec.read_only and one.rule.direction.allows(side):
                way = Direction.TO_RIGHT if side is Side.LEFT else Direction.TO_LEFT
                raise PutRight(
                    f"“{spec.name}” cannot be written in {name}; let the field travel the other way only ({way.value})"
                    " or leave it out.",
                    field=f"{field}.direction",
                )
            options = {option.id for option in spec.options}
            for row in one.rule.values if spec.kind in CHOICES else ():
                named = row.left if side is Side.LEFT else row.right
                if named not in options:
                    raise PutRight(
                        f"“{spec.name}” of {name} has no value {named!r} (any more); choose another in the value"
                        " mapping.",
                        field=f"{field}.values",
                    )


def _times(compiled: CompiledType, rule: FieldMapping, side: Side) -> int:
    mine = rule.left if side is Side.LEFT else rule.right
    return sum(
        (one.rule.left if side is Side.LEFT else one.rule.right) == mine and one.rule.direction.allows(side)
        for one in compiled.fields
    )


def _private(mapping: Mapping) -> None:
    if mapping.document.comments.private is PrivateComments.PUBLISH and not any(
        shape.private_comments for shape in (mapping.left, mapping.right)
    ):
        raise PutRight("Neither app knows private comments, so there is nothing to publish.", field="comments.private")


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
        able = app.manifest.capabilities
        return Offer(name, settings, types, able.private_comments, able.attachments)

    return with_connector(scope, settings.connection, ask)
