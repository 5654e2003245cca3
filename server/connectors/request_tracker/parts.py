"""Which parts of a mail are its text and which are files, from the tree in which RT keeps them; it must not ask RT.

``multipart/alternative`` says one thing in several ways, so one of them is chosen. All others say one thing after the
other, so everything of them arrives, in its order. What is too deep for that arrives as a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.connectors.reading import number, text
from server.connectors.request_tracker.markup import html_to_text
from server.connectors.request_tracker.read import File, Json, Text
from server.connectors.unnamed import made_up_name
from server.domain.values import TextFormat

DEEPEST = 20
"""Levels of parts within parts that are looked at."""
MAIL = "message/rfc822"
"""A mail within a mail."""

WHOLE = ":whole"
"""Ends the id of a file that is a mail within a mail: RT keeps its parts, and it is put together again."""

_ONCE = re.compile(r"^X-RT-Original-Content-Type:\s*(text/(?:plain|html))\b", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(r"^Content-Type:[^\n]*(?:\n[ \t][^\n]*)*\bcharset=", re.IGNORECASE | re.MULTILINE)
_CALLED = re.compile(r"^Content-ID:[ \t]*(?:\r?\n[ \t]+)?(?:<([^<>\n]*)>|(\S+))", re.IGNORECASE | re.MULTILINE)
_ATTACHED = re.compile(r"^Content-Disposition:\s*attachment\b", re.IGNORECASE | re.MULTILINE)
_NAMES_A_PART = re.compile(r"\bcid:", re.IGNORECASE)
_SHOWN = ("text/plain", "text/html")
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\[(?:cid|image|inline)[^\[\]\n]*\]", re.IGNORECASE)
"""What mail programs write into a plain text where the other way of saying it has a picture."""
_CONTAINERS = "multipart/"
_LONGEST_TEXT = 1_000_000
"""Bytes of a text; what is longer is no mail that somebody wrote."""
_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail. ``parts``: those within it, in their order; ``size`` is in bytes.

    ``attached``: its mail calls it an attachment, so it is a file, whatever is in it.
    """

    id: str
    content_type: str
    name: str = ""
    size: int = 0
    parts: tuple[Part, ...] = ()
    attached: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it is a file to people, and nothing that is said in the mail."""
        return bool(self.name) or self.attached or self.content_type not in _SHOWN

    @property
    def holds(self) -> bool:
        """Whether it only holds other parts."""
        return self.content_type.startswith(_CONTAINERS)

    @property
    def is_text(self) -> bool:
        """Whether it holds what somebody wrote, and is no file."""
        return self.content_type.startswith("text/") and not self.name

    @property
    def may_be_text(self) -> bool:
        """Whether RT may have called it bytes because it did not know how its signs were written."""
        return self.content_type == _UNKNOWN and not self.name and 0 < self.size <= _LONGEST_TEXT


@dataclass(slots=True)
class Told:
    """What a mail says: its texts and files, in their order."""

    texts: list[Text] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


def read_part(row: Json) -> Part:
    """A part from RT's record of it."""
    kind = text(row.get("ContentType")).partition(";")[0].strip().casefold()
    name = text(row.get("Filename"))
    return Part(number(row["id"]), kind or _UNKNOWN, name if name.strip() else "", size_of(row))


def once_text(headers: str) -> str:
    """What kind of text a part was before RT, which knew no such charset, called it bytes; empty if it was none.

    Of a reply RT forgets the kind; that it has a charset shows that it was text.
    """
    found = _ONCE.search(headers)
    if found is not None:
        return found[1].casefold()
    return "text/plain" if _CHARSET.search(headers) else ""


def is_attached(headers: str) -> bool:
    """Whether the mail calls a part an attachment."""
    return _ATTACHED.search(headers) is not None


def content_id(headers: str) -> str:
    """What the texts of a mail call a part by; empty where it has no such name."""
    found = _CALLED.search(headers)
    return (found[1] or found[2] or "").strip() if found is not None else ""


def names_a_part(said: str) -> bool:
    """Whether a text may show another part of its mail, by the name in the part's headers."""
    return _NAMES_A_PART.search(said) is not None


def size_of(row: Json) -> int:
    """The bytes of a part. RT leaves the number out, or gives no number, for a part without any."""
    said = text(row.get("ContentLength")).strip()
    return int(said) if said.isascii() and said.isdigit() else 0


