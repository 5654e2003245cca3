"""HTML as the standard library can read it in a time that its length bounds; it must not judge what HTML may hold."""

from __future__ import annotations

import html
import re

_NUMBER = re.compile(r"&#([0-9]{10,})")
"""A character by a number that no character has, or with zeros before it. Python refuses to read very long ones."""
_MOST_DIGITS = 9
_SECTION = re.compile(
    r"<!\[(?!(?:temp|cdata|ignore|include|rcdata|if|else|endif)(?![-_.a-z0-9]))", re.IGNORECASE | re.ASCII
)


def unescaped(text: str) -> str:
    """The text that character references stand for. Never raises."""
    return html.unescape(_short(text))


def readable(markup: str) -> str:
    """``markup`` for the standard parser: what is never closed there is text, and so is what it gives up on.

    For each opening without an end the parser would look through the whole rest again.
    """
    markup = _SECTION.sub("&lt;![", _short(markup))
    for opening, ends in (("<!--", "-->"), ("<![", "]>"), ("<", ">")):
        last = markup.rfind(ends) + len(ends) if ends in markup else 0
        if opening in markup[last:]:
            markup = markup[:last] + markup[last:].replace(opening, f"&lt;{opening[1:]}")
    return markup


def _short(text: str) -> str:
    return (
        _NUMBER.sub(lambda one: f"&#{(one[1].lstrip('0') or '0')[: _MOST_DIGITS + 1]}", text) if "&#" in text else text
    )
