"""The tenant's other integrations, as far as one that is worked must know of them; it must not read anything.

An item may be kept in step by several of them. Whose twin it is they know even where an app has no place to say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.domain.integration import Document, IntegrationState
from server.domain.item import Side
from server.services.sync.work import Beside
from server.store.connections import Connection
from server.store.integrations import Integration


def apps_of(document: Document, known: Mapping[str, Connection]) -> dict[Side, str]:
    """The apps of both ends: one word for each app, whichever connection leads to it by the same address."""
    return {side: _app(document.side(side).connection, known) for side in Side}


def beside(integration: str, rows: Sequence[Integration], known: Mapping[str, Connection]) -> tuple[Beside, ...]:
    """The others of these integrations; one that was never started has no pairs, and counts for nothing."""
    others = (row for row in rows if row.id != integration and row.state is not IntegrationState.DRAFT)
    return tuple(Beside(row.id, row.name, _ends(row.document, known)) for row in others)


def _ends(document: Document, known: Mapping[str, Connection]) -> dict[Side, tuple[str, str]]:
    apps = apps_of(document, known)
    return {side: (apps[side], document.side(side).container) for side in Side}


def _app(connection: str, known: Mapping[str, Connection]) -> str:
    row = known.get(connection)
    address = str(row.settings.get("url", "")).strip().rstrip("/").lower() if row is not None else ""
    return f"{row.kind} {address}" if row is not None and address else connection
