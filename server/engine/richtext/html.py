"""HTML: read as tolerantly as browsers do, written small and escaped; no script, style or handler ever passes."""

from __future__ import annotations

import html
from collections.abc import Iterator
from html.parser import HTMLParser

from server.domain import html_text
from server.domain.syntax import Guard
from server.engine.richtext.build import RAISED, Builder, Kind
from server.engine.richtext.document import (
    JOINER,
    MEANT,
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
from server.engine.richtext.runs import Run, in_runs

RAISING = frozenset({"sub", "sup"})
"""The tags around lowered and raised words."""
MARKS = {
    "strong": Mark.STRONG,
    "b": Mark.STRONG,
    "em": Mark.EM,
    "i": Mark.EM,
    "cite": Mark.EM,
    "del": Mark.STRIKE,
    "s": Mark.STRIKE,
    "strike": Mark.STRIKE,
    "u": Mark.UNDERLINE,
    "ins": Mark.UNDERLINE,
    "code": Mark.CODE,
    "tt": Mark.CODE,
    "kbd": Mark.CODE,
    "samp": Mark.CODE,
}
_TAGS = {Mark.STRONG: "strong", Mark.EM: "em", Mark.STRIKE: "del", Mark.UNDERLINE: "u", Mark.CODE: "code"}
_CONTAINERS = {
    "blockquote": Kind.QUOTE,
    "ul": Kind.LIST,
    "ol": Kind.LIST,
    "menu": Kind.LIST,
    "li": Kind.ITEM,
    "table": Kind.TABLE,
    "tr": Kind.ROW,
    "td": Kind.CELL,
    "th": Kind.CELL,
}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_PARAGRAPHS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "address",
        "center",
        "dl",
        "dt",
        "dd",
        "fieldset",
        "form",
        "figure",
        "figcaption",
        "details",
        "summary",
        "caption",
    ]
)
_HIDDEN = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "iframe",
        "object",
        "svg",
        "math",
        "noscript",
        "select",
        "audio",
        "video",
    ]
)
_MOST_HIDDEN = "a script or an embedded object was left out"

Attributes = dict[str, str]


class _Reader(HTMLParser):
    """Sends what it meets to a builder."""

    def __init__(self, to: Builder) -> None:
        super().__init__(convert_charrefs=True)
        self.to = to
        self._hidden: list[str] = []
        self._pre: list[str] = []
        self._pre_depth = 0
        self._language = ""
        self._opened = ""
        """The tag that was opened last, while nothing has come since."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in _HIDDEN:
            self._hide(tag)
            return
        found = {name: value or "" for name, value in attrs}
        if self._pre_depth:
            self._in_pre(tag, found)
        elif tag in MARKS:
            self.to.mark(tag, MARKS[tag])
        elif tag == "a":
            self.to.mark(tag, None, found.get("href", ""))
        elif tag in RAISING:
            self.to.lose(RAISED)
        else:
            self._block(tag, found)
        self._opened = tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HIDDEN:  # <script/> hides nothing here, and must not hide the rest of the text
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._opened == "span" and not (self._hidden or self._pre_depth):
            self.to.part()  # nothing stands between the two: it parts what is around it
        self._opened = ""
        if self._hidden:
            if tag in self._hidden:
                del self._hidden[self._hidden.index(tag) :]
        elif tag == "pre" and self._pre_depth:
            self._end_pre()
        elif self._pre_depth:
            return
        elif tag in MARKS or tag == "a":
            self.to.unmark(tag)
        elif tag in _CONTAINERS:
            self.to.close(_CONTAINERS[tag])
        elif tag in _HEADINGS or tag in _PARAGRAPHS:
            self.to.flush()

    def handle_comment(self, data: str) -> None:
        if not (data.strip() or self._hidden or self._pre_depth):
            self.to.part()

    def handle_data(self, data: str) -> None:
        self._opened = ""
        if self._hidden:
            return
        if self._pre_depth:
            self._pre.append(data)
        else:
            self.to.text(data)

    def end(self) -> None:
        """Nothing more comes."""
        self.close()
        if self._pre_depth:
            self._end_pre()

    def _hide(self, tag: str) -> None:
        if tag in _HIDDEN:
            if tag not in self._hidden:  # the end of the first ends those within it, too
                self._hidden.append(tag)
            if tag not in {"head", "title", "style"}:
                self.to.lose(_MOST_HIDDEN)

    def _in_pre(self, tag: str, found: Attributes) -> None:
        if tag == "br":
            self._pre.append("\n")
        elif tag == "code" and not self._language:
            self._language = _language(found)

    def _end_pre(self) -> None:
        self.to.code("".join(self._pre), self._language)
        self._pre, self._pre_depth, self._language = [], 0, ""

    def _block(self, tag: str, found: Attributes) -> None:
        to = self.to
        if tag == "br":
            to.line_break()
        elif tag in _HEADINGS:
            to.heading(_HEADINGS[tag])
        elif tag in _PARAGRAPHS:
            to.flush()
        elif tag in _CONTAINERS:
            kind = _CONTAINERS[tag]
            start = found.get("start", "1")
            number = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 1  # noqa: PLR2004
            to.open(kind, ordered=tag == "ol", start=number, header=tag == "th")
        elif tag == "pre":
            to.flush()
            self._pre_depth, self._language = 1, _language(found)
        elif tag == "hr":
            to.rule()
        elif tag == "img":
            to.image(found.get("src", ""), found.get("alt", ""))
        elif tag == "input" and found.get("type") == "checkbox":
            to.task(done="checked" in found)


def _language(found: Attributes) -> str:
    for name in found.get("class", "").split():
        if name.startswith(("language-", "lang-")):
            return name.partition("-")[2]
    return ""


def feed(body: str, to: Builder) -> None:
    """Read ``body`` into a builder, which another reader may have begun. Never raises."""
    reader = _Reader(to)
    reader.feed(html_text.readable(body))
    reader.end()


def read(body: str, *, literal: bool = False) -> Document:
    """Unknown tags are left out and their content stays. Never raises.

    ``literal``: where the markup parts a sign from its word, ``LITERAL`` is left between them.
    """
    to = Builder(literal=literal)
    feed(body, to)
    return to.finish()


def write(document: Document) -> Written:
    """Blocks on lines of their own; everything else HTML can hold."""
    return Written("\n".join(_block(block) for block in document.blocks))


def escaped(text: str) -> str:
    """Text that stays text, also between the quotes of an attribute."""
    return html.escape(text)


def unescaped(text: str) -> str:
    """The text that an attribute's value stands for."""
    return html_text.unescaped(text)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_inlines(block.inlines)}</p>"
        case Heading():
            return f"<h{block.level}>{_inlines(block.inlines)}</h{block.level}>"
        case CodeBlock():
            language = f' class="language-{escaped(block.language)}"' if block.language else ""
            return f"<pre><code{language}>{escaped(block.text)}</code></pre>"
        case Rule():
            return "<hr>"
        case Quote():
            return "<blockquote>\n" + "\n".join(_block(one) for one in block.blocks) + "\n</blockquote>"
        case List():
            return _list(block)
        case Table():
            return _table(block)


