"""Turns a message's plain text into HTML and back, where RT holds the other kind than the connection's format.

It must not judge what an HTML document may hold: that is for those who read it.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from server.domain import html_text

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_BEGIN_ONLY = frozenset({"br", "hr", "tr"})
"""Where a line begins, and none ends."""
_CELLS = frozenset({"td", "th"})
_DEEPEST = 8
"""Links within links that are looked at: HTML knows none."""
_LEADS_OUT = re.compile(r"(?:https?|ftp|mailto):", re.IGNORECASE)
_KEPT = "\ue000"
"""A blank that stays where it stands."""
_UNSEEN = frozenset({"script", "style", "head", "title"})


def text_to_html(text: str) -> str:
    """Paragraphs at blank lines, line breaks elsewhere; nothing else is taken for markup."""
    paragraphs = [one.strip("\n") for one in _lines(text).split("\n\n")]
    shown = [html.escape(one, quote=False).replace("\n", "<br />") for one in paragraphs if one.strip()]
    return "\n".join(f"<p>{one}</p>" for one in shown)


def html_to_text(markup: str) -> str:
    """The words of a document, with a line for each block."""
    reader = _Words()
    reader.feed(html_text.readable(markup).replace(_KEPT, " "))
    reader.close()
    written = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    lines: list[str] = []
    for line in written:
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip().replace(_KEPT, " ").strip("\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Words(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._as_typed = 0
        self._cells = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _CELLS:
            self.parts.append(" | " if self._cells else "")
            self._cells += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
            self._cells = 0 if tag == "tr" else self._cells
            if tag == "li":
                self.parts.append("* ")
        if tag == "pre":
            self._as_typed += 1
        elif tag == "a" and len(self._links) < _DEEPEST:
            self._links.append((str(dict(attrs).get("href") or ""), len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS and tag not in _BEGIN_ONLY:
            self.parts.append("\n")
        if tag == "pre":
            self._as_typed = max(0, self._as_typed - 1)
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            words = "".join(self.parts[start:]).strip()
            if words and _LEADS_OUT.match(address) and words not in (address, address.partition(":")[2]):
                self.parts.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        typed = _lines(data).replace("\t", "    ").replace(" ", _KEPT)
        self.parts.append(typed if self._as_typed else data.replace("\n", " "))
