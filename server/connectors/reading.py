"""Says which part of which item could not be read, so that it holds back that item and no other; it reads nothing.

A connector reads an item within ``reading`` and a part of it within ``part``; the members of a list go through
``heads_of``, so that a broken one is an entry like the others, and never the end of the list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from server.connectors.moments import shown
from server.domain.errors import NotThatApp, Unreadable
from server.domain.item import Head
from server.domain.lineage import Newborn

T = TypeVar("T")

FAULTS: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)
"""What reading raises when an answer is not what it should be."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Part(Exception):
    """A part of an item that cannot be read. Never leaves ``reading``."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words)
        self.name = name
        self.words = words


@contextmanager
def reading(item: str) -> Iterator[None]:
    """What is read here is of ``item``, by its key. Raises ``Unreadable`` for whatever of it cannot be read."""
    try:
        yield
    except _Part as error:
        raise Unreadable(item, error.name, error.words) from error
    except FAULTS as error:
        raise Unreadable(item, "", _words(error)) from error


@contextmanager
def part(name: str) -> Iterator[None]:
    """What is read here is the part ``name`` of an item (“its time of change”, “the comment 17”)."""
    try:
        yield
    except FAULTS as error:
        raise _Part(name, _words(error)) from error


def number(said: object) -> str:
    """The number by which an app names a thing, as text. Raises ``ValueError`` for what is none."""
    text = str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{shown(said)} is no number of anything")
    return text


def is_page(content: bytes) -> bool:
    """Whether these bytes, or the first of them, are a web page."""
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def text(said: object) -> str:
    """A text, empty for none. Raises ``TypeError`` for what is none."""
    if said is None or isinstance(said, str):
        return said or ""
    if isinstance(said, int | float):
        return str(said)
    raise TypeError(f"{shown(said)} is no text")


def ids_of(members: Sequence[Any], name: Callable[[Any], str]) -> tuple[str, ...]:
    """The ids of a list's members. One that has none is left out: what a census does not name is asked for by itself.

    Raises ``NotThatApp`` when none of several has one.
    """
    return readable(members, name)


def readable(members: Iterable[Any], read: Callable[[Any], T]) -> tuple[T, ...]:
    """What the members of a list are; one that cannot be read is left out, and its neighbours stay.

    For what an app says of itself (its people, its fields): an item is never left out. Raises ``NotThatApp`` when none
    of several can be read.
    """
    several, found = list(members), []
    for one in several:
        with suppress(*FAULTS):
            found.append(read(one))
    if several and not found:
        raise NotThatApp("What answers gives a list of things without ids. Check the address of the connection.")
    return tuple(found)


def born_of(members: Sequence[Any], read: Callable[[Any], Newborn]) -> tuple[Newborn, ...]:
    """The items of a list of what was made. One that cannot be read is left out: the item itself cannot be, either."""
    born = []
    for one in members:
        with suppress(_Part, *FAULTS):
            born.append(read(one))
    return tuple(born)


def members_of(found: object, where: str) -> list[Any]:
    """The members of a list. Raises ``NotThatApp`` when it is none: then it is not known what there is."""
    if isinstance(found, list):
        return found
    raise NotThatApp(f"What answers at {where} has no list where one belongs. Check the address of the connection.")


def named(found: object, where: str) -> list[Any]:
    """The members of a list that have an id and a name; what is broken is no choice and no person. Raises as above."""
    return [
        one
        for one in members_of(found, where)
        if isinstance(one, dict)
        and isinstance(one.get("id"), int | str)
        and not isinstance(one["id"], bool)
        and isinstance(one.get("name"), str)
    ]


def heads_of(
    members: Sequence[Any], read: Callable[[Any], Head], name: Callable[[Any], str], since: datetime | None
) -> list[Head]:
    """The entries of a page of a feed, in its order. ``name``: an item's id, of what can be read of a member.

    A member that cannot be read stands at the time of the one before it, so it moves no cursor; the item itself is
    asked then. One without an id cannot be asked for: it is told as it is. Either has a stamp, so that it is not
    looked at again before something of it changes.
    """
    heads: list[Head] = []
    for one in members:
        try:
            heads.append(read(one))
        except (_Part, *FAULTS) as error:
            before = heads[-1].updated_at if heads else since or _BEGINNING
            heads.append(_broken(one, name, before, error))
    return heads


def _broken(member: Any, name: Callable[[Any], str], before: datetime, error: Exception) -> Head:
    digest = hashlib.sha256(json.dumps(member, sort_keys=True, default=repr).encode()).hexdigest()[:16]
    try:
        return Head(name(member), before, f"unreadable {digest}")
    except FAULTS:
        key = f"unnamed-{digest}"
        told = Unreadable(key, "its id", error.words if isinstance(error, _Part) else _words(error))
        return Head(key, before, f"unreadable {digest}", unread=told)


def _words(error: Exception) -> str:
    """What was wrong, for people: our own readers say it in words, and a missing member is named."""
    if isinstance(error, KeyError) and error.args:
        return f"{shown(error.args[0])} is missing"
    return str(error)
