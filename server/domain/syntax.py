"""What an app makes of running text by itself: links to its items, mentions, pictures; it must not know which app.

A connector gives it as data. The engine uses it to carry references over to the twins, and to keep what was meant for
one app from being taken for something by the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Guard(StrEnum):
    """How a text is kept from being taken for a link or a mention, so that people see it unchanged."""

    ENTITY = "entity"
    """Its first sign is written as a character reference."""
    BANG = "bang"
    """An exclamation mark before it, which the app takes away."""
    SPAN = "span"
    """An empty ``<span>`` after its first sign."""
    COMMENT = "comment"
    """An empty HTML comment after its first sign."""
    JOINER = "joiner"
    """A word joiner (U+2060, which nobody sees) after its first sign: for text without any markup."""


@dataclass(frozen=True, slots=True)
class AutoLink:
    """A form of words that the app makes a link or a mention of.

    ``pattern`` is a regular expression. What it has as the group ``item`` is the id of an item of the app, what it has
    as ``person`` the login of somebody. What it has as ``escape`` keeps the app from making a link, and is not shown.
    """

    pattern: str
    guard: Guard


@dataclass(frozen=True, slots=True)
class Syntax:
    """All that an app makes of running text.

    ``item`` and ``person`` are how an item and a person are named so that the app links them (``#{id}``, ``@{login}``;
    empty: it has no such form). ``pictures`` is a regular expression of the names of an item's files that a
    text shows when a picture's address is that name (empty: none), ``addresses`` and ``files`` are those of the
    addresses of items (group ``item``) and of their files (group ``file``).
    """

    links: tuple[AutoLink, ...] = ()
    item: str = ""
    person: str = ""
    pictures: str = ""
    addresses: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The other end of a pair, as a text may name it."""

    id: str
    key: str
    url: str
