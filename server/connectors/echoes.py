"""Takes out of an app's words what we sent it, for one that fails may repeat our key; it must not send anything.

What a header held is looked for as it is, and in the ways in which pages, JSON and addresses write it.
"""

from __future__ import annotations

import base64
import html
import json
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import quote, quote_plus

_USUAL: Final = frozenset(
    {"accept", "accept-encoding", "content-type", "content-length", "host", "user-agent", "connection", "origin"}
)
"""Headers that say nothing of us."""
_LEAST: Final = 4
"""Characters of what is taken out. Less than that stands in any text."""
_INSTEAD: Final = "…"


def without_echoes(text: str, sent: Mapping[str, str]) -> str:
    """``text`` without what the headers ``sent`` held."""
    for one in _spellings(sent):
        text = text.replace(one, _INSTEAD)
    return text


def _spellings(sent: Mapping[str, str]) -> list[str]:
    """The longest first, so that no part of one is left of it."""
    held = {one for name, value in sent.items() if name.lower() not in _USUAL for one in _parts(value)}
    found = {way for one in held if len(one) >= _LEAST for way in _ways(one)}
    return sorted(found, key=len, reverse=True)


def _parts(value: str) -> Iterator[str]:
    """A header's value, its words, and for a login what it says."""
    yield value
    for word in value.replace(";", " ").replace(",", " ").split():
        yield word
        yield word.partition("=")[2]
    kind, _, rest = value.partition(" ")
    if kind.lower() == "basic":
        with suppress(NotBase64, UnicodeDecodeError):
            login = base64.b64decode(rest.strip(), validate=True).decode()
            yield login
            yield login.partition(":")[2]


def _ways(one: str) -> Iterator[str]:
    yield one
    yield from (quote(one, safe=""), quote(one), quote_plus(one), html.escape(one), json.dumps(one)[1:-1])
    yield base64.b64encode(one.encode()).decode().rstrip("=")
