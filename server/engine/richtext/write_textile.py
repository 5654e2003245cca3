"""Writes Textile for Redmine. What would be taken for markup is written as a character reference.

Redmine's Textile has no escape sign, but it shows ``&#42;`` as ``*`` and never takes it for the sign.
"""

from __future__ import annotations

import re

from server.engine.richtext.build import flat
from server.engine.richtext.document import (
    Block,
    Break,
    CodeBlock,
    Document,
    Heading,
    Inline,
    Inlines,
    List,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    Written,
)
from server.engine.richtext.normal import few_lines
from server.engine.richtext.textile import OFF_TAG, RULE
from server.engine.richtext.textile_words import AT_START, CODE, Words

_LISTS = "paragraphs within a list entry were joined, and quotes and tables in it became lines"
_NUMBERS = "lists are numbered from 1"
_PLACE = re.compile(r"\x00(\d+)\x00")


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
            self.lost[CODE] = None
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
        done: list[str] = []
        lines: list[str] = []
        words: list[Inline] = []
        box = "" if item.done is None else "[x] " if item.done else "[ ] "
        for block in (*item.blocks, None):
            if block is None or isinstance(block, List | CodeBlock):
                lines += self._lines(few_lines(words)) if words else []
                words = []
            if isinstance(block, CodeBlock):
                lines += self._code(block)
            elif block is None or isinstance(block, List):
                if lines or box:
                    done += self._entry(f"{marker} {box}", lines)
                lines, box = [], ""
                done += self._list(block, marker) if block else []
            else:
                if words or lines or done or not isinstance(block, Paragraph):
                    self.lost[_LISTS] = None
                words += [*([Break()] if words else []), *flat((block,))]
        return done

    @staticmethod
    def _entry(sign: str, lines: list[str]) -> list[str]:
        return [f"{sign}{lines[0] if lines else ''}", *lines[1:]]

    def _table(self, block: Table) -> list[str]:
        lines = []
        if block.header:
            lines.append("".join(f"|_. {self._cell(cell)} " for cell in block.header) + "|")
        lines.extend("".join(f"| {self._cell(cell)} " for cell in row) + "|" for row in block.rows)
        return "\n".join(lines).split("\n")

    def _cell(self, cell: Inlines) -> str:
        return "\n".join(_started(line) for line in Words(cell, self.lost, in_cell=True).written().split("\n"))

    def _lines(self, inlines: Inlines) -> list[str]:
        return [_started(line) for line in self._inlines(inlines).split("\n")]

    def _inlines(self, inlines: Inlines) -> str:
        return Words(inlines, self.lost).written()


def _started(line: str) -> str:
    """A line whose first character is not taken for the sign of a block."""
    found = AT_START.match(line)
    if found is None and not RULE.fullmatch(line):
        return line
    at = found.start("bar") if found and found["bar"] else 0
    return f"{line[:at]}&#{ord(line[at])};{line[at + 1 :]}"
