"""What a Roundup tracker's classes hold, learned by asking; it must not change anything.

Every tracker has its own schema, and Roundup's REST interface does not tell it. Its other interface does, where it is
on for our account. Where it is not, a filter by a name that cannot exist is answered with the class that a property
links to, and an item shows which properties it has; so a class without items shows less than it holds.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from server.connectors.reading import number
from server.connectors.roundup.declared import Declared
from server.connectors.roundup.session import Json, Session, record
from server.domain.errors import PutRight, Rejected, Transient
from server.domain.values import FieldKind, FieldSpec, Option, TextFormat

_NOWHERE = "no-such-thing-in-any-tracker"
_LINKED = re.compile(r'No key \(\w+\) value .* for "(\w+)"')
_MANY = "Multilink"
_SAMPLES = 3
"""So many items, the last that changed, are taken for a sample until one can be read."""
_TRIPPED = 400
_CONFIRMED = 3
"""A busy database trips Roundup as well, but not so often in a row."""
_NEVER_ITEMS = frozenset({"file", "msg", "user", "query", "keyword", "status", "priority"})
_OWN = frozenset({"title", "messages", "files", "remote_id"})
_USUAL = (
    *("title", "status", "priority", "assignedto", "assignee", "keyword", "keywords", "nosy", "superseder"),
    *("type", "severity", "resolution", "components", "versions", "dependencies", "dependson", "due", "remote_id"),
)
"""What trackers mostly have, for one that is still empty and does not tell its schema."""
_ASKED_AGAIN = 30.0
"""Seconds after which a class is looked at again that had no item to show its properties."""
_KINDS = {
    "Date": FieldKind.MOMENT,  # a day is kept as the moment at which it began for whoever typed it
    "Boolean": FieldKind.FLAG,
    "Number": FieldKind.NUMBER,
    "Integer": FieldKind.NUMBER,
}
_CLOSED = frozenset({"resolved", "done-cbb", "closed"})
_OPEN = frozenset(
    {"unread", "deferred", "chatting", "need-eg", "in-progress", "testing", "new", "open", "pending"},
)
_TITLE, DESCRIPTION = "title", "description"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an item class. ``target`` is the class that it links to; ``many``: it is a set."""

    name: str
    target: str = ""
    many: bool = False
    kind: FieldKind = FieldKind.TEXT


@dataclass(frozen=True, slots=True)
class Shape:
    """An item class: its properties that are fields, and those that relate items."""

    name: str
    fields: Mapping[str, Property]
    relations: tuple[str, ...]
    """Properties that hold items of the class itself."""
    holds_marker: bool


