"""Writes Markdown that GitHub, GitLab and Redmine read alike; what no sign can say is said by a plain HTML tag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from server.domain.syntax import Guard
from server.engine.richtext.document import (
    JOINER,
    Block,
    Break,
    CodeBlock,
    Document,
    Heading,
    Image,
    Inlines,
    List,
    Mark,
    Mention,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    Written,
)
from server.engine.richtext.links import BARE
from server.engine.richtext.runs import Run, in_runs

_SIGNS = {Mark.STRONG: "**", Mark.EM: "_", Mark.STRIKE: "~~"}
_TAGS = {Mark.STRONG: "strong", Mark.EM: "em", Mark.STRIKE: "del", Mark.UNDERLINE: "ins"}
_BY_NAME = "|".join(name for name in sorted(html5, reverse=True) if not name.endswith(";"))
"""The names of signs that a browser reads without a semicolon, too."""
_ESCAPED = re.compile(
    rf"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|[~^]|&(?=#?\w+;|{_BY_NAME})|!(?=$|\[)|@(?=\Z)"
    r"|(?P<auto>(?:(?:https?|ftp)(?=:)|www)(?P<sign>:(?=//)|\.)(?=[^\s\\`*\[\]<~^_&!|\"()]{0,200}+(?:\S|\Z)))",
    re.IGNORECASE,
)
"""What would be taken for a sign, or linked together with references and escapes, which are no address then."""
_ELSEWHERE = {"\\": "&#92;", "^": "&#94;", "@": "&#64;", "&": "&amp;"}
"""Signs that some dialect has no escape for, or not everywhere: raised words, words of links, addresses."""
_AT_START = re.compile(r"(?:[#>]|[-+](?= |$)|[-=:|](?=[-=:| ]*$)|\d{1,9}(?P<mark>[.)])(?= |$))")
_UNDERSCORE = re.compile(r"(?<!\\)_")
"""One that stays as it is, as within an address: it could end what began with one."""
_NOTHING = "&nbsp;"
"""A paragraph of nothing, between two numbered lists that would be one."""
_ODD_IN_ADDRESS = re.compile(rf"'|&(?:#?\w+;|{_BY_NAME})")
_TICKS = re.compile(r"`+")


def write(document: Document) -> Written:
    """Everything the tree can say, Markdown can hold."""
    return Written("\n".join(_blocks(document.blocks)))


def escaped(text: str) -> str:
    """Text that stays text in the middle of a line."""
    return _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    if found["auto"]:
        return f"{found[0][:-1]}\\{found['sign']}"
    return _ELSEWHERE.get(found[0]) or f"\\{found[0]}"


def _blocks(blocks: tuple[Block, ...], *, tight: bool = False) -> Iterator[str]:
    """The lines of blocks, an empty line between them (``tight``: not between words and the list below them)."""
    other = numbered = False
    for index, block in enumerate(blocks):
        last = blocks[index - 1] if index else None
        if isinstance(block, List) and isinstance(last, List) and block.ordered == last.ordered:
            other = not other
        else:
            other = False
        interrupts = isinstance(block, List) and (not block.ordered or block.start == 1)
        if index and not (tight and interrupts and isinstance(last, Paragraph)):
            yield ""
        if numbered and isinstance(block, List) and block.ordered:
            yield from (_NOTHING, "")
        numbered = isinstance(block, List) and block.ordered
        yield from _block(block, other=other)


def _block(block: Block, *, other: bool) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _lines(block.inlines)
        case Heading():
            words = _inlines(block.inlines)
            bare = words.rstrip("#")
            yield "#" * block.level + " " + bare + "&#35;" * (len(words) - len(bare))
        case CodeBlock():
            fence = "`" * max(3, _longest_ticks(block.text) + 1)
            yield fence + block.language
            yield from block.text.split("\n")
            yield fence
        case Rule():
            yield "***"
        case Quote():
            for line in _blocks(block.blocks):
                yield f"> {line}" if line else ">"
        case List():
            yield from _list(block, other=other)
        case Table():
            yield from _table(block)


def _list(block: List, *, other: bool) -> Iterator[str]:
    """``other`` takes the second kind of marker: two lists that follow each other stay two."""
    for index, item in enumerate(block.items):
        number = min(block.start + index, 999_999_999)
        marker = f"{number}. " if block.ordered else "+ " if other else "- "
        lines = list(_blocks(item.blocks, tight=True))
        if item.done is not None:
            box = "[x]" if item.done else "[ ]"
            if isinstance(item.blocks[0], Paragraph):
                lines[0] = f"{box} {lines[0]}"
            else:
                lines = [box, "", *lines]
        if isinstance(item.blocks[0], List) and item.done is None:
            lines.insert(0, _NOTHING)  # on one line some dialects take the second sign for text
        for position, line in enumerate(lines):
            yield (marker if position == 0 else " " * len(marker) if line else "") + line


def _table(block: Table) -> Iterator[str]:
    width = len(block.header or block.rows[0])
    for number, row in enumerate([block.header or ((),) * width, *block.rows]):
        cells = (_in_cell(_inlines(cell, in_cell=True)) for cell in row)
        yield "| " + " | ".join(cells) + " |"
        if number == 0:
            yield "|" + " --- |" * width


def _in_cell(line: str) -> str:
    return line.replace("|", "&#124;").replace("\n", "<br>")


def _lines(inlines: Inlines) -> Iterator[str]:
    for line in _inlines(inlines).split("\n"):
        found = _AT_START.match(line)
        if found is None:
            yield line
        else:
            position = found.start("mark") if found["mark"] else 0
            yield f"{line[:position]}\\{line[position:]}"


def _inlines(inlines: Inlines, *, in_cell: bool = False) -> str:
    done = ""
    pieces = list(in_runs(inlines))
    for index, one in enumerate(pieces):
        match one:
            case Run(mark=Mark.CODE):
                done += _code("".join(text.text for text in one.inlines if isinstance(text, Text)), in_cell=in_cell)
            case Run(mark=Mark() as mark):
                following = pieces[index + 1] if index + 1 < len(pieces) else None
                done += _marked(mark, _inlines(one.inlines, in_cell=in_cell), done[-1:], following)
            case Run():
                done += _link(one, in_cell=in_cell)
            case Text(how=""):
                done += escaped(one.text)
            case Text():
                done += _guarded(one)
            case Mention():
                done += escaped(f"@{one.name}")
            case Break():
                done += "\n"
            case Image():
                image = f"![{escaped(one.alt)}]({_address(one.source)})"
                done += f"[{image}]({_address(one.link)})" if one.link else image
    return done


def _guarded(text: Text) -> str:
    """Text that the app shall take for a link, or must not."""
    first, rest = text.text[:1], escaped(text.text[1:])
    kept = first if first == "@" else escaped(first)
    match text.how:
        case "meant":
            return text.text
        case Guard.BANG:
            return f"!{escaped(text.text)}"
        case Guard.ENTITY:
            return f"&#{ord(first)};{rest}"
        case Guard.JOINER:
            return f"{kept}{JOINER}{rest}"
        case Guard.SPAN:
            return f"{kept}<span></span>{rest}"
        case _:
            return f"{kept}<!-- -->{rest}"


def _marked(mark: Mark, inner: str, before: str, following: object) -> str:
    """Signs where they are sure to be read as such, else a tag."""
    sign = _SIGNS.get(mark)
    after = following.text[:1] if isinstance(following, Text) else "" if following in {None, Break()} else "x"
    free = (before in {"", "\n"} or before in " (") and (not after or after in " .,;:!?)")
    free = free and not (sign == "_" and _UNDERSCORE.search(inner))
    if sign and free and inner[0] not in " *_~`\\<!" and inner[-1] not in " *_~`\\<!":
        return f"{sign}{inner}{sign}"
    return f"<{_TAGS[mark]}>{inner}</{_TAGS[mark]}>"


def _link(run: Run, *, in_cell: bool) -> str:
    words = "".join(text.text for text in run.inlines if isinstance(text, Text))
    if words == run.link and BARE.fullmatch(words) and len(run.inlines) == 1:
        text = run.inlines[0]
        if isinstance(text, Text) and not text.marks and not _ODD_IN_ADDRESS.search(words):
            return f"<{words}>"
    return f"[{_inlines(run.inlines, in_cell=in_cell)}]({_address(run.link)})"


def _address(address: str) -> str:
    return re.sub(r"&(?=#?\w+;)", "&amp;", address)


def _code(text: str, *, in_cell: bool = False) -> str:
    if in_cell and "|" in text:  # between ticks no reference is read
        return f"<code>{escaped(text)}</code>"
    ticks = "`" * (_longest_ticks(text) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _longest_ticks(text: str) -> int:
    return max((len(found) for found in _TICKS.findall(text)), default=0)
