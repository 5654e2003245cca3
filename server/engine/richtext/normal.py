"""One shape for everything that means the same: what readers end with, and what writers may rely on.

In normal form whitespace is single blanks that never stand at the edge of a line, neighbours of the same look are
one, addresses and mentions in running text are marked as such, and nothing is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from server.engine.richtext.document import (
    Block,
    Break,
    CodeBlock,
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
)
from server.engine.richtext.links import BARE, bare_link

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"\s+")
_MENTION = re.compile(r"(?<![\w@./:&#])@([A-Za-z0-9](?:[\w.-]*\w)?)(?![\w@])", re.ASCII)
_TASK = re.compile(r"\[([ xX])\](?: |$)")
_LANGUAGE = re.compile(r"[^\w#+.-]")


def normal(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks in normal form; normalising again changes nothing."""
    done: list[Block] = []
    for block in blocks:
        done.extend(_block(block))
    return tuple(done)


def paragraphs(inlines: Iterable[Inline]) -> tuple[Paragraph, ...]:
    """Inlines as normal paragraphs: an empty line starts the next one."""
    lines = _lines(inlines)
    found: list[Paragraph] = []
    current: list[Inline] = []
    for line in [*lines, ()]:
        if line:
            current.extend((Break(), *line) if current else line)
        elif current:
            found.append(Paragraph(tuple(current)))
            current = []
    return tuple(found)


def one_line(inlines: Iterable[Inline]) -> Inlines:
    """Inlines in normal form on a single line."""
    return _line([Text(" ") if isinstance(one, Break) else one for one in inlines])


def few_lines(inlines: Iterable[Inline]) -> Inlines:
    """Inlines in normal form without empty lines."""
    done: list[Inline] = []
    for line in _lines(inlines):
        if line:
            done.extend((Break(), *line) if done else line)
    return tuple(done)


