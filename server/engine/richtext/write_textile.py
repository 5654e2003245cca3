"""Writes Textile for Redmine. What would be taken for markup is written as a character reference.

Redmine's Textile has no escape sign, but it shows ``&#42;`` as ``*`` and never takes it for the sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.domain.syntax import Guard
from server.engine.richtext.build import flat
from server.engine.richtext.document import (
    JOINER,
    MEANT,
    Block,
    Break,
    CodeBlock,
    Document,
    Heading,
    Image,
    Inline,
    Inlines,
    List,
    ListItem,
    Mark,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    Written,
)
from server.engine.richtext.links import BARE, bare_link
from server.engine.richtext.normal import few_lines
from server.engine.richtext.runs import Run, in_runs
from server.engine.richtext.textile import ATTRIBUTES, CLOSERS, LINK_END, LINK_START, OFF_TAG, RULE, SIGNS, SPANS

_IN_WORD = "marks within a word: Textile has them around whole words only"
_LINKS = "a link that Textile cannot hold: its address stands beside it"
_LISTS = "paragraphs within a list entry were joined, and quotes and tables in it became lines"
_CODE = "code that contains a <pre> or <code> tag became running text"
_NUMBERS = "lists are numbered from 1"

_SPECIAL = re.compile(
    r"(?P<span>[*_+^~%-]|\?\?)|(?P<code>@)|(?P<bang>!)|\"(?=:(?:/|[a-zA-Z]+://|www\.|mailto:))"
    r"|&(?=[#a-zA-Z0-9]+(?:;|\Z))|<(?=\S|\Z)|(?P<macro>\[(?=\[)|\{(?=\{))|(?P<note>(?<=\w)\[(?=[0-9]+\]))"
    r"|(?P<equal>=(?==))|(?P<title>(?<=[A-Z0-9])\()|\x00"
)
_AT_START = re.compile(
    rf"[#*]+(?={ATTRIBUTES}(?: |$))"
    r"|=+(?=\s|$)|[{|>]|(?:p|bq|h[1-6])(?=[^\s.]*\.(?::\S+)? )|fn\d*(?=[^\s.]*\. )"
)
_PLACE = re.compile(r"\x00(\d+)\x00")
_LONGEST_TITLE = 60
_TOO_MUCH = 1 << 60


def write(document: Document) -> Written:
    """Blocks with an empty line between them."""
    writer = _Writer()
    body = "\n".join(writer.blocks(document.blocks))
    return Written(_PLACE.sub(lambda found: writer.codes[int(found[1])], body), tuple(writer.lost))


class _Writer:
    """Writes one text. Code is a number between NULs until the end: its lines get no sign of quotes or lists."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.lost: dict[str, None] = {}

    def blocks(self, blocks: tuple[Block, ...]) -> list[str]:
        """The lines of blocks."""
        lines: list[str] = []
        for block in blocks:
            if lines:
                lines.append("")
            lines.extend(self._block(block))
        return lines

    def _block(self, block: Block) -> list[str]:
        match block:
            case Paragraph():
                return self._lines(block.inlines)
            case Heading():
                return [f"h{block.level}. {self._inlines(block.inlines)}"]
            case CodeBlock():
                return self._code(block)
            case Rule():
                return ["---"]
            case Quote():
                return [f"> {line}" if line else ">" for line in self.blocks(block.blocks)]
            case List():
                return self._list(block, "")
            case Table():
                return self._table(block)

    def _code(self, block: CodeBlock) -> list[str]:
        if OFF_TAG.search(block.text):
            self.lost[_CODE] = None
            words: list[Inline] = []
            for line in block.text.split("\n"):
                words.extend((Text(line), Break()))
            return self._lines(few_lines(words))
        inner = f'<code class="{block.language}">\n{block.text}\n</code>' if block.language else f"\n{block.text}\n"
        self.codes.append(f"<pre>{inner}</pre>")
        return [f"\x00{len(self.codes) - 1}\x00"]

    def _list(self, block: List, above: str) -> list[str]:
        if block.ordered and block.start != 1:
            self.lost[_NUMBERS] = None
        marker = above + ("#" if block.ordered else "*")
        lines: list[str] = []
        for item in block.items:
            lines.extend(self._item(item, marker))
        return lines

    def _item(self, item: ListItem, marker: str) -> list[str]:
        lines: list[str] = []
        below: list[str] = []
        for block in item.blocks:
            if isinstance(block, List):
                below.extend(self._list(block, marker))
            elif isinstance(block, CodeBlock):
                lines.extend(self._code(block))
            else:
                if lines or not isinstance(block, Paragraph):
                    self.lost[_LISTS] = None
                lines.extend(self._lines(few_lines(flat((block,)))))
        box = "" if item.done is None else "[x] " if item.done else "[ ] "
        if not lines:
            lines = [] if below and not box else [""]
        return [f"{marker} {box}{lines[0]}", *lines[1:], *below] if lines else below

    def _table(self, block: Table) -> list[str]:
        lines = []
        if block.header:
            lines.append("".join(f"|_. {self._cell(cell)} " for cell in block.header) + "|")
        lines.extend("".join(f"| {self._cell(cell)} " for cell in row) + "|" for row in block.rows)
        return "\n".join(lines).split("\n")

    def _cell(self, cell: Inlines) -> str:
        return "\n".join(self._lines(cell)).replace("|", "&#124;")

    def _lines(self, inlines: Inlines) -> list[str]:
        return [_started(line) for line in self._inlines(inlines).split("\n")]

    def _inlines(self, inlines: Inlines) -> str:
        return _Words(inlines, self.lost).written()