def _list(block: List) -> str:
    tag = "ol" if block.ordered else "ul"
    start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
    lines = [f"<{tag}{start}>"]
    for item in block.items:
        box = "" if item.done is None else "[x] " if item.done else "[ ] "
        first, rest = item.blocks[0], item.blocks[1:]
        head = box + (_inlines(first.inlines) if isinstance(first, Paragraph) else _block(first))
        if rest and isinstance(rest[0], Paragraph) and isinstance(first, Paragraph):
            head = f"<p>{head}</p>"
        lines.append("\n".join([f"<li>{head}", *(_block(one) for one in rest)]) + "</li>")
    lines.append(f"</{tag}>")
    return "\n".join(lines)


def _table(block: Table) -> str:
    lines = ["<table>"]
    if block.header:
        lines.append("<tr>" + "".join(f"<th>{_inlines(cell)}</th>" for cell in block.header) + "</tr>")
    lines.extend("<tr>" + "".join(f"<td>{_inlines(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
    lines.append("</table>")
    return "\n".join(lines)


def _inlines(inlines: Inlines) -> str:
    return "".join(_pieces(inlines))


def _guarded(text: Text) -> str:
    """Text that the app shall take for a link, or must not."""
    between = {MEANT: "", Guard.JOINER: JOINER, Guard.COMMENT: "<!-- -->"}.get(text.how, "<span></span>")
    return escaped(text.text[:1]) + between + escaped(text.text[1:])


def _pieces(inlines: Inlines) -> Iterator[str]:
    for one in in_runs(inlines):
        match one:
            case Run(mark=Mark() as mark):
                tag = _TAGS[mark]
                yield f"<{tag}>{_inlines(one.inlines)}</{tag}>"
            case Run():
                yield f'<a href="{escaped(one.link)}">{_inlines(one.inlines)}</a>'
            case Text(how=""):
                yield escaped(one.text)
            case Text():
                yield _guarded(one)
            case Mention():
                yield escaped(f"@{one.name}")
            case Break():
                yield "<br>\n"
            case Image():
                image = f'<img src="{escaped(one.source)}" alt="{escaped(one.alt)}">'
                yield f'<a href="{escaped(one.link)}">{image}</a>' if one.link else image