class Schema:
    """What was learned of one tracker; asked once a class. Safe for several threads."""

    def __init__(self, session: Session, restricting: tuple[str, ...] = ()) -> None:
        self._session = session
        self._wished = restricting
        self._restricting: dict[str, tuple[str, ...]] = {}
        self._lock = threading.RLock()
        self._shapes: dict[str, tuple[float, Shape]] = {}
        """Each with the time until which it is believed."""

    def item_classes(self) -> tuple[str, ...]:
        """The classes whose members are items: with a title, messages and files."""
        found, _ = self._session.get("/rest/data")
        names = [one for one in found if one not in _NEVER_ITEMS]
        wish = (("@fields", "title,messages,files,nosy"), ("id", "0"))
        return tuple(one for one in names if self._answers(one, wish))

    def shape(self, name: str) -> Shape:
        """What a class holds. Raises ``PutRight`` for a class that there is not."""
        with self._lock:
            until, known = self._shapes.get(name, (0.0, None))
            if known is None or until <= time.monotonic():
                known, sure = self._learn(name)
                self._shapes[name] = (math.inf if sure else time.monotonic() + _ASKED_AGAIN, known)
            return known

    def fields(self, name: str, text_format: TextFormat) -> tuple[FieldSpec, ...]:
        """The fields of a class with their options as they are now."""
        with self._lock:
            self._shapes.pop(name, None)
            self._restricting.clear()
        shape = self.shape(name)
        return (
            FieldSpec(_TITLE, "Title", FieldKind.TEXT, required=True, title=True, max_length=None),
            FieldSpec(DESCRIPTION, "Description", FieldKind.RICH_TEXT, text_format=text_format),
            *(self._spec(one) for one in shape.fields.values()),
        )

    def restricting(self, name: str) -> tuple[str, ...]:
        """The properties of a class that restrict its members by what they hold.

        Each is asked for by its name: a sample shows only what our account may see of it, and may not be there yet.
        """
        with self._lock:
            known = self._restricting.get(name)
            if known is None:
                known = tuple(one for one in self._wished if self._answers(name, (("@fields", one), ("id", "0"))))
                self._restricting[name] = known
            return known

    def options(self, target: str) -> tuple[Option, ...]:
        """The members of a class that items link to, in Roundup's order."""
        found, _ = self._session.listed(record(target), (("@verbose", "2"),))
        options = []
        for one in found:
            with suppress(KeyError, TypeError, ValueError, AttributeError):  # what is broken cannot be chosen
                options.append(Option(number(one["id"]), label(one), _closed(target, label(one))))
        return tuple(options)

    def _spec(self, one: Property) -> FieldSpec:
        linked = one.kind in {FieldKind.OPTION, FieldKind.STATUS, FieldKind.OPTIONS}
        options = self.options(one.target) if linked else ()
        return FieldSpec(one.name, one.name.replace("_", " ").capitalize(), one.kind, options=options)

    def _learn(self, name: str) -> tuple[Shape, bool]:
        """What a class holds, and whether that will still be so when the class has more items."""
        declared = self._session.declared().get(name, {})
        names, sample = self._names(name, declared)
        found = {
            one: _declared(one, declared[one]) if one in declared else self._property(name, one, sample.get(one))
            for one in names
            if one not in _OWN
        }
        relations = tuple(one.name for one in found.values() if one.target == name)
        never = {"", name, "msg", "file"}
        others = {one.target for one in found.values()} - never
        never |= {one for one in others if not self._answers(one, (("id", "0"),))}  # nobody could choose a member
        fields = {
            key: one
            for key, one in found.items()
            if one.target not in never or (not one.target and one.kind is not FieldKind.LABELS)
        }
        return Shape(name, fields, relations, "remote_id" in names), bool(declared or sample)

    def _names(self, name: str, declared: Mapping[str, Declared]) -> tuple[tuple[str, ...], Json]:
        """The properties' names, and one item's values as a sample."""
        path = record(name)
        try:
            found, _ = self._session.listed(path, (("@page_size", str(_SAMPLES)), ("@sort", "-activity")))
        except Rejected as error:
            raise PutRight(f"Roundup has no items of the class “{name}” (any more); choose another.") from error
        for one in found:
            with suppress(KeyError, TypeError, ValueError, Rejected):  # a broken item is no sample
                sample, _ = self._session.get(record(name, number(one["id"])), (("@verbose", "1"),))
                if isinstance(values := sample["attributes"], dict):
                    return tuple(values), values
        if declared:  # a list in the order of a property is refused to who may not see the property
            return tuple(one for one in declared if self._answers(name, (("@sort", one), ("id", "0")))), {}
        return tuple(one for one in _USUAL if self._answers(name, (("@fields", one), ("id", "0")))), {}

    def _property(self, owner: str, name: str, sample: object) -> Property:
        target, many = self._target(owner, name, sample)
        if not target:
            kind = FieldKind.TEXT
            if isinstance(sample, bool):
                kind = FieldKind.FLAG
            elif isinstance(sample, int | float):
                kind = FieldKind.NUMBER
            elif self._is_date(owner, name, sample):
                kind = FieldKind.MOMENT  # a day is kept as the moment at which it began for whoever typed it
            return Property(name, kind=kind)
        return Property(name, target, many, _linking(name, target, many=many))

    def _target(self, owner: str, name: str, sample: object) -> tuple[str, bool]:
        """The class that a property links to (empty: none), and whether to many of them."""
        many = isinstance(sample, list)
        one = sample[0] if isinstance(sample, list) and sample else sample
        if isinstance(one, dict) and "link" in one:
            return ["", *str(one["link"]).rstrip("/").split("/")][-2], many
        if one is not None and not many:
            return "", False
        try:
            self._session.get(record(owner), (("@fields", f"{name}.id"), ("id", "0")))
        except Rejected as error:
            many = many or _MANY in error.words  # a list in the sample is a set of links, whatever else is said
            if not many:
                return "", False
        return self._named(owner, name), many

    def _named(self, owner: str, name: str) -> str:
        """The class that a link or set of links is to. One to items has no names to say so with: Roundup trips."""
        for _ in range(_CONFIRMED):
            try:
                self._session.get(record(owner), ((name, _NOWHERE), ("id", "0")))
            except Rejected as error:
                found = _LINKED.search(error.words)
                return found[1] if found is not None else owner
            except Transient as error:
                if error.status != _TRIPPED:
                    raise
        return owner

    def _is_date(self, owner: str, name: str, sample: object) -> bool:
        if sample is not None:
            return isinstance(sample, str) and re.fullmatch(r"\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d", sample) is not None
        # A filter by what is no date is ignored for dates, and finds nothing for text.
        wish = (("@page_size", "1"),)
        ignored, _ = self._session.listed(record(owner), (*wish, (name, _NOWHERE)))
        return bool(ignored)

    def _answers(self, name: str, wish: tuple[tuple[str, str], ...]) -> bool:
        try:
            self._session.get(record(name), wish)
        except Rejected:
            return False
        return True


def _declared(name: str, told: Declared) -> Property:
    """A property as the tracker declares it."""
    if told.target:
        return Property(name, told.target, told.many, _linking(name, told.target, many=told.many))
    return Property(name, kind=_KINDS.get(told.sort, FieldKind.TEXT))


def _linking(name: str, target: str, *, many: bool) -> FieldKind:
    """The kind of a field that links to a class."""
    if target == "user":
        return FieldKind.USERS if many else FieldKind.USER
    if many:
        return FieldKind.LABELS if target == "keyword" else FieldKind.OPTIONS
    return FieldKind.STATUS if name == "status" else FieldKind.OPTION


def label(one: Json) -> str:
    """What people call a member of a class, from an answer that carries its label."""
    return str(next((value for key, value in one.items() if key not in {"id", "link"}), one["id"]))


def _closed(target: str, name: str) -> bool | None:
    if target != "status" or name not in _CLOSED | _OPEN:
        return None
    return name in _CLOSED
