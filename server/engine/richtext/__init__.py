"""Rich text of any app in the terms of any other, through one tree; it must not raise on any text, nor pass a script.

``convert`` carries a body over, ``same_meaning`` compares across formats, ``fingerprint`` notices an edit,
``attributed`` puts the author of a carried comment on top of it, ``names_its_author`` knows it there.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from server.domain.syntax import Syntax
from server.domain.values import TextFormat
from server.engine.richtext import html, plain, read_markdown, read_textile, write_markdown, write_textile
from server.engine.richtext.build import TOO_LONG
from server.engine.richtext.crossing import Crossing, cross, named_items, references
from server.engine.richtext.document import LITERAL, Document, Mark, Paragraph, Text, Written
from server.engine.richtext.normal import normal

__all__ = [
    "Converted",
    "Crossing",
    "attributed",
    "convert",
    "fingerprint",
    "named_items",
    "names_its_author",
    "notice",
    "said_references",
    "same_meaning",
]

_ALONE = Crossing()
"""Nothing is named, and neither app links anything."""

LONGEST = 200_000
"""Characters of the longest text whose markup is read. Trackers hold 32,000 to 65,000 of them; longer are logs."""

_FIRST_LINE = 1000
"""Characters within which the line that names an author ends."""
_ATTRIBUTED = re.compile(r"\S.* wrote on \d{4}-\d\d-\d\d \d\d:\d\d UTC:")


@dataclass(frozen=True, slots=True)
class Converted:
    """A body in the target's format. ``lost`` says in words what did not come along; often nothing."""

    body: str
    lost: tuple[str, ...] = ()


def convert(body: str, source: TextFormat, target: TextFormat, crossing: Crossing = _ALONE) -> Converted:
    """``body`` in the format ``target``; the same formats leave it as it is to the character. Never raises.

    ``crossing``: what it names, and what the other app would take for a reference. Where that changes nothing of it,
    the same formats leave it as it is, too.
    """
    if crossing is _ALONE:
        if source is target:
            return Converted(body)
        document = read(body, source)
    else:
        found = read(body.replace(LITERAL, ""), source, literal=True)
        document = cross(found, crossing)
        if source is target and document == cross(found, _ALONE):
            return Converted(body)
    written = write(document, target)
    return Converted(written.body, (*document.lost, *written.lost))


def notice(text: str, format_: TextFormat, syntax: Syntax) -> str:
    """A sentence of our own in an app's format, in which the app takes nothing for a reference."""
    return convert(text, TextFormat.PLAIN, format_, Crossing(target=syntax)).body


def said_references(body: str, format_: TextFormat, syntax: Syntax) -> frozenset[str]:
    """The words of ``body`` by which its own app links or mentions something."""
    return references(read(body, format_, literal=True), syntax) if syntax.links else frozenset()


def same_meaning(a: str, a_format: TextFormat, b: str, b_format: TextFormat) -> bool:
    """Whether one is what the other becomes when it is carried over; blanks and line ends do not count.

    Against plain text only the words count.
    """
    if a == b and a_format is b_format:
        return True
    if TextFormat.PLAIN in {a_format, b_format}:
        return _words(a, a_format) == _words(b, b_format)
    left, right = read(a, a_format), read(b, b_format)
    return (
        left.blocks == right.blocks
        or _carried(left, b_format).blocks == right.blocks
        or left.blocks == _carried(right, a_format).blocks
    )


def fingerprint(body: str, format_: TextFormat) -> str:
    """A short name of ``body`` that changes when a person edits it, but not when an app changes line ends or blanks.

    It is taken of the body and not of its tree: fingerprints are kept for years, readers learn.
    """
    text = "\n".join(line.rstrip() for line in body.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
    return hashlib.sha256(f"{format_}\n{text}".encode("utf-8", "replace")).hexdigest()[:32]


def attributed(body: str, format_: TextFormat, author: str, when: datetime, crossing: Crossing = _ALONE) -> str:
    """``body`` under a line that says who wrote it, and when (``when`` carries a zone; shown in UTC)."""
    name = " ".join(author.split()) or "Somebody"
    moment = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    line = Paragraph((Text(name, (Mark.STRONG,)), Text(f" wrote on {moment}:")))
    header = write(cross(Document(normal([line])), replace(crossing, source=Syntax())), format_).body
    separator = "\n" if format_ is TextFormat.HTML else "\n\n"
    return f"{header}{separator}{body}"


def names_its_author(body: str, format_: TextFormat) -> bool:
    """Whether ``body`` begins with the line that ``attributed`` puts on top."""
    if " wrote on " not in body[:_FIRST_LINE]:
        return False
    first = next(iter(read(body[:_FIRST_LINE], format_).blocks), None)
    if not isinstance(first, Paragraph):
        return False
    return (
        _ATTRIBUTED.fullmatch("".join(one.text for one in first.inlines if isinstance(one, Text)).strip()) is not None
    )


def read(body: str, source: TextFormat, *, literal: bool = False) -> Document:
    """The tree of ``body`` in normal form; ``literal``: with the signs that ``crossing`` wants."""
    if len(body) > LONGEST and source is not TextFormat.PLAIN:
        return Document(plain.read(body).blocks, (TOO_LONG,))
    match source:
        case TextFormat.PLAIN:
            return plain.read(body)
        case TextFormat.MARKDOWN:
            return read_markdown.read(body, literal=literal)
        case TextFormat.HTML:
            return html.read(body, literal=literal)
        case TextFormat.TEXTILE:
            return read_textile.read(body, literal=literal)


def write(document: Document, target: TextFormat) -> Written:
    """The tree in the format ``target``."""
    match target:
        case TextFormat.PLAIN:
            return plain.write(document)
        case TextFormat.MARKDOWN:
            return write_markdown.write(document)
        case TextFormat.HTML:
            return html.write(document)
        case TextFormat.TEXTILE:
            return write_textile.write(document)


def _carried(document: Document, target: TextFormat) -> Document:
    return read(write(document, target).body, target)


def _words(body: str, source: TextFormat) -> str:
    text = body if source is TextFormat.PLAIN else plain.write(read(body, source)).body
    return " ".join(text.split())
