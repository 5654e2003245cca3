"""The tree that every text format is read into and written from; it must not know any format's syntax."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How a stretch of text stands out. Their order here is the order they are kept in."""

    STRONG = "strong"
    EM = "em"
    STRIKE = "strike"
    UNDERLINE = "underline"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Text:
    """A stretch of text in one look. ``marks`` are sorted and without repeats; ``link`` is a safe address or empty.

    ``how`` is for writers: ``MEANT`` is written as it is, so that the target's app links it; a ``Guard`` keeps the app
    from that.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    link: str = ""
    how: str = ""


MEANT = "meant"
JOINER = "\u2060"
"""Nobody sees it, and no word goes on over it."""
LITERAL = "\ufdd0"
"""Stands in a text that is read for a crossing where its markup parts a word; no such sign is ever written."""


@dataclass(frozen=True, slots=True)
class Mention:
    """``@name``: a person as the source's app calls them."""

    name: str


@dataclass(frozen=True, slots=True)
class Break:
    """The next word starts on a new line of the same block."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by its address; ``link`` is where a click leads, or empty."""

    source: str
    alt: str = ""
    link: str = ""


Inline = Text | Mention | Break | Image
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Heading:
    """A title within the text, of level 1 to 6."""

    level: int
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Text that is kept to the character, line breaks and indentation included."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListItem:
    """One entry of a list. ``done`` is None for an ordinary entry, else the state of a task."""

    blocks: tuple[Block, ...]
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A list; ``start`` is the number of the first entry and counts for ordered lists only."""

    ordered: bool
    items: tuple[ListItem, ...]
    start: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equally many cells; ``header`` is one more row, or empty."""

    header: tuple[Inlines, ...]
    rows: tuple[tuple[Inlines, ...], ...]


Block = Paragraph | Heading | CodeBlock | Rule | Quote | List | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text. ``lost`` says in words what its reader had to leave out."""

    blocks: tuple[Block, ...]
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A whole text in some format. ``lost`` says in words what that format cannot hold."""

    body: str
    lost: tuple[str, ...] = ()
