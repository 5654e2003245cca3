"""Plain text: what people see when nothing stands out; it must not guess markup into what it reads."""

from __future__ import annotations

from collections.abc import Iterator

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
    Mention,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    Written,
)
from server.engine.richtext.normal import normal


def read(body: str) -> Document:
    """Lines as they stand; an empty line parts paragraphs."""
    inlines: list[Inline] = []
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if inlines:
            inlines.append(Break())
        inlines.append(Text(line))
    return Document(normal([Paragraph(tuple(inlines))]))


def write(document: Document) -> Written:
    """The words of the text, with the least that shows its structure."""
    loss = _Loss()
    body = "\n".join(loss.blocks(document.blocks))
    return Written(body, ("formatting: the target holds plain text",) if loss.lost else ())


class _Loss:
    """Writes lines and remembers whether anything stood out."""

    def __init__(self) -> None:
        self.lost = False

    def blocks(self, blocks: tuple[Block, ...]) -> Iterator[str]:
        for index, block in enumerate(blocks):
            if index:
                yield ""
            if not isinstance(block, Paragraph):
                self.lost = True
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph() | Heading():
                yield from self._inlines(block.inlines).split("\n")
            case CodeBlock():
                yield from block.text.split("\n")
            case Rule():
                yield "-" * 20
            case Quote():
                for line in self.blocks(block.blocks):
                    yield f"> {line}".rstrip()
            case List():
                yield from self._list(block)
            case Table():
                for row in [block.header, *block.rows] if block.header else block.rows:
                    yield " | ".join(self._inlines(cell).replace("\n", " ") for cell in row).strip()

    def _list(self, block: List) -> Iterator[str]:
        for index, item in enumerate(block.items):
            marker = f"{block.start + index}. " if block.ordered else "- "
            box = "" if item.done is None else "[x] " if item.done else "[ ] "
            lead = marker + box
            for number, line in enumerate(one for one in self.blocks(item.blocks) if one):
                yield (lead if number == 0 else " " * len(marker)) + line

    def _inlines(self, inlines: Inlines) -> str:
        done: list[str] = []
        for index, one in enumerate(inlines):
            match one:
                case Text():
                    guarded = one.how not in ("", MEANT)
                    done.append(one.text[:1] + JOINER + one.text[1:] if guarded else one.text)
                    self.lost = self.lost or bool(one.marks)
                    following = inlines[index + 1] if index + 1 < len(inlines) else None
                    ends = not isinstance(following, Text) or following.link != one.link
                    if one.link and ends:
                        done.append(self._target(one, inlines, index))
                case Mention():
                    done.append(f"@{one.name}")
                case Break():
                    done.append("\n")
                case Image():
                    self.lost = True
                    done.append(f"{one.alt} ({one.source})" if one.alt else one.source)
        return "".join(done)

    def _target(self, last: Text, inlines: Inlines, at: int) -> str:
        """Where the link that ends with the inline ``at`` leads, unless its own words say so."""
        pieces = [last.text]
        for index in range(at - 1, -1, -1):
            one = inlines[index]
            if not isinstance(one, Text) or one.link != last.link:
                break
            pieces.append(one.text)
        words = "".join(reversed(pieces))
        if last.link in {words, f"mailto:{words}"}:
            return ""
        self.lost = True
        return f" ({last.link})"
