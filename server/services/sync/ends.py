"""Open both apps of an integration and learn what they have; what is learnt is kept for a while, per tenant thread."""

from __future__ import annotations

import threading
import time
from collections import abc
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TypedDict

from server.connectors.base import Capabilities, Connector
from server.connectors.room import Held
from server.domain.errors import Conflicting, PutRight
from server.domain.integration import Document
from server.domain.item import Side
from server.domain.mapping import TypeMapping
from server.domain.values import AppUser
from server.engine.compiling import compile_mapping
from server.engine.days import Zones, is_zone
from server.engine.mapping import Mapping, SideShape
from server.services import labels
from server.services.connections import keep_seen, open_connector
from server.services.labels import Labels
from server.services.pacing import Paces
from server.services.scope import TenantScope
from server.services.sync.work import End
from server.store import connections, people
from server.store.connections import Connection

_BELIEVED_SECONDS = 600.0
"""How long fields, options and people of an app are believed before they are asked for again."""


class Allowed(TypedDict):
    """What an app does with comments, files and items, by the names that a ``SideShape`` has for it."""

    private_comments: bool
    edits_comments: bool
    attachments: bool
    deletes_items: bool
    deletes_comments: bool
    deletes_attachments: bool


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
    _of_fields: dict[tuple[str, str, Side, tuple[str, ...]], int] = field(default_factory=dict)
    """How much each connector had learned of fields when it was asked: what an item shows beyond is asked for anew."""
    _held: dict[tuple[str, str, Side, tuple[str, ...]], Held] = field(default_factory=dict)
    """What the shapes take in memory."""

    def mapping(
        self,
        document: Document,
        known: abc.Mapping[str, Connection] | None = None,
        pool: Executor | None = None,
        saved: tuple[TypeMapping, ...] | None = None,
    ) -> tuple[Mapping, End, End]:
        """Both ends opened and the document compiled against what they have.

        ``known``: the connections by id, where they were just read. ``pool``: both apps are asked at once on it.
        ``saved``: see ``compile_mapping`` (None: all of the document was).
        Raises ``PutRight`` when the document names what is gone, ``Conflicting`` when a connection is paused, and
        whatever the apps raise.
        """
        left, right = (self._end(document, side, known or {}) for side in Side)
        shapes = self._shapes_of(document, (left, right), pool)
        saved = document.types if saved is None else saved
        people = who_is_who(self.scope, document)
        return compile_mapping(document, shapes[0], shapes[1], people, saved), left, right

    def opened(self, document: Document) -> list[End]:
        """The ends that could be opened already, whether or not the app would have us."""
        there = [(side, self._open.get(document.side(side).connection)) for side in Side]
        return [End(side, one.connection.name, one.connection.id, one.connector) for side, one in there if one]

    def learned_at(self, document: Document) -> tuple[float, ...]:
        """When both apps were asked what they have, on a clock that never jumps."""
        keys = [(document.side(side).connection, document.side(side).container, side) for side in Side]
        return tuple(
            max((at for key, (at, _) in self._shapes.items() if key[:3] == each), default=0.0) for each in keys
        )

    def forget(self) -> None:
        """Ask the apps anew next time (something they were asked for had changed)."""
        self._shapes.clear()
        self._held.clear()

    def rest(self, seconds: float) -> None:
        """Nothing is asked for so long: let go of what would not be believed by then, which is most of the memory."""
        if seconds >= _BELIEVED_SECONDS:
            self.close()
            if self.paces is not None:
                self.paces.rest()

    def close(self) -> None:
        """Let go of every connector."""
        for one in self._open.values():
            one.connector.close()
        self._open.clear()
        self.forget()

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
            else:
                known.connector.seen.heed(row.seen)
                if self.paces is not None:
                    if known.connection.checked_at != row.checked_at:
                        self.paces.resume(connection_id)
                        known.connection = row
                    self.paces.heed(row)
        return End(side, row.name, connection_id, known.connector)

    def _shapes_of(self, document: Document, ends: Sequence[End], pool: Executor | None) -> list[SideShape]:
        """What both apps have; those that have to be asked are asked side by side, for it is a dozen calls each."""
        believed = {end.side: self._believed(document, end) for end in ends}
        missing = [end for end in ends if believed[end.side] is None]
        several = pool.map if pool is not None and len(missing) > 1 else map
        asked = dict(zip((end.side for end in missing), several(partial(_ask, document), missing), strict=True))
        for end in missing:
            fields = [spec for several_of in asked[end.side].fields.values() for spec in several_of]
            self._held.pop(_key(document, end), None)
            self._held[_key(document, end)] = labels.hold(self.scope, fields, asked[end.side].users)
            self._shapes[_key(document, end)] = (time.monotonic(), asked[end.side])
            self._of_fields[_key(document, end)] = end.connector.seen.of_fields
            keep_seen(self.scope, end.connection, end.connector)
            if self.paces is None:
                _keep_labels(self.scope, end, asked[end.side])
        return [believed[end.side] or asked[end.side] for end in ends]

    def _believed(self, document: Document, end: End) -> SideShape | None:
        key = _key(document, end)
        known = self._shapes.get(key)
        if known is None or end.connector.seen.of_fields != self._of_fields.get(key):
            return None
        return known[1] if time.monotonic() - known[0] < _BELIEVED_SECONDS else None