def _started(line: str) -> str:
    """A line whose first character is not taken for the sign of a block."""
    if _AT_START.match(line) or RULE.fullmatch(line):
        return f"&#{ord(line[0])};{line[1:]}"
    return line


class _Words:
    """Writes the inlines of one block."""

    def __init__(self, inlines: Inlines, lost: dict[str, None]) -> None:
        self._inlines = inlines
        self._lost = lost
        self._done = ""
        self._position = 0
        """How much of the words has been written: openings are harmless unless something closes them later."""
        words = "".join(_words(one) for one in inlines)
        self._last = {sign: _last(CLOSERS[sign].finditer(words)) for sign in SPANS if sign in words}
        if "%" in words:  # Redmine writes an ampersand as x%x% for a while
            self._last["%"] = max(self._last["%"], words.rfind("&"))
        self._last["@"] = words.rfind("@")
        self._last["!"] = words.rfind("!")
        for one in inlines:
            if isinstance(one, Text):
                for mark in one.marks:
                    self._last[SIGNS.get(mark, "@")] = _TOO_MUCH
            elif isinstance(one, Image):
                self._last["!"] = _TOO_MUCH

    def written(self) -> str:
        """The whole block."""
        self._pieces(self._inlines, "")
        return self._done

    def _pieces(self, inlines: Inlines, after: str) -> None:
        """``after`` is what follows the last of them, as far as it is known."""
        pieces = list(in_runs(inlines))
        for index, one in enumerate(pieces):
            following = _first(pieces[index + 1]) if index + 1 < len(pieces) else after
            match one:
                case Run(mark=Mark.CODE):
                    self._code(one, following)
                case Run(mark=Mark() as mark):
                    self._marked(one, mark, following)
                case Run():
                    self._link(one, following)
                case Text(how=""):
                    self._text(one.text)
                case Text():
                    self._guarded(one)
                case Mention():
                    self._text(f"@{one.name}")
                case Break():
                    self._done += "\n"
                    self._position += 1
                case Image():
                    self._image(one, following)

    def _marked(self, run: Run, mark: Mark, following: str) -> None:
        sign = SIGNS[mark]
        before = self._done[-1:]
        outer = before if before not in SPANS else self._done[-2:-1]
        fits = (not outer or outer in " \n(>") and (not following or bool(re.match(r"[\W_]", following)))
        start, position = len(self._done), self._position
        if fits:
            self._done += sign
            self._pieces(run.inlines, sign)
            inner = self._done[start + 1 :]
            if not CLOSERS[sign].search(inner + " ") and sign not in (inner[0], inner[-1]):
                if inner[0] in "([{" or (sign == "*" and _AT_START.match(sign + inner)):  # its attributes, or a list's
                    self._done = f"{self._done[: start + 1]}&#{ord(inner[0])};{inner[1:]}"
                self._done += sign
                return
            self._done, self._position = self._done[:start], position
        self._lost[_IN_WORD] = None
        self._pieces(run.inlines, following)

    def _code(self, run: Run, following: str) -> None:
        text = "".join(one.text for one in run.inlines if isinstance(one, Text))
        before = self._done[-1:]
        word = bool(re.match(r"\w", before)) or bool(re.match(r"\w", following))  # a little stricter than Redmine
        plain = all(isinstance(one, Text) and not one.how for one in run.inlines)  # else @x@ may look like a mention
        if plain and not word and before != "@" and not re.search(r"[@<>&|\"]", text):
            self._done += f"@{text}@"
        elif not OFF_TAG.search(text):
            self._done += f"<code>{text}</code>"
        else:
            self._lost[_CODE] = None
            self._text(text)
            return
        self._position += len(text)

    def _link(self, run: Run, following: str) -> None:
        words = "".join(one.text for one in run.inlines if isinstance(one, Text))
        ends = not following or bool(LINK_END.match(following))
        if words == run.link and re.match(r"(?:https?|ftp)://", words, re.IGNORECASE):
            if re.match(r"\w", self._done[-1:]):
                self._done += " "
            self._text(words)
            found = BARE.match(words + following)
            ends = found is not None and bare_link(found) == words
        elif LINK_START.match(run.link):
            address = re.sub(r"[^\w=/;-]\Z", lambda last: f"%{ord(last[0]):02X}", run.link)
            self._done += '"'
            start = len(self._done)
            self._pieces(run.inlines, '"')
            inner = self._done[start:].replace('"', "&quot;").replace("\n", " ")
            if inner[0] in "([{":
                inner = f"&#{ord(inner[0])};{inner[1:]}"
            if inner[-1] == ")":
                inner = f"{inner[:-1]}&#41;"
            self._done = f'{self._done[:start]}{inner}":' + re.sub(r"&(?=[#a-zA-Z0-9]+;)", "&amp;", address)
        else:
            self._lost[_LINKS] = None
            self._pieces(run.inlines, " ")
            self._text(f" ({run.link})")
            return
        if not ends:
            self._done += " "

    def _image(self, image: Image, following: str) -> None:
        if self._done and not self._done[-1].isspace():
            self._done += " "
        source = re.sub(r"^=", "%3D", image.source.replace("!", "%21"))
        if not re.search(r"[./]", source):
            source = f"./{source}"
        alt = re.sub(r"[()!&\"]", lambda found: f"&#{ord(found[0])};", image.alt)
        self._done += f"!{source}({alt})!" if alt else f"!{source}!"
        if image.link:
            self._done += f":{image.link}"
            if following and not LINK_END.match(following):
                self._done += " "
        elif following.startswith(":"):
            self._done += " "

    def _guarded(self, text: Text) -> None:
        """Text that Redmine shall take for a link, or must not."""
        if text.how == MEANT:
            self._done += text.text
            self._position += len(text.text)
            return
        first, rest = text.text[0], text.text[1:]
        self._done += first + JOINER if text.how == Guard.JOINER else f"&#{ord(first)};"
        self._position += 1
        self._text(rest)

    def _text(self, text: str) -> None:
        """Text that stays text."""
        done: list[str] = []
        end = 0
        before = self._done[-1:]
        for found in _SPECIAL.finditer(text):
            start = found.start()
            if start > end:
                before = text[start - 1]
            done.append(text[end:start])
            if self._harmless(found, before, text):
                done.append(found[0])
                before = found[0][-1]
            else:
                done.append(f"&#{ord(found[0][0])};{found[0][1:]}")
                before = found[0][1:][-1:] or ";"
            end = found.end()
        self._done += "".join(done) + text[end:]
        self._position += len(text)

    def _harmless(self, found: re.Match[str], before: str, text: str) -> bool:
        """Whether Redmine would not take it for markup, or nothing closes it."""
        here = self._position + found.start()
        following = text[found.end() : found.end() + 1]
        if found["span"]:
            opens = not before or before in " \n(>*_+^~%?-"
            closed = any(self._last.get(sign, -1) > here for sign in SPANS if sign[0] == found[0][0])
            dashes = found[0] == "-" and (following == "-" or before == "-")
            return not opens or not closed or following == " " or dashes
        if found["code"]:
            inside = before == "_" or (before.isascii() and before.isalnum())
            return inside or self._last["@"] <= here
        if found["bang"]:
            inside = bool(before) and before not in " \n>(,-["
            return inside or following == " " or (self._last["!"] <= here and following not in {"#", "["})
        if found["equal"]:
            return bool(before) and not before.isspace()
        if found["title"]:
            return not re.search(r"\b[A-Z][A-Z0-9]+\Z", text[max(0, found.start() - _LONGEST_TITLE) : found.start()])
        return False


def _words(one: Inline) -> str:
    match one:
        case Text():
            return one.text
        case Mention():
            return f"@{one.name}"
        case Break():
            return "\x01"  # to Redmine a line break is a tag by then, and no blank
        case Image():
            return ""


def _first(piece: Inline | Run) -> str:
    """What the next piece begins with, enough to know whether a word goes on."""
    match piece:
        case Text():
            return piece.text
        case Mention():
            return "@"
        case Break():
            return "\n"
        case Image():
            return " "
        case Run(mark=Mark() as mark):
            return SIGNS.get(mark, "@")
        case Run():
            return piece.link if _words(piece.inlines[0]) == piece.link else '"'


def _last(found: Iterator[re.Match[str]]) -> int:
    return max((one.start() for one in found), default=-1)
