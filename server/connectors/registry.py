"""The kinds of app that Lockstep knows, as a list one can read; it must not search for them."""

from __future__ import annotations

from collections.abc import Mapping

from server.connectors import redmine, request_tracker, roundup
from server.connectors.base import Connector, Manifest, Opener, Outlet
from server.domain.errors import PutRight

CONNECTORS: tuple[tuple[Manifest, Opener], ...] = (
    (redmine.MANIFEST, redmine.open),
    (request_tracker.MANIFEST, request_tracker.open),
    (roundup.MANIFEST, roundup.open),
)


def manifests() -> tuple[Manifest, ...]:
    """What can be connected, in the order of the list."""
    return tuple(manifest for manifest, _ in CONNECTORS)


def manifest(kind: str) -> Manifest:
    """The manifest of one kind. Raises ``PutRight`` for a kind that is not in the list."""
    return _entry(kind)[0]


def open_connector(kind: str, settings: Mapping[str, str], outlet: Outlet) -> Connector:
    """A connector from a connection's settings (secrets in clear) and its way out. Raises ``PutRight``."""
    return _entry(kind)[1](settings, outlet)


open = open_connector  # noqa: A001 - reads as registry.open


def _entry(kind: str) -> tuple[Manifest, Opener]:
    for entry in CONNECTORS:
        if entry[0].kind == kind:
            return entry
    known = ", ".join(one.title for one in manifests())
    raise PutRight(f"There is no connector of the kind “{kind}”. There are: {known}.", field="kind")
