"""Reads Markdown as trackers write it: GitHub's tables, tasks and strike-through, and a line break is a break."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from server.engine.richtext import html, plain
from server.engine.richtext.build import RAISED, TOO_COSTLY, TOO_DEEP, Builder, Kind
from server.engine.richtext.document import Document, Mark

_DEEPEST = 60
"""How deep the parser follows containers; it leaves out what is deeper, so such a text is read as plain."""

MOST_LOOKS = 300_000
"""How often the parser may look ahead in one text; it takes about a third of a second."""

_SIMPLE = re.compile(r"(?!(?:\s*(?:[-+]|\d+[.)]|-+)(?:\s|$)|\s{4}|\t))[^`*_\[\]<>#~|\\&!=\n\r]*", re.ASCII)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^>]*)?)/?>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_SILENT = frozenset(
    [
        "span",
        "font",
        "small",
        "big",
        "abbr",
        "center",
        "p",
        "div",
        "wbr",
        "details",
        "summary",
        "var",
        "dfn",
        "q",
    ]
)
_UNCLOSED = re.compile(r"\s*<(?:script|style|textarea)\b(?!.*</(?:script|style|textarea))", re.IGNORECASE | re.DOTALL)
_MARKS = {"strong": Mark.STRONG, "em": Mark.EM, "s": Mark.STRIKE}
_CONTAINERS = {
    "blockquote": Kind.QUOTE,
    "bullet_list": Kind.LIST,
    "ordered_list": Kind.LIST,
    "list_item": Kind.ITEM,
    "table": Kind.TABLE,
    "tr": Kind.ROW,
    "th": Kind.CELL,
    "td": Kind.CELL,
}


class _TooCostly(Exception):
    """This text asks for more looks than any that a person wrote."""


class _Counted(ParserInline):
    """Counts the looks ahead: brackets within brackets are what costs the parser hundreds of them a sign."""

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the base's
        state.env["looks"] = looks = state.env.get("looks", 0) + 1
        if looks > MOST_LOOKS:
            raise _TooCostly
        super().skipToken(state)


def _parser(*without: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST, "html": True})
    parser.inline = _Counted()
    parser.configure("commonmark").enable(["table", "strikethrough"])
    parser.options.update({"maxNesting": _DEEPEST, "html": True})
    parser.disable(list(without))
    parser.normalizeLink = str  # type: ignore[method-assign, assignment] # addresses stay as they were typed
    parser.normalizeLinkText = str  # type: ignore[method-assign, assignment]
    parser.validateLink = bool  # type: ignore[method-assign, assignment] # the builder judges
    parser.parse("# warm: *two* threads that both compile the rules at first use would disturb each other")
    return parser


_PARSER = _parser()
_LITERAL_PARSER = _parser("text_join")
"""Tells what was written as a character reference from the text around it."""


def read(body: str, *, literal: bool = False) -> Document:
    """Never raises; what is no markup is text.

    ``literal``: where the markup parts a sign from its word, ``LITERAL`` is left between them.
    """
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    if simple(body):
        return plain.read(body)
    return parsed(body, literal=literal)


def simple(body: str) -> bool:
    """Whether nothing in it is markup: it is read as plain text, which gives what the parser gives, only sooner."""
    return all(_SIMPLE.fullmatch(line) for line in body.split("\n"))


def parsed(body: str, *, literal: bool = False) -> Document:
    """What the parser makes of it."""
    try:
        tokens = (_LITERAL_PARSER if literal else _PARSER).parse(body, {})
    except _TooCostly:
        return Document(plain.read(body).blocks, (TOO_COSTLY,))
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return Document(plain.read(body).blocks, (TOO_DEEP,))
    to = Builder(literal=literal)
    for token in tokens:
        _block(token, to)
    return to.finish()


def _block(token: Token, to: Builder) -> None:
    kind = token.type
    if kind == "inline":
        _inlines(token.children or (), to)
    elif kind == "paragraph_close":
        to.flush()
    elif kind == "heading_open":
        to.heading(int(token.tag[1]))
    elif kind == "heading_close":
        to.flush()
    elif kind in {"fence", "code_block"}:
        to.code(token.content, token.info.strip().split(" ")[0] if token.info.strip() else "")
    elif kind == "hr":
        to.rule()
    elif kind == "html_block":
        _html_block(token.content, to)
    elif kind.endswith("_open"):
        _open(token, to)
    elif kind.endswith("_close") and kind[: -len("_close")] in _CONTAINERS:
        to.close(_CONTAINERS[kind[: -len("_close")]])


def _open(token: Token, to: Builder) -> None:
    kind = _CONTAINERS.get(token.type[: -len("_open")])
    if kind is None:
        return
    start = token.attrGet("start")
    to.open(
        kind,
        ordered=token.type == "ordered_list_open",
        start=int(start) if start is not None else 1,
        header=token.type == "th_open",
    )


def _html_block(content: str, to: Builder) -> None:
    if _UNCLOSED.match(content):  # it would swallow the rest of the text, which a person then could not see
        for line in content.split("\n"):
            to.text(line)
            to.line_break()
        to.flush()
    else:
        html.feed(content, to)
        to.flush()


def _inlines(children: Iterable[Token], to: Builder) -> None:
    hidden = opened = ""
    for token in children:
        if (opened, token.content) == ("<span>", "</span>"):
            to.part()
        opened = token.content
        if token.type == "html_inline":
            hidden = _html_inline(token.content, hidden, children, to)
        elif not hidden:
            _inline(token, to)


def _inline(token: Token, to: Builder) -> None:
    kind = token.type
    if kind in {"text", "text_special"}:
        to.text(token.content)
        if token.info == "entity":
            to.part()
    elif kind in {"softbreak", "hardbreak"}:
        to.line_break()
    elif kind == "code_inline":
        to.text(token.content, Mark.CODE)
    elif kind == "link_open":
        to.mark("link", None, str(token.attrGet("href") or ""))
    elif kind == "link_close":
        to.unmark("link")
    elif kind == "image":
        to.image(str(token.attrGet("src") or ""), token.content and _alt(token))
    elif kind.endswith("_open"):
        to.mark(kind[: -len("_open")], _MARKS.get(kind[: -len("_open")]))
    elif kind.endswith("_close"):
        to.unmark(kind[: -len("_close")])


def _alt(token: Token) -> str:
    """The words of a picture's description, without their markup."""
    pieces: list[str] = []
    pending = list(reversed(token.children or ()))
    while pending:
        one = pending.pop()
        pieces.append(" " if one.type in {"softbreak", "hardbreak"} else one.content if not one.children else "")
        pending.extend(reversed(one.children or ()))
    return "".join(pieces)


