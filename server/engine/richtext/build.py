"""Builds a tree from a stream of openings and closings as tolerant as people's markup; it must not know a format.

Nothing a reader sends is refused: what is closed too often or never, or stands where it cannot, is put where it
does the least harm. Depth is bounded, so no later step can run out of stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from server.engine.richtext.document import (
    LITERAL,
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
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)
from server.engine.richtext.links import safe_link
from server.engine.richtext.normal import normal

DEEPEST = 24
"""How many containers may stand inside each other; what is deeper stays in the deepest one."""

_MOST_MARKS = 100
"""How many marks may be open at once; nobody opens so many, but a hostile text."""

TOO_DEEP = "nesting deeper than can be shown was flattened"
RAISED = "raised and lowered words stand on the line"
TOO_COSTLY = "the signs of its markup stand too close to be read, so it is shown as it was typed"
TOO_LONG = "the text is too long for its markup to be read, so it is shown as it was typed"
UNSAFE_LINK = "a link that could run a script was left out"
UNSAFE_PICTURE = "a picture whose address is not safe was left out"
PICTURE_WITHIN = "a picture that is no file but a part of the text was left out"


class Kind(StrEnum):
    """What can hold blocks."""

    ROOT = "root"
    QUOTE = "quote"
    LIST = "list"
    ITEM = "item"
    TABLE = "table"
    ROW = "row"
    CELL = "cell"


@dataclass(slots=True)
class _Frame:
    kind: Kind
    marks: int
    """How many marks were open when it was opened: those opened inside end with it."""
    blocks: list[Block] = field(default_factory=list)
    inlines: list[Inline] = field(default_factory=list)
    heading: int = 0
    items: list[ListItem] = field(default_factory=list)
    rows: list[tuple[tuple[Inlines, ...], bool]] = field(default_factory=list)
    cells: list[Inlines] = field(default_factory=list)
    header: bool = True
    ordered: bool = False
    start: int = 1
    done: bool | None = None


class Builder:
    """Takes a text piece by piece. For one text only."""

    def __init__(self, *, literal: bool = False) -> None:
        self.literal = literal
        """Whether ``part`` leaves its sign."""
        self._frames = [_Frame(Kind.ROOT, 0)]
        self._marks: list[tuple[str, Mark | None, str]] = []
        self._look: tuple[tuple[Mark, ...], str] = ((), "")
        self._ignored: list[Kind] = []
        self._lost: dict[str, None] = {}

    # inlines ------------------------------------------------------------------------------------------------
    def text(self, text: str, *more: Mark) -> None:
        """Running text in the look of the marks that are open, and ``more``."""
        if not text:
            return
        marks, link = self._look
        if more:
            marks = tuple(mark for mark in Mark if mark in marks or mark in more)
        frame = self._frames[-1]
        if frame.kind in {Kind.LIST, Kind.TABLE, Kind.ROW}:
            if not text.strip():
                return
            frame = self._stray()
        frame.inlines.append(Text(text, marks, link))

    def part(self) -> None:
        """What was written last and what comes are one word to people, and to the app they are not."""
        written = self._frames[-1].inlines
        last = written[-1] if written else None
        if self.literal and isinstance(last, Text) and not last.text[-1:].isspace():
            self.text(LITERAL)

    def line_break(self) -> None:
        """A new line in the same block."""
        self._frames[-1].inlines.append(Break())

    def image(self, source: str, alt: str, link: str = "") -> None:
        """A picture. ``source`` may be unsafe: then its words remain."""
        address = safe_link(source)
        if source and not address:
            within = source.strip().casefold().startswith("data:")
            self.lose(UNSAFE_PICTURE if not within else PICTURE_WITHIN)
        target = safe_link(link) if link else self._look[1]
        frame = self._frames[-1]
        if frame.kind in {Kind.LIST, Kind.TABLE, Kind.ROW}:
            frame = self._stray()
        frame.inlines.append(Image(address, alt, target))

    def mark(self, name: str, mark: Mark | None = None, link: str = "") -> None:
        """Open a mark or a link; ``name`` is what closes it. An unsafe link is left out, its text stays."""
        if link:
            address = safe_link(link, brackets=True)
            if not address:
                self.lose(UNSAFE_LINK)
            link = address
        if len(self._marks) < _MOST_MARKS:
            self._marks.append((name, mark, link))
            self._see()

    def unmark(self, name: str) -> None:
        """Close the innermost open mark of that name in this container, if there is one."""
        for index in range(len(self._marks) - 1, self._frames[-1].marks - 1, -1):
            if self._marks[index][0] == name:
                del self._marks[index]
                self._see()
                return

    def lose(self, what: str) -> None:
        """Note what was left out."""
        self._lost[what] = None

    # blocks -------------------------------------------------------------------------------------------------
    def flush(self) -> None:
        """End the paragraph or heading that is being written, if any."""
        frame = self._frames[-1]
        if frame.inlines:
            if frame.heading:
                frame.blocks.append(Heading(frame.heading, tuple(frame.inlines)))
            else:
                frame.blocks.append(Paragraph(tuple(frame.inlines)))
            frame.inlines = []
        frame.heading = 0

    def heading(self, level: int) -> None:
        """Begin a heading; ``flush`` ends it."""
        self._block_frame()
        self._frames[-1].heading = level

    def code(self, text: str, language: str = "") -> None:
        """A block of code."""
        self._block_frame().blocks.append(CodeBlock(text, language))

    def rule(self) -> None:
        """A line across the page."""
        self._block_frame().blocks.append(Rule())

    def open(self, kind: Kind, *, ordered: bool = False, start: int = 1, header: bool = False) -> None:
        """Begin a container. ``header`` counts for cells."""
        if len(self._frames) > DEEPEST and kind in {Kind.QUOTE, Kind.LIST, Kind.TABLE}:
            self.flush()
            self._ignored.append(kind)
            self.lose(TOO_DEEP)
            return
        if not self._make_room(kind):
            self.flush()
            return
        frame = _Frame(kind, len(self._marks), ordered=ordered, start=start)
        self._frames.append(frame)
        if kind is Kind.CELL and not header:
            self._frames[-2].header = False

    def task(self, *, done: bool) -> None:
        """The entry being written is a task."""
        for frame in reversed(self._frames):
            if frame.kind is Kind.ITEM:
                frame.done = done
                return

    def close(self, kind: Kind) -> None:
        """End the innermost container of that kind and all in it; nothing happens if there is none."""
        self.flush()
        if self._ignored and self._ignored[-1] is kind:
            self._ignored.pop()
            return
        if any(frame.kind is kind for frame in self._frames[1:]):
            while self._frames[-1].kind is not kind:
                self._pop()
            self._pop()

    def finish(self) -> Document:
        """The whole text in normal form."""
        while len(self._frames) > 1:
            self._pop()
        self.flush()
        return Document(normal(self._frames[0].blocks), tuple(self._lost))

    def _see(self) -> None:
        marks = {mark for _, mark, _ in self._marks if mark is not None}
        link = next((link for _, _, link in reversed(self._marks) if link), "")
        self._look = (tuple(mark for mark in Mark if mark in marks), link)

    def _block_frame(self) -> _Frame:
        self.flush()
        return self._stray() if self._frames[-1].kind in {Kind.LIST, Kind.TABLE, Kind.ROW} else self._frames[-1]

    def _stray(self) -> _Frame:
        """A place for what stands in a list or table outside of any entry or cell."""
        inside = self._frames[-1].kind
        self.open(Kind.ITEM if inside is Kind.LIST else Kind.CELL)
        return self._frames[-1]

    def _make_room(self, kind: Kind) -> bool:
        """Open or close what must stand around a container of that kind; False if it cannot stand here."""
        self.flush()
        match kind:
            case Kind.ITEM:
                return self._room_in(Kind.LIST, Kind.ITEM)
            case Kind.CELL:
                return self._room_in(Kind.TABLE, Kind.ROW, Kind.CELL) and self._room_in(Kind.ROW, Kind.CELL)
            case Kind.ROW:
                return self._room_in(Kind.TABLE, Kind.ROW, Kind.CELL)
            case _:
                if self._frames[-1].kind in {Kind.LIST, Kind.TABLE, Kind.ROW}:
                    self._stray()
                return True

    def _room_in(self, holder: Kind, *closed: Kind) -> bool:
        """Stand directly in a ``holder``, after ending siblings that were left open."""
        if holder is Kind.TABLE and self._frames[-1].kind is Kind.ROW:
            return True
        for index in range(len(self._frames) - 1, 0, -1):
            if self._frames[index].kind is holder:
                while len(self._frames) > index + 1:
                    self._pop()
                return True
            if self._frames[index].kind not in closed:
                break
        if self._ignored or len(self._frames) > DEEPEST:
            return False
        self.open(holder)
        return self._frames[-1].kind is holder

    def _pop(self) -> None:
        self.flush()
        frame = self._frames.pop()
        if len(self._marks) > frame.marks:
            del self._marks[frame.marks :]
            self._see()
        parent = self._frames[-1]
        match frame.kind:
            case Kind.QUOTE:
                parent.blocks.append(Quote(tuple(frame.blocks)))
            case Kind.LIST:
                parent.blocks.append(List(frame.ordered, tuple(frame.items), frame.start))
            case Kind.ITEM:
                parent.items.append(ListItem(tuple(frame.blocks), frame.done))
            case Kind.TABLE:
                parent.blocks.append(_table(frame))
            case Kind.ROW:
                parent.rows.append((tuple(frame.cells), frame.header))
            case _:
                parent.cells.append(tuple(flat(frame.blocks)))


def _table(frame: _Frame) -> Table:
    rows = [(cells, header) for cells, header in frame.rows if cells]
    header: tuple[Inlines, ...] = ()
    if rows and rows[0][1]:
        header = rows.pop(0)[0]
    return Table(header, tuple(cells for cells, _ in rows))


def flat(blocks: list[Block] | tuple[Block, ...]) -> Iterator[Inline]:  # noqa: C901 - a table of cases
    """Blocks as inlines with line breaks, for places that hold no blocks."""
    for index, block in enumerate(blocks):
        if index:
            yield Break()
        match block:
            case Paragraph() | Heading():
                yield from block.inlines
            case CodeBlock():
                for number, line in enumerate(block.text.split("\n")):
                    if number:
                        yield Break()
                    yield Text(line, (Mark.CODE,))
            case Quote():
                yield from flat(block.blocks)
            case List():
                yield from _flat_list(block)
            case Table():
                yield from _flat_table(block)
            case Rule():
                yield Text("\u2014")


def _flat_list(block: List) -> Iterator[Inline]:
    for index, item in enumerate(block.items):
        if index:
            yield Break()
        yield Text(f"{block.start + index}. " if block.ordered else "\u2022 ")
        if item.done is not None:
            yield Text("[x] " if item.done else "[ ] ")
        yield from flat(item.blocks)


def _flat_table(block: Table) -> Iterator[Inline]:
    for index, row in enumerate([block.header, *block.rows] if block.header else block.rows):
        if index:
            yield Break()
        for number, cell in enumerate(row):
            if number:
                yield Text(" | ")
            yield from (Text(" ") if isinstance(one, Break) else one for one in cell)
