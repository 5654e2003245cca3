"""Writes items of one Roundup in Roundup's terms; it must not decide what is written.

An edit carries the tag of what it was made from, and a status is sent along as it is, so that nobody's change is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from server.connectors.confirming import confirming
from server.connectors.roundup.read import (
    first_message,
    ids,
    item_marker,
    lines,
    marked,
    plain_value,
    text_marker,
    written_moment,
)
from server.connectors.roundup.ruled import Ruled
from server.connectors.roundup.schema import DESCRIPTION, Property, Schema
from server.connectors.roundup.session import Json, Session, record
from server.domain.errors import Gone, Rejected
from server.domain.quoting import quoted
from server.domain.values import FieldKind, Value

_FORBIDDEN = 403
WITH_ACTOR = (("@verbose", "0"), ("@protected", "true"))
"""How a record is asked for with who changed it last, which Roundup leaves out otherwise."""
_EXACT = frozenset({FieldKind.OPTION, FieldKind.STATUS, FieldKind.USER, FieldKind.MOMENT})

Members = Callable[[str, Sequence[str], str, str], Mapping[str, Json]]
"""Reads members of a class by their numbers: (class, numbers, fields, how verbose)."""


class Writer:
    """What is written to one Roundup. Safe for several threads."""

    def __init__(self, session: Session, schema: Schema, members: Members, ruled: Ruled) -> None:
        self._session = session
        self._schema = schema
        self._members = members
        self._ruled = ruled
        self._adding = threading.Lock()

    def say(self, text: Value, marker: str) -> str:
        """Make a message; its number."""
        body = {"content": message_text(text), "author": self._session.user.id, "date": ".", "messageid": marker}
        return self._session.post("/rest/data/msg", body)

    def describe(self, name: str, number: str, text: str) -> None:
        """Write the description. Roundup does not empty a message, so an empty one takes its place."""
        found = self._members(name, (number,), "messages,creation", "1").get(number)
        if found is None:
            raise Gone(f"{name}{number} is not in Roundup any more.")
        messages = self._members("msg", ids(found.get("messages")), "creation,messageid", "1")
        first = first_message(found, messages)
        if first is not None and text.strip():
            self._session.edit(record("msg", first), lambda _: {"content": text})
            return
        kind, carried = marked(messages[first]) if first is not None else ("", "")
        made = self.say(text, item_marker(carried) if kind == "item" else text_marker(f"{name}{number}"))

        def change(now: Json) -> dict[str, Any]:
            return {"messages": [one for one in ids(now.get("messages")) if one != first] + [made]}

        self._edit_item(name, number, change, with_status=True)

    def hang(self, name: str, number: str, what: str, made: str) -> None:
        """Add a message or file to an item."""

        def change(now: Json) -> dict[str, Any] | None:
            return None if made in ids(now.get(what)) else {what: [*ids(now.get(what)), made]}

        self._edit_item(name, number, change, with_status=what == "messages")

    def _edit_item(
        self, name: str, number: str, change: Callable[[Json], dict[str, Any] | None], *, with_status: bool
    ) -> None:
        """Edit an item. The status is sent along as it is, so that no rule of the tracker moves it for a message."""
        path = record(name, number)

        def keeping(now: Json) -> dict[str, Any] | None:
            body = change(now)
            return body | {"status": now.get("status") or ""} if body else body

        if with_status and "status" in self._schema.shape(name).fields:
            try:
                self._session.edit(path, keeping)
            except Rejected as error:
                if error.status != _FORBIDDEN:
                    raise
                # Who may comment need not be allowed to set a status. What a rule makes of it then is nobody's edit.
                self._edit_under_rules(name, number, change)
            return
        self._session.edit(path, change)

    def _edit_under_rules(self, name: str, number: str, change: Callable[[Json], dict[str, Any] | None]) -> None:
        path, status = record(name, number), self._schema.shape(name).fields["status"]
        before: list[Value] = []

        def watched(now: Json) -> dict[str, Any] | None:
            before[:] = [plain_value(status, now.get("status"))]
            return change(now)

        self._session.edit(path, watched)
        with confirming(f"{name}{number}"):
            found, _ = self._session.get(path, WITH_ACTOR)
            now = found["attributes"]
            value = plain_value(status, now.get("status"))
        if before != [value] and str(now.get("actor")) == self._session.user.id:
            self._ruled.note(f"{name}{number}", "status", value)

    def take_off(self, name: str, number: str, what: str, gone: str) -> None:
        """Take a message or file off an item; one that is gone already is no error."""

        def change(now: Json) -> dict[str, Any] | None:
            before = ids(now.get(what))
            return {what: [one for one in before if one != gone]} if gone in before else None

        self._session.edit(record(name, number), change)

    def body(self, name: str, values: Mapping[str, Value]) -> dict[str, Any]:
        """The properties of an item as Roundup takes them, without the description."""
        fields = self._schema.shape(name).fields
        body: dict[str, Any] = {}
        for key, value in values.items():
            if key == DESCRIPTION:
                continue
            if key == "title":
                body[key] = str(value or "")
            elif key in fields:
                body[key] = self._written(key, fields[key], value)
            else:
                raise Rejected(f"“{name}” has no field “{key}” in this tracker.", fields=(key,))
        return body

    def _written(self, name: str, one: Property, value: Value) -> Any:
        if one.many:
            wanted = value if isinstance(value, tuple) else ()
            return self._keywords(one.target, wanted) if one.kind is FieldKind.LABELS else list(wanted)
        if one.kind is FieldKind.MOMENT:
            return written_moment(name, value, self._session.zone()) if value else ""
        # Roundup overlooks null, and takes what is false or zero for nothing unless it is spelt.
        return "" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)

    def _keywords(self, target: str, wanted: tuple[str, ...]) -> list[str]:
        known = {one.name: one.id for one in self._schema.options(target)} if wanted else {}
        for one in wanted:
            if one not in known:
                known[one] = self._add_keyword(target, one)
        return [known[one] for one in wanted]

    def _add_keyword(self, target: str, name: str) -> str:
        """Add a keyword, or find the one that was added since we looked.

        One thread at a time: a Roundup on SQLite that refuses a second keyword of a name keeps its database locked for
        a while, and then fails everybody.
        """
        with self._adding:
            known = {one.name: one.id for one in self._schema.options(target)}
            return known[name] if name in known else self._post_keyword(target, name)

    def _post_keyword(self, target: str, name: str) -> str:
        try:
            return self._session.post(record(target), {"name": name})
        except Rejected as error:
            added = {one.name: one.id for one in self._schema.options(target)}
            if name in added:
                return added[name]  # by a person, in this very moment
            raise Rejected(
                f"Roundup has no {target} “{name}”, and the syncing user may not add it.{quoted(error.words)}",
                words=error.words,
                status=error.status,
            ) from error

    def exact(self, name: str, field: str) -> bool:
        """Whether Roundup holds a field just as it was written, or refused it."""
        one = self._schema.shape(name).fields.get(field)
        return one is not None and one.kind in _EXACT


def message_text(text: Value) -> str:
    """A message's content; Roundup takes no empty one, and trims a blank to nothing."""
    return lines(text) if lines(text).strip() else " "