def _block(block: Block) -> Iterator[Block]:  # noqa: C901 - a table of cases
    match block:
        case Paragraph():
            yield from paragraphs(block.inlines)
        case Heading():
            inlines = one_line(block.inlines)
            if inlines:
                yield Heading(min(max(block.level, 1), 6), inlines)
        case CodeBlock():
            text = _CONTROLS.sub("", block.text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
            text = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
            if text:
                yield CodeBlock(text, _LANGUAGE.sub("", block.language))
        case Rule():
            yield block
        case Quote():
            inner = normal(block.blocks)
            if inner:
                yield Quote(inner)
        case List():
            yield from _list(block)
        case Table():
            yield from _table(block)


def _list(block: List) -> Iterator[List]:
    items = []
    for item in block.items:
        inner = normal(item.blocks)
        if inner:
            one = ListItem(inner, item.done)
            items.append(one if block.ordered or item.done is not None else _task(one))
    if items:
        if block.ordered:
            start = block.start if 0 <= block.start <= 999_999_999 else 1  # noqa: PLR2004 - what Markdown can hold
            yield List(ordered=True, items=tuple(replace(item, done=None) for item in items), start=start)
        else:
            yield List(ordered=False, items=tuple(items))


def _task(item: ListItem) -> ListItem:
    """An entry that begins with a box, as every format without tasks shows one, is a task."""
    first = item.blocks[0]
    if not isinstance(first, Paragraph) or not isinstance(first.inlines[0], Text):
        return item
    text = first.inlines[0]
    box = _TASK.match(text.text)
    if box is None or text.marks or text.link:
        return item
    rest = paragraphs((Text(text.text[box.end() :]), *first.inlines[1:]))
    blocks = (*rest, *item.blocks[1:])
    return ListItem(blocks, done=box[1] != " ") if blocks else item


def _table(block: Table) -> Iterator[Table]:
    header = tuple(few_lines(cell) for cell in block.header)
    rows = [tuple(few_lines(cell) for cell in row) for row in block.rows]
    rows = [row for row in rows if any(row)]
    if not any(header):
        header = ()
    width = max((len(row) for row in [header, *rows]), default=0)
    if width:
        header = header and header + ((),) * (width - len(header))
        yield Table(header, tuple(row + ((),) * (width - len(row)) for row in rows))


def _lines(inlines: Iterable[Inline]) -> list[Inlines]:
    lines: list[list[Inline]] = [[]]
    for one in inlines:
        if isinstance(one, Break):
            lines.append([])
        else:
            lines[-1].append(one)
    return [_line(line) for line in lines]


def _line(inlines: Iterable[Inline]) -> Inlines:
    """One line in normal form."""
    merged = _merged(_cleaned(inlines))
    if len(merged) == 1 and isinstance(merged[0], Text):
        text = merged[0].text.strip(" ")
        merged = [replace(merged[0], text=text)] if text else []
    else:
        merged = _merged(_blanks_apart(merged))
    done: list[Inline] = []
    for one in merged:
        if (
            isinstance(one, Text)
            and not (one.link or one.how)
            and Mark.CODE not in one.marks
            and ("@" in one.text or ":" in one.text)
        ):
            done.extend(_found_in(one))
        else:
            done.append(one)
    return tuple(done)


def _cleaned(inlines: Iterable[Inline]) -> Iterator[Inline]:
    for one in inlines:
        if isinstance(one, Text):
            text = one.text
            if not text.isascii() or not text.isprintable() or "  " in text:
                text = _BLANKS.sub(" ", _CONTROLS.sub("", text))
            if text:
                yield replace(one, text=text) if text is not one.text else one
        elif isinstance(one, Mention):
            yield Text(f"@{one.name}")
        elif isinstance(one, Image):
            alt = _BLANKS.sub(" ", _CONTROLS.sub("", one.alt)).strip()
            if one.source:
                yield Image(one.source, alt, one.link)
            elif alt:
                yield Text(alt, (), one.link)
        else:
            yield one


def _merged(inlines: Iterable[Inline]) -> list[Inline]:
    done: list[Inline] = []
    pieces: list[str] = []
    look: tuple[tuple[Mark, ...], str, str] = ((), "", "")

    def flush() -> None:
        if pieces:
            text = "".join(pieces)
            done.append(Text(_BLANKS.sub(" ", text) if "  " in text else text, *look))
            pieces.clear()

    for one in inlines:
        if isinstance(one, Text):
            if (one.marks, one.link, one.how) != look:
                flush()
                look = (one.marks, one.link, one.how)
            pieces.append(one.text)
        else:
            flush()
            done.append(one)
    flush()
    return done


def _blanks_apart(inlines: list[Inline]) -> Iterator[Inline]:
    """A blank between two looks wears only what both have; at the edge of the line there is none."""
    last: Inline | None = None
    waiting = False
    for one in inlines:
        if not isinstance(one, Text):
            if waiting and last is not None:
                yield _blank(last, one)
            yield one
            last, waiting = one, False
            continue
        word = one.text.strip(" ")
        if not word:
            waiting = True
            continue
        if last is not None and (waiting or one.text[0] == " "):
            yield _blank(last, one)
        yield replace(one, text=word)
        last, waiting = one, one.text[-1] == " "


def _blank(left: Inline, right: Inline) -> Text:
    if not isinstance(left, Text) or not isinstance(right, Text):
        return Text(" ")
    marks = tuple(mark for mark in left.marks if mark in right.marks and mark is not Mark.CODE)
    one_link = left.link == right.link and left.link not in {left.text.strip(), right.text.strip()}
    return Text(" ", marks, left.link if one_link else "")


def _found_in(text: Text) -> Iterator[Inline]:
    """Addresses and mentions in running text."""
    position = 0
    for found in BARE.finditer(text.text):
        address = bare_link(found)
        if address:
            yield from _mentions(text, position, found.start())
            yield Text(address, text.marks, address)
            position = found.start() + len(address)
    yield from _mentions(text, position, len(text.text))


def _mentions(text: Text, start: int, end: int) -> Iterator[Inline]:
    if not text.marks:
        for found in _MENTION.finditer(text.text, start, end):
            if found.end() == end < len(text.text):
                continue
            if found.start() > start:
                yield Text(text.text[start : found.start()])
            yield Mention(found[1])
            start = found.end()
    if end > start:
        yield Text(text.text[start:end], text.marks)