def _keep_labels(scope: TenantScope, end: End, shape: SideShape) -> None:
    """Who saves an integration has asked both apps what things are called: viewers read by it."""
    able = end.connector.abilities(shape.container)
    for item_type, fields in shape.fields.items():
        labels.keep(
            scope, end.connection, shape.container, item_type, Labels(fields, shape.users, shape.text_format, able)
        )


def _key(document: Document, end: End) -> tuple[str, str, Side, tuple[str, ...]]:
    return end.connection, document.side(end.side).container, end.side, tuple(sorted(_types(document, end.side)))


def _types(document: Document, side: Side) -> set[str]:
    return {rule.left if side is Side.LEFT else rule.right for rule in document.types}


def _ask(document: Document, end: End) -> SideShape:
    """What the app of one end has. Raises ``PutRight`` where it lacks what is named, and what the app raises."""
    container = document.side(end.side).container
    connector = end.connector
    if all(one.id != container for one in connector.containers()):
        raise PutRight(
            f"{end.name} has no “{container}” (any more), or the account may not see it. Choose another "
            "container in the integration, or give the account the right.",
            field=end.side.value,
        )
    people = connector.users(container)
    there = {one.id for one in connector.item_types(container)}
    able = connector.abilities(container)
    return SideShape(
        end.side,
        end.name,
        container,
        connector.text_format,
        {one: connector.fields(container, one) for one in sorted(_types(document, end.side) & there)},
        people,
        **allowed(able),
        link_kinds=connector.link_kinds(container) if able.links else (),
        keeps_created_at=able.keeps_created_at,
        takes_created_at=connector.manifest.capabilities.keeps_created_at is not False,
        file_names=able.file_names,
        restricted_items=able.restricted_items,
        place=connector.place(container),
        marks=connector.marks(container),
        syntax=connector.syntax(container),
        zones=zones_of(connector.zone(), people),
    )


def allowed(able: Capabilities) -> Allowed:
    """The part of a ``SideShape`` that an app's abilities say."""
    return {
        "private_comments": able.private_comments,
        "edits_comments": able.edits_comments,
        "attachments": able.attachments,
        "deletes_items": able.deletes_items,
        "deletes_comments": able.deletes_comments,
        "deletes_attachments": able.deletes_attachments,
    }


def zones_of(own: str, people: Sequence[AppUser]) -> Zones:
    """Where days begin for our account, and for the people of an app."""
    return Zones(own, tuple(sorted({one.zone for one in people if is_zone(one.zone)} - {""})))


def who_is_who(scope: TenantScope, document: Document) -> tuple[tuple[str, str, str], ...]:
    """The tenant's user table as (``left`` or ``right``, user id, person), for the two ends of a document."""
    ends = {side: document.side(side).connection for side in Side}
    with scope.reading() as tx:
        known = people.read(tx, tuple(ends.values()))
    return tuple(
        (side.value, one.app_user, one.person) for side in Side for one in known if one.connection == ends[side]
    )
