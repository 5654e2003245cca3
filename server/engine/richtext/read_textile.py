"""Reads Textile as Redmine shows it: its dialect of RedCloth, in which a line break is a break.

Attributes (classes, styles, alignment) and footnote marks are left out; macros and wiki links stay as they were
typed, which is how they survive a round trip.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from server.domain.html_text import unescaped
from server.engine.richtext.build import RAISED, Builder, Kind
from server.engine.richtext.document import Document, Mark
from server.engine.richtext.links import BARE
from server.engine.richtext.textile import (
    ATTRIBUTES,
    BEFORE_SPAN,
    CLOSERS,
    ENTITY,
    LINK_START,
    OFF_TAG,
    RAISING,
    RULE,
    SPANS,
)

_DEEPEST_SPAN = 6

_RIPPED = re.compile(
    r"<pre\b[^<>\n]*>(?P<pre>.*?)(?:</pre>|\Z)"
    r"|<(?P<tag>code|kbd|notextile)\b(?P<how>[^<>\n]*)>(?P<inner>.*?)</(?P=tag)>"
    r"|(?:(?<=\s)|\A)==(?P<raw>[^=\n][^\n]{0,500}?)==(?=\s|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_OPENING = re.compile(r"<(?:pre|(code|kbd|notextile))\b|==", re.IGNORECASE)
_CODE_IN_PRE = re.compile(r"\s*<code\b([^>\n]*)>(.*?)(?:</code>\s*)?\Z", re.IGNORECASE | re.DOTALL)
_CLASS = re.compile(r"class\s*=\s*[\"']?([\w#+.-]+)", re.IGNORECASE)
_QUOTED = re.compile(r">[> ]*")
_PREFIX = re.compile(rf"(p|bq|h[1-6]){ATTRIBUTES}\.(?::\S+)? ")
_ENTRY = re.compile(rf"([*#]+){ATTRIBUTES} (.*)", re.DOTALL)
_TABLE = re.compile(rf"table{ATTRIBUTES}\. ?")
_CELL = re.compile(r"\|((?:\[\[[^|\[\]\n]*\|[^|\[\]\n]*\]\]|[^|])*)(?=\|)")
_CELL_LOOK = re.compile(rf"(_?)(?:[\\/]\d+){{0,2}}{ATTRIBUTES}\. ?")

_CANDIDATE = re.compile(r"[*_+^~%@!\"&\n\x00-]|\?\?|(?:https?|ftp)://")
_CODE = re.compile(r"@(?:\|\w+\|)?([^\x00]{1,500}?)@(?=\W|\Z)", re.ASCII)
_IMAGE = re.compile(
    rf"!{ATTRIBUTES}(?:\. )?([^\s(!]+)\s?"
    r"(?:\(((?:[^()\n]|\([^()\n]{1,200}\)){1,400})\))?!"
    r"(?::(\S+?)(?=[^\w\s/;=?]*(?:\s|\Z)))?"
)
_LINK = re.compile(
    r"\"(?:\([^\")\s]{1,200}\)|\{[^}\n\"]{1,400}\})?([^\"\n]+?)\s?(?:\([^)\n\"]{1,400}?\)(?=\"))?\":("
    + LINK_START.pattern
    + r"\S{0,8000})"
)
_LOOK = re.compile(r"(?:\([^\")\s]{1,200}\)|\{[^}\n]{1,400}\}|\[[a-z_-]{1,40}\]){1,3}(?=.)", re.DOTALL)
_IN_ADDRESS = re.compile(r"[\w=/;()-]")
_AFTER_ADDRESS = re.compile(r"[^\w=/;()\s-]")
_CLOSED = re.compile(r"</(code|kbd|notextile)>", re.IGNORECASE)


def read(body: str, *, literal: bool = False) -> Document:
    """Never raises; what is no markup is text.

    ``literal``: after a sign that was written as a character reference ``LITERAL`` is left.
    """
    body = body.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    reader = _Reader(literal=literal)
    reader.text(body)
    return reader.to.finish()


class _Reader:
    """Reads one text. What is taken out beforehand is numbered; its number stands between NULs in the text."""

    def __init__(self, *, literal: bool) -> None:
        self.to = Builder(literal=literal)
        self._ripped: list[re.Match[str]] = []

    def text(self, body: str) -> None:
        """The whole text."""
        if "<" in body or "==" in body:
            body = _without_comments(self._without_code(body))
        level = 0
        block: list[str] = []
        for raw in [*body.split("\n"), ""]:
            line = raw.rstrip()
            quoted = _QUOTED.match(line) if line[:1] == ">" else None
            depth = quoted[0].count(">") if quoted else 0
            line = line[quoted.end() :] if quoted else line
            if depth != level or not line.strip():
                self._block(block)
                block = []
                self._quote(level, depth)
                level = depth
            if line.strip():
                block.append(line)

    def _without_code(self, body: str) -> str:
        """The text with numbers for all that is no markup. What is never closed is not looked for its end."""
        last = {found[1].lower(): found.start() for found in _CLOSED.finditer(body)}
        kept: list[str] = []
        position = written = 0
        while (opening := _OPENING.search(body, position)) is not None:
            position = opening.start() + 1
            if opening[1] and last.get(opening[1].lower(), -1) < position:
                continue
            found = _RIPPED.match(body, opening.start())
            if found is None:
                continue
            self._ripped.append(found)
            kept.append(f"{body[written : found.start()]}\x00{len(self._ripped) - 1}\x00")
            position = written = found.end()
        return "".join([*kept, body[written:]])

    def _quote(self, before: int, after: int) -> None:
        for _ in range(before, after):
            self.to.open(Kind.QUOTE)
        for _ in range(after, before):
            self.to.close(Kind.QUOTE)

    def _block(self, lines: list[str]) -> None:
        """Lines without an empty one between them."""
        if len(lines) == 1 and RULE.fullmatch(lines[0].strip()):
            self.to.rule()
            return
        paragraph: list[str] = []
        for index, line in enumerate(lines):
            if (line[0] in "*#" and _ENTRY.match(line)) or (
                line.lstrip()[:1] in "*#" and _ENTRY.match(line.lstrip()) and index == 0
            ):
                self._paragraph(paragraph)
                self._list([line.lstrip(), *lines[index + 1 :]])
                return
            if line[0] == "|" and lines[-1].endswith("|") and line != "|":
                if paragraph and _TABLE.fullmatch(paragraph[-1] + " "):
                    paragraph.pop()
                self._paragraph(paragraph)
                self._table(lines[index:])
                return
            paragraph.append(line)
        self._paragraph(paragraph)

    def _paragraph(self, lines: list[str]) -> None:
        text = "\n".join(line.strip() for line in lines)
        prefix = _PREFIX.match(text) if text[:1] in "pbh" else None
        if prefix is None:
            self._inlines(text)
            self.to.flush()
            return
        content = text[prefix.end() :]
        if prefix[1] == "bq":
            self.to.open(Kind.QUOTE)
            self._inlines(content)
            self.to.close(Kind.QUOTE)
            return
        if prefix[1] != "p":
            self.to.heading(int(prefix[1][1]))
        self._inlines(content)
        self.to.flush()

    def _list(self, lines: list[str]) -> None:
        entries: list[tuple[str, list[str]]] = []
        for line in lines:
            entry = _ENTRY.match(line) if line[0] in "*#" else None
            if entry is not None:
                entries.append((entry[1], [entry[2]]))
            elif entries:
                entries[-1][1].append(line)
        levels: list[tuple[int, bool]] = []
        for marker, content in entries:
            depth, ordered = len(marker), marker[-1] == "#"
            while levels and (levels[-1][0] > depth or (levels[-1][0] == depth and levels[-1][1] is not ordered)):
                self.to.close(Kind.LIST)
                levels.pop()
            if not levels or levels[-1][0] < depth:
                self.to.open(Kind.LIST, ordered=ordered)
                levels.append((depth, ordered))
            self.to.open(Kind.ITEM)
            self._inlines("\n".join(line.strip() for line in content))
        for _ in levels:
            self.to.close(Kind.LIST)

    def _table(self, lines: list[str]) -> None:
        self.to.open(Kind.TABLE)
        row: list[str] = []
        for line in lines:
            row.append(line.strip())
            if line.rstrip().endswith("|"):
                self._row("\n".join(row))
                row = []
        self.to.close(Kind.TABLE)

    def _row(self, text: str) -> None:
        self.to.open(Kind.ROW)
        for cell in _CELL.findall(text):
            look = _CELL_LOOK.match(cell)
            self.to.open(Kind.CELL, header=look is not None and bool(look[1]))
            self._inlines((cell[look.end() :] if look else cell).strip())
            self.to.close(Kind.CELL)
        self.to.close(Kind.ROW)

    # running text -------------------------------------------------------------------------------------------
    def _inlines(self, text: str, depth: int = 0, *, in_link: bool = False) -> None:
        closers: dict[str, list[int]] = {}
        position = written = 0
        while True:
            found = _CANDIDATE.search(text, position)
            if found is None:
                break
            start = found.start()
            self.to.text(text[written:start])
            written = start
            end = self._special(text, start, depth, closers, in_link=in_link)
            if end > start:
                position = written = end
            else:
                position = start + 1
        self.to.text(text[written:])

    def _special(self, text: str, at: int, depth: int, closers: dict[str, list[int]], *, in_link: bool) -> int:
        """Send what begins at ``at``; where it ends, or ``at`` if it is nothing special."""
        sign = text[at]
        before = text[at - 1] if at else " "
        match sign:
            case "\n":
                self.to.line_break()
                return at + 1
            case "\x00":
                return self._put_back(text, at)
            case "&":
                entity = ENTITY.match(text, at)
                self.to.text(unescaped(entity[0]) if entity else "")
                if entity:
                    self.to.part()
                return entity.end() if entity else at
            case "@":
                return self._code(text, at, before)
            case "!":
                return self._image(text, at, before)
            case '"':
                return at if in_link else self._link(text, at, depth)
            case "h" | "f" | "H" | "F":
                return self._address(text, at)
            case _:
                return self._span(text, at, before, depth, closers, in_link=in_link)

    def _put_back(self, text: str, at: int) -> int:
        end = text.index("\x00", at + 1)
        found = self._ripped[int(text[at + 1 : end])]
        code = _CODE_IN_PRE.match(found["pre"]) if found["pre"] is not None else None
        inner = code[2] if code else found["pre"] or found["inner"] or ""
        if OFF_TAG.search(inner):  # Redmine itself gets lost in these; as text, nothing is
            self._raw_lines(found[0])
        elif found["pre"] is not None:
            language = _CLASS.search(code[1]) if code else None
            self.to.code(inner, language[1] if language else "")
        elif found["raw"] is not None:
            self.to.text(found["raw"])
        elif found["tag"].lower() == "notextile":
            self._raw_lines(found["inner"])
        elif "\n" in found["inner"]:
            language = _CLASS.search(found["how"])
            self.to.code(found["inner"], language[1] if language else "")
        else:
            self.to.text(found["inner"], Mark.CODE)
        return end + 1

    def _raw_lines(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self.to.line_break()
            self.to.text(line)

    def _code(self, text: str, at: int, before: str) -> int:
        if before == "_" or (before.isascii() and before.isalnum()):
            return at
        found = _CODE.match(text, at)
        inner = "" if found is None else unescaped(found[1])
        if found is None or not inner.strip() or OFF_TAG.search(inner):
            return at
        for number, line in enumerate(inner.split("\n")):
            if number:
                self.to.line_break()
            self.to.text(line, Mark.CODE)
        return found.end()

    def _image(self, text: str, at: int, before: str) -> int:
        found = _IMAGE.match(text, at) if before.isspace() else None
        if found is None or not re.search(r"[./]", found[1]) or "\x00" in found[0]:
            return at
        self.to.image(unescaped(found[1]), unescaped(found[2] or ""), unescaped(found[3] or ""))
        return found.end()

    def _link(self, text: str, at: int, depth: int) -> int:
        found = _LINK.match(text, at)
        if found is None or "\x00" in found[2]:
            return at
        address = found[2]
        end = len(address)
        while end and not _IN_ADDRESS.match(address, end - 1):
            end -= 1
        address = address[:end]
        if address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1]
        self.to.mark("link", None, unescaped(address))
        self._inlines(found[1], depth + 1, in_link=True)
        self.to.unmark("link")
        return found.start(2) + len(address)

    def _address(self, text: str, at: int) -> int:
        """An address in running text: what is in it is no markup (the tree finds the address itself)."""
        found = BARE.match(text, at)
        if found is None:
            return at
        end = found.end()
        entity = text.find("&#", at, end)
        trailing = end
        while _AFTER_ADDRESS.match(text, trailing - 1):
            trailing -= 1
        end = entity if entity >= 0 else trailing - (text[trailing - 1] == ")")
        self.to.text(text[at:end])
        return end

    def _span(
        self, text: str, at: int, before: str, depth: int, closers: dict[str, list[int]], *, in_link: bool
    ) -> int:
        if (
            (at and before not in BEFORE_SPAN and before != "\x00")
            or depth >= _DEEPEST_SPAN
            or text.startswith("--", at)
        ):
            return at
        for sign in SPANS:
            if not text.startswith(sign, at):
                continue
            start = at + len(sign)
            if sign not in closers:
                closers[sign] = [found.start() for found in CLOSERS[sign].finditer(text)]
            index = bisect_left(closers[sign], start + 1)
            end = closers[sign][index] if index < len(closers[sign]) else 0
            if end and text[start] not in f"{sign[0]} \n" and text[end - 1] != sign[0] and _whole(text[start:end]):
                look = _LOOK.match(text, start, end)
                if sign in RAISING:
                    self.to.lose(RAISED)
                self.to.mark(sign, SPANS[sign])
                self._inlines(text[look.end() if look else start : end], depth + 1, in_link=in_link)
                self.to.unmark(sign)
                return end + len(sign)
        return at


def _whole(content: str) -> bool:
    """Whether each line could stand as a span of its own, which is how the tree keeps a span over several lines."""
    if "\n" not in content:
        return True
    return all(line[:1].isalnum() and (line[-1].isalnum() or line[-1] in ".,;:!?") for line in content.split("\n"))


def _without_comments(text: str) -> str:
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return "".join([*kept, text[position:]])
