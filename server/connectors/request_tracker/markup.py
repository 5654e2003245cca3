"""Turns a message's plain text into HTML and back, where RT holds the other kind than the connection's format.

It must not judge what an HTML document may hold: that is for those who read it.
"""

from __future__ import annotations

import html
from html.parser import HTMLParser

from server.domain import html_text

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_EMPTY = frozenset({"br", "hr"})
_UNSEEN = frozenset({"script", "style", "head", "title"})


def text_to_html(text: str) -> str:
    """Paragraphs at blank lines, line breaks elsewhere; nothing else is taken for markup."""
    paragraphs = [one.strip("\n") for one in _lines(text).split("\n\n")]
    shown = [html.escape(one, quote=False).replace("\n", "<br />") for one in paragraphs if one.strip()]
    return "\n".join(f"<p>{one}</p>" for one in shown)


def html_to_text(markup: str) -> str:
    """The words of a document, with a line for each block."""
    reader = _Words()
    reader.feed(html_text.readable(markup))
    reader.close()
    written = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    lines: list[str] = []
    for line in written:
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Words(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
            if tag == "li":
                self.parts.append("* ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS and tag not in _EMPTY:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data.replace("\n", " "))
