"""Open both apps of an integration and learn what they have; what is learnt is kept for a while, per tenant thread."""

from __future__ import annotations

import threading
import time
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field

from server.connectors.base import Connector
from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Document
from server.domain.item import Side
from server.engine.mapping import Mapping, SideShape, compile_mapping
from server.services.connections import open_connector
from server.services.pacing import Paces
from server.services.scope import TenantScope
from server.services.sync.work import End
from server.store import connections, people
from server.store.connections import Connection

_BELIEVED_SECONDS = 600.0
"""How long fields, options and people of an app are believed before they are asked for again."""


@dataclass(slots=True)
class _Opened:
    connection: Connection
    connector: Connector


@dataclass(slots=True)
class Ends:
    """The connectors that a tenant's passes have open. Thread-safe: no lock is held while an app is asked.

    ``before_write`` is called before anything is written to an app; what it raises stops the write.
    ``paces``: the buckets of the tenant's sync process; None in a web process.
    """

    scope: TenantScope
    before_write: Callable[[], None] | None = None
    paces: Paces | None = None
    _open: dict[str, _Opened] = field(default_factory=dict)
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _shapes: dict[tuple[str, str, Side, tuple[str, ...]], tuple[float, SideShape]] = field(default_factory=dict)

    def mapping(
        self, document: Document, known: abc.Mapping[str, Connection] | None = None
    ) -> tuple[Mapping, End, End]:
        """Both ends opened and the document compiled against what they have.

        ``known``: the connections by id, where they were just read. Raises ``PutRight`` when the document names what
        is gone, ``Conflicting`` when a connection is paused, and whatever the apps raise.
        """
        left, right = (self._end(document, side, known or {}) for side in Side)
        shapes = [self._shape(document, end) for end in (left, right)]
        return compile_mapping(document, shapes[0], shapes[1], who_is_who(self.scope, document)), left, right

    def opened(self, document: Document) -> list[End]:
        """The ends that could be opened already, whether or not the app would have us."""
        there = [(side, self._open.get(document.side(side).connection)) for side in Side]
        return [End(side, one.connection.name, one.connection.id, one.connector) for side, one in there if one]

    def forget(self) -> None:
        """Ask the apps anew next time (something they were asked for had changed)."""
        self._shapes.clear()

    def close(self) -> None:
        """Let go of every connector."""
        for one in self._open.values():
            one.connector.close()
        self._open.clear()
        self._shapes.clear()

    def _end(self, document: Document, side: Side, read: abc.Mapping[str, Connection]) -> End:
        connection_id = document.side(side).connection
        row = read.get(connection_id)
        if row is None:
            with self.scope.reading() as tx:
                row = connections.get(tx, connection_id)
        if row.state == "paused":
            raise Conflicting(
                f"The connection “{row.name}” is paused: {row.problem or 'it was stopped by hand'} "
                "Put it right and test it; the integration then goes on by itself."
            )
        with self._opening:
            known = self._open.get(connection_id)
            if known is None or (known.connection.settings, known.connection.sealed) != (row.settings, row.sealed):
                if known is not None:
                    known.connector.close()
                    self.forget()
                    if self.paces is not None:
                        self.paces.resume(connection_id)
                known = _Opened(row, open_connector(self.scope, row, self.before_write, self.paces))
                self._open[connection_id] = known
            elif self.paces is not None:
                if known.connection.checked_at != row.checked_at:
                    self.paces.resume(connection_id)
                    known.connection = row
                self.paces.heed(row)
        return End(side, row.name, connection_id, known.connector)

    def _shape(self, document: Document, end: End) -> SideShape:
        container = document.side(end.side).container
        wanted = {rule.left if end.side is Side.LEFT else rule.right for rule in document.types}
        key = (end.connection, container, end.side, tuple(sorted(wanted)))
        known = self._shapes.get(key)
        if known is not None and time.monotonic() - known[0] < _BELIEVED_SECONDS:
            return known[1]
        connector, able = end.connector, end.connector.manifest.capabilities
        if all(one.id != container for one in connector.containers()):
            raise PutRight(
                f"{end.name} has no “{container}” (any more), or the account may not see it. Choose another "
                "container in the integration, or give the account the right.",
                field=end.side.value,
            )
        there = {one.id for one in connector.item_types(container)}
        shape = SideShape(
            end.side,
            end.name,
            container,
            connector.text_format,
            {one: connector.fields(container, one) for one in sorted(wanted & there)},
            connector.users(container),
            able.private_comments,
            able.edits_comments,
            able.attachments,
            able.deletes_items,
            connector.link_kinds(container) if able.links else (),
            able.deletes_comments,
            able.deletes_attachments,
            keeps_created_at=able.keeps_created_at,
        )
        self._shapes[key] = (time.monotonic(), shape)
        return shape


def who_is_who(scope: TenantScope, document: Document) -> tuple[tuple[str, str, str], ...]:
    """The tenant's user table as (``left`` or ``right``, user id, person), for the two ends of a document."""
    ends = {side: document.side(side).connection for side in Side}
    with scope.reading() as tx:
        known = people.read(tx, tuple(ends.values()))
    return tuple(
        (side.value, one.app_user, one.person) for side in Side for one in known if one.connection == ends[side]
    )
