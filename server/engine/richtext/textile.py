"""What reading and writing Redmine's Textile must agree on; it must not do either."""

from __future__ import annotations

import re
import unicodedata

from server.engine.richtext.document import Mark

SPANS: dict[str, Mark | None] = {
    "**": Mark.STRONG,
    "__": Mark.EM,
    "??": Mark.EM,
    "*": Mark.STRONG,
    "_": Mark.EM,
    "-": Mark.STRIKE,
    "+": Mark.UNDERLINE,
    "^": None,
    "~": None,
    "%": None,
}
"""The signs around words that stand out, longest first, and what they mean to us."""

RAISING = frozenset("^~")
"""The signs around raised and lowered words."""

SIGNS = {Mark.STRONG: "*", Mark.EM: "_", Mark.STRIKE: "-", Mark.UNDERLINE: "+"}

_PUNCTUATION = "".join(
    re.escape(chr(code))
    for code in (*range(0x3100), *range(0xFE00, 0xFFF0))
    if chr(code) != "&" and (unicodedata.category(chr(code))[0] == "P" or chr(code) in "$+<=>^`|~")
)
SPAN_END = re.compile(rf"[{_PUNCTUATION}\s\x00-\x03]|&#?\w+;|\Z", re.ASCII)
"""What may follow a span: signs, but no symbols such as an emoji, and no ampersand: Redmine writes ``x%x%`` for
it for a while. Low controls are our own marks for what is taken out."""

CLOSERS = {sign: re.compile(rf"(?<=\S)(?!--){re.escape(sign)}(?={SPAN_END.pattern})") for sign in SPANS}
"""Where a span may end; never at two dashes."""

BEFORE_SPAN = frozenset(" \n(")
"""What may stand before a span, beside nothing."""

ATTRIBUTES = r"(?:\([^\")\s]{1,200}\)|\{[^}\n]{1,400}\}|\[[a-z_-]{1,40}\]|[<>=()^~-]){0,8}"
"""What may say how a block looks, between its sign and its text."""

RULE = re.compile(r"(?:\* ?){3,}|(?:- ?){3,}|(?:_ ?){3,}")
"""A line that is a line across the page."""

ENTITY = re.compile(r"&(?:#[0-9]+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)

LINK_END = re.compile(r"\)?[^\w=/;()\s-]*(?=\s|\Z)")
"""What may follow an address, so that it is known where that ends."""

LINK_START = re.compile(r"(?:/|[a-zA-Z]+://|www\.|mailto:)[\w/]\S", re.ASCII)
"""How an address must begin to be one."""

OFF_TAG = re.compile(r"</?(?:pre|code|kbd|notextile|redpre)\b", re.IGNORECASE)
"""The tags that Redmine lets through."""