def _html_inline(content: str, hidden: str, children: Iterable[Token], to: Builder) -> str:
    """Act on one tag in running text; the name of the tag whose content is being left out, or nothing."""
    tag = _TAG.fullmatch(content)
    if tag is None:  # a comment or a declaration
        if not hidden and content.removeprefix("<!--").removesuffix("-->").strip() == "":
            to.part()
        return hidden
    closing, name = bool(tag[1]), tag[2].lower()
    if hidden:
        return "" if closing and name == hidden else hidden
    if name in {"script", "style"}:
        end = re.compile(rf"</{name}\s*>", re.IGNORECASE)
        if not closing and any(one.type == "html_inline" and end.fullmatch(one.content) for one in children):
            to.lose("a script or an embedded object was left out")
            return name
        to.text(content)
    elif name in html.MARKS:
        _mark(to, name, closing=closing)
    elif name in _ACTIONS:
        _ACTIONS[name](
            to, {one[1].lower(): one[2] or one[3] or one[4] or "" for one in _ATTRIBUTE.finditer(tag[3])}, closing
        )
    elif name in html.RAISING:
        to.lose(RAISED)
    elif name not in _SILENT:
        to.text(content)  # a placeholder such as <name>, which people mean to be seen
    return ""


def _mark(to: Builder, name: str, *, closing: bool) -> None:
    if closing:
        to.unmark(f"<{name}>")
    else:
        to.mark(f"<{name}>", html.MARKS[name])


def _anchor(to: Builder, attributes: dict[str, str], closing: bool) -> None:  # noqa: FBT001 - a row of _ACTIONS
    if closing:
        to.unmark("<a>")
    else:
        to.mark("<a>", None, html.unescaped(attributes.get("href", "")))


def _image(to: Builder, attributes: dict[str, str], closing: bool) -> None:  # noqa: FBT001 - a row of _ACTIONS
    if not closing:
        to.image(html.unescaped(attributes.get("src", "")), html.unescaped(attributes.get("alt", "")))


def _break(to: Builder, _: dict[str, str], closing: bool) -> None:  # noqa: FBT001 - a row of _ACTIONS
    if not closing:
        to.line_break()


_ACTIONS: dict[str, Callable[[Builder, dict[str, str], bool], None]] = {"a": _anchor, "img": _image, "br": _break}
