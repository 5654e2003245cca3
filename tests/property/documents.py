"""Random documents whose words are awkward: signs of markup, addresses, names; and the words that people shall see."""

from __future__ import annotations

import random
from collections.abc import Iterator

from server.engine.richtext.document import (
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
)
from server.engine.richtext.normal import normal

PLAIN_WORDS = (
    *("the", "server", "answers", "slowly", "since", "Monday", "ok", "error", "user", "path", "Bar", "x", "I", "A1"),
    *("GmbH", "3.5", "2026-11-30"),
)
AWKWARD_WORDS = (
    *("#12", "@alice", "a_b_c", "__init__", "snake_case", "a|b", "user^2", "--force", "-v", "foo--bar", "C++", "a*b"),
    *("**", "*", "f(x)", "(c)", "[1]", "[x]", "{a}", "{{x}}", "$HOME", "~/x", "a~b", "100%", "%d", "e.g.", "1.", "2)"),
    *("-", "+", "=", "==", "!", "!=", "&", "&amp;", "&lt;", "<b>", "<", "a<b", "x>y", ">", '"quoted"', "'q'", "`"),
    *("``x", "\\", "C:\\tmp", "http://x.example.org/a", "https://x.example.org/d?a=1&b=2", "mail@example.org"),
    *("https://en.example.org/wiki/C_(language)", "www.example.org", "https://x.example.org/a.", "www.", "ftp://x"),
    *("(https://x.example.org/a)", '"a":http://x.example.org/y', "...", "??", "?", "h1.", "bq.", "p.", "fn1.", "*a*"),
    *("_a_", "-a-", "+a+", "^a^", "~a~", "%a%", "@a@", "!a.png!", "[[Wiki]]", "|", "||", "|_.", "ß", "漢字", "⚠"),
    *("😀", "é", "/etc/x", "//", "#", "##", "r12", "commit:ab12", "a:b", "::", "x=1", "</b>", "<pre>", "</code>"),
    *("<!--", "3*4*5", "_", "__", "~~", "~~a~~", "===", "---", "***", "HTML(x)", "ABC(def)", "(foo)", "a@b", "10€"),
)
_LINKS = (
    "https://x.example.org/a1",
    "https://x.example.org/b?x=1&y=2",
    "https://en.example.org/wiki/C_(language)",
    "mailto:a@example.org",
)
_STANDING_OUT = (Mark.STRONG, Mark.EM, Mark.STRIKE, Mark.UNDERLINE)
_DEEPEST = 2


def document(draw: random.Random, awkward: float) -> Document:
    """A document in normal form; ``awkward``: the share of its words that are."""
    return Document(normal(_block(draw, awkward, 0) for _ in range(draw.randint(1, 3))))


def seen(document_: Document) -> str:
    """All words in the order in which they are read, without blanks. Boxes of tasks are no words."""
    return without_blanks("\n".join(_words(document_.blocks)))


def without_blanks(text: str) -> str:
    """The same, of what an app shows."""
    text = "".join(text.split())
    for box in ("[x]", "[X]", "[]"):
        text = text.replace(box, "")
    return text


def _text(draw: random.Random, awkward: float, most: int) -> str:
    words = (
        draw.choice(AWKWARD_WORDS if draw.random() < awkward else PLAIN_WORDS) for _ in range(draw.randint(1, most))
    )
    return (" " if draw.random() < 0.85 else "").join(words)


def _inlines(draw: random.Random, awkward: float) -> Inlines:
    found: list[Inline] = []
    for _ in range(draw.randint(1, 4)):
        kind, words = draw.random(), _text(draw, awkward, 3)
        if kind < 0.45:
            found.append(Text(words))
        elif kind < 0.7:
            marks = draw.choices(_STANDING_OUT, k=draw.choice((1, 1, 1, 2)))
            found.append(Text(words, tuple(one for one in Mark if one in marks)))
        elif kind < 0.8:
            found.append(Text(words, (Mark.CODE,)))
        elif kind < 0.93:
            found.append(Text(words, (Mark.STRONG,) if draw.random() < 0.2 else (), draw.choice(_LINKS)))
        elif kind < 0.97:
            found.append(Break())
        else:
            found.append(Image("https://x.example.org/a.png", draw.choice(("", _text(draw, awkward, 2)))))
        if draw.random() < 0.6:
            found.append(Text(" "))
    return tuple(found)


def _block(draw: random.Random, awkward: float, depth: int) -> Block:
    kind = draw.random()
    if kind < 0.5 or depth > _DEEPEST:
        return Paragraph(_inlines(draw, awkward))
    if kind < 0.58:
        return Heading(draw.randint(1, 6), _inlines(draw, awkward))
    if kind < 0.66:
        lines = (" " * draw.randint(0, 4) + _text(draw, awkward, 4) for _ in range(draw.randint(1, 3)))
        return CodeBlock("\n".join(lines))
    if kind < 0.68:
        return Rule()
    if kind < 0.75:
        return Quote(tuple(_block(draw, awkward, depth + 1) for _ in range(draw.randint(1, 2))))
    if kind < 0.9:
        return List(draw.random() < 0.4, tuple(_entry(draw, awkward) for _ in range(draw.randint(1, 3))))
    width = draw.randint(1, 3)
    rows = [tuple(_inlines(draw, awkward) for _ in range(width)) for _ in range(draw.randint(2, 3))]
    return Table(rows[0], tuple(rows[1:])) if draw.random() < 0.6 else Table((), tuple(rows[1:]))


def _entry(draw: random.Random, awkward: float) -> ListItem:
    blocks: list[Block] = [Paragraph(_inlines(draw, awkward))]
    if draw.random() < 0.25:
        blocks.append(List(draw.random() < 0.4, (ListItem((Paragraph(_inlines(draw, awkward)),)),)))
    if draw.random() < 0.1:
        blocks.append(Paragraph(_inlines(draw, awkward)))
    return ListItem(tuple(blocks))


def _words(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph() | Heading():
                yield "".join(_said(one) for one in block.inlines)
            case CodeBlock():
                yield block.text
            case Quote():
                yield from _words(block.blocks)
            case List():
                for item in block.items:
                    yield from _words(item.blocks)
            case Table():
                for row in (block.header, *block.rows):
                    yield from ("".join(_said(one) for one in cell) for cell in row)
            case Rule():
                pass


def _said(one: Inline) -> str:
    match one:
        case Text():
            return one.text
        case Mention():
            return f"@{one.name}"
        case _:
            return "\n"