def nested(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, of which it is to be asked what is in them, to know the tree.

    RT lists a mail's parts each before those within it. What is in the first is all that is in no other.
    """
    return tuple(one for one in parts[1:] if one.holds or one.content_type == MAIL)


def tree(parts: Sequence[Part], within: Mapping[str, Sequence[str]]) -> tuple[Part, ...]:
    """The parts as a tree. ``within``: the numbers of what is in each that was asked for."""
    if not parts:
        return ()
    by_id = {one.id: one for one in parts}
    placed = {inner for several in within.values() for inner in several}
    first, *others = parts
    children = dict(within)
    loose = [one.id for one in others if one.id not in placed]
    if first.holds or first.content_type == MAIL:
        children[first.id] = loose
        loose = []

    def whole(number_: str, above: frozenset[str]) -> Part:
        inner = [one for one in children.get(number_, ()) if one in by_id and one not in above]
        below = above | {number_}
        return replace(by_id[number_], parts=tuple(whole(one, below) for one in sorted(inner, key=int)))

    return tuple(whole(one, frozenset()) for one in (first.id, *loose))


def as_files(part: Part, depth: int = 0) -> Iterator[Part]:
    """The parts that arrive as files with all that is in them: mails within the mail, and what is too deep."""
    if part.parts and (depth >= DEEPEST or not part.holds):
        yield part
        return
    for one in part.parts:
        yield from as_files(one, depth + 1)


def read_mail(
    roots: Sequence[Part], contents: Mapping[str, str], wanted: TextFormat, mails: Mapping[str, int] | None = None
) -> Told:
    """What a mail says.

    ``contents``: what the parts that are text hold, by number; ``mails``: how long the mails within it are as files.
    """
    reader = _Reader(contents, "text/html" if wanted is TextFormat.HTML else "text/plain", mails or {})
    for one in roots:
        reader.walk(one, 0, files_only=False)
    return reader.told


@dataclass(slots=True)
class _Reader:
    contents: Mapping[str, str]
    liked: str
    mails: Mapping[str, int]
    told: Told = field(default_factory=Told)

    def walk(self, part: Part, depth: int, *, files_only: bool) -> None:
        """Take a part and what is in it. ``files_only``: what it says was said by another already."""
        if part.parts and depth >= DEEPEST:
            self._attach(part)
        elif part.content_type == "multipart/alternative":
            self._choose(part, depth, files_only=files_only)
        elif part.holds:
            for one in part.parts:
                self.walk(one, depth + 1, files_only=files_only)
        elif part.is_file:
            self._attach(part)
        elif not files_only and self._says(part):
            self.told.texts.append(Text(part.content_type, self.contents[part.id]))

    def _choose(self, part: Part, depth: int, *, files_only: bool) -> None:
        """Of several ways to say one thing the one that needs no conversion, else the richest that says anything.

        What has words comes before what shows a picture alone: some programs write an empty page beside the text.
        """
        kinds = {one.id: self._text_in(one, depth + 1) for one in part.parts}
        showing = [one for one in part.parts if kinds[one.id]]
        saying = [one for one in showing if any(self._has_words(each) for each in _leaves(one))] or showing
        liked = [one for one in saying if self.liked in kinds[one.id]]
        chosen = (liked or saying)[-1] if saying else None
        for one in part.parts:
            self.walk(one, depth + 1, files_only=files_only or one is not chosen)

    def _text_in(self, part: Part, depth: int) -> frozenset[str]:
        """The kinds of text that a part would show."""
        if part.parts and depth >= DEEPEST:
            return frozenset()
        if part.holds:
            return frozenset().union(*(self._text_in(one, depth + 1) for one in part.parts))
        shown = not part.is_file and self._says(part)
        return frozenset({part.content_type}) if shown else frozenset()

    def _says(self, part: Part) -> bool:
        said = self.contents.get(part.id, "")
        return _has_signs(said) and (self._has_words(part) or self._shows(part))

    def _has_words(self, part: Part) -> bool:
        """Whether people read anything in a text."""
        if part.is_file:
            return False
        said = self.contents.get(part.id, "")
        return _has_signs(html_to_text(said) if part.content_type == "text/html" else _PLACEHOLDER.sub("", said))

    def _shows(self, part: Part) -> bool:
        """Whether a text without words stands for a picture."""
        return part.content_type != "text/html" or _PICTURE.search(self.contents[part.id]) is not None

    def _attach(self, part: Part) -> None:
        if part.parts:
            self.told.files.append(File(f"{part.id}{WHOLE}", _name(part), self.mails.get(part.id, 0), MAIL))
        elif part.name or part.size:
            self.told.files.append(File(part.id, _name(part), part.size, part.content_type))


def _leaves(part: Part) -> Iterator[Part]:
    if not part.parts:
        yield part
    for one in part.parts:
        yield from _leaves(one)


def _has_signs(said: str) -> bool:
    """Whether there is anything to be seen in it: blanks are not, and neither are signs without a shape."""
    return any(not one.isspace() and unicodedata.category(one) not in ("Cf", "Cc") for one in said)


def _name(part: Part) -> str:
    """The file's name; one that came without gets one, whose ending says what it is."""
    if part.name:
        return part.name if not part.parts or "." in part.name else f"{part.name}.eml"
    return made_up_name(MAIL if part.parts else part.content_type, part.id)
