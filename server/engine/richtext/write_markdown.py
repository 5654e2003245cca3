"""Writes Markdown that GitHub, GitLab and Redmine read alike; what no sign can say is said by a plain HTML tag."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_TAGS = {Mark.STRONG: "strong", Mark.EM: "em", Mark.STRIKE: "del", Mark.UNDERLINE: "u"}
_ESCAPED = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|~|&(?=#?\w+;)|!(?=$|\[)")
_AT_START = re.compile(r"(?:[#>]|[-+](?= |$)|[-=:|](?=[-=:| ]*$)|\d{1,9}(?P<mark>[.)])(?= |$))")
_TICKS = re.compile(r"`+")


def write(document: Document) -> Written:
    """Everything the tree can say, Markdown can hold."""
    return Written("\n".join(_blocks(document.blocks)))


def escaped(text: str) -> str:
    """Text that stays text in the middle of a line."""
    return _ESCAPED.sub(r"\\\g<0>", text)


def _blocks(blocks: tuple[Block, ...], *, tight: bool = False) -> Iterator[str]:
    """The lines of blocks, an empty line between them (``tight``: not between words and the list below them)."""
    other = False
    for index, block in enumerate(blocks):
        last = blocks[index - 1] if index else None
        if isinstance(block, List) and isinstance(last, List) and block.ordered == last.ordered:
            other = not other
        else:
            other = False
        interrupts = isinstance(block, List) and (not block.ordered or block.start == 1)
        if index and not (tight and interrupts and isinstance(last, Paragraph)):
            yield ""
        yield from _block(block, other=other)


def _block(block: Block, *, other: bool) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from _lines(block.inlines)
        case Heading():
            words = _inlines(block.inlines)
            bare = words.rstrip("#")
            yield "#" * block.level + " " + bare + "\\#" * (len(words) - len(bare))
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
        if block.ordered:
            marker = f"{min(block.start + index, 999_999_999)}{')' if other else '.'} "
        else:
            marker = "+ " if other else "- "
        lines = list(_blocks(item.blocks, tight=True))
        if item.done is not None:
            box = "[x]" if item.done else "[ ]"
            if isinstance(item.blocks[0], Paragraph):
                lines[0] = f"{box} {lines[0]}"
            else:
                lines = [box, "", *lines]
        for number, line in enumerate(lines):
            yield (marker if number == 0 else " " * len(marker) if line else "") + line


def _table(block: Table) -> Iterator[str]:
    width = len(block.header or block.rows[0])
    for number, row in enumerate([block.header or ((),) * width, *block.rows]):
        cells = (_in_cell(_inlines(cell)) for cell in row)
        yield "| " + " | ".join(cells) + " |"
        if number == 0:
            yield "|" + " --- |" * width


def _in_cell(line: str) -> str:
    return line.replace("|", "\\|").replace("\n", "<br>")


def _lines(inlines: Inlines) -> Iterator[str]:
    for line in _inlines(inlines).split("\n"):
        found = _AT_START.match(line)
        if found is None:
            yield line
        else:
            position = found.start("mark") if found["mark"] else 0
            yield f"{line[:position]}\\{line[position:]}"


def _inlines(inlines: Inlines) -> str:
    done = ""
    pieces = list(in_runs(inlines))
    for index, one in enumerate(pieces):
        match one:
            case Run(mark=Mark.CODE):
                done += _code("".join(text.text for text in one.inlines if isinstance(text, Text)))
            case Run(mark=Mark() as mark):
                following = pieces[index + 1] if index + 1 < len(pieces) else None
                done += _marked(mark, _inlines(one.inlines), done[-1:], following)
            case Run():
                done += _link(one)
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
    match text.how:
        case "meant":
            return text.text
        case Guard.BANG:
            return f"!{escaped(text.text)}"
        case Guard.ENTITY:
            return f"&#{ord(first)};{rest}"
        case Guard.JOINER:
            return f"{escaped(first)}{JOINER}{rest}"
        case Guard.SPAN:
            return f"{escaped(first)}<span></span>{rest}"
        case _:
            return f"{escaped(first)}<!-- -->{rest}"


def _marked(mark: Mark, inner: str, before: str, following: object) -> str:
    """Signs where they are sure to be read as such, else a tag."""
    sign = _SIGNS.get(mark)
    after = following.text[:1] if isinstance(following, Text) else "" if following in {None, Break()} else "x"
    free = (before in {"", "\n"} or before in " (") and (not after or after in " .,;:!?)")
    if sign and free and inner[0] not in " *_~`\\<!" and inner[-1] not in " *_~`\\<!":
        return f"{sign}{inner}{sign}"
    return f"<{_TAGS[mark]}>{inner}</{_TAGS[mark]}>"


def _link(run: Run) -> str:
    words = "".join(text.text for text in run.inlines if isinstance(text, Text))
    if words == run.link and BARE.fullmatch(words) and len(run.inlines) == 1:
        text = run.inlines[0]
        if isinstance(text, Text) and not text.marks:
            return f"<{words}>"
    return f"[{_inlines(run.inlines)}]({_address(run.link)})"


def _address(address: str) -> str:
    return re.sub(r"&(?=#?\w+;)", "&amp;", address)


def _code(text: str) -> str:
    ticks = "`" * (_longest_ticks(text) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _longest_ticks(text: str) -> int:
    return max((len(found) for found in _TICKS.findall(text)), default=0)
