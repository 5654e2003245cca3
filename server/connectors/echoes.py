"""Takes out of an app's words what we sent it, for one that fails may repeat our key; it must not send anything.

What a header held is looked for as it is, and in the ways in which pages, JSON and addresses write it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

_USUAL: Final = frozenset(
    {"accept", "accept-encoding", "content-type", "content-length", "host", "user-agent", "connection", "origin"}
)
"""Headers that say nothing of us."""
_SECRET: Final = frozenset({"authorization", "cookie", "x-csrf-token"})
"""Headers that hold what lets us in, beside those whose name ends with ``-key``."""
_LEAST: Final = 4
"""Characters of what is taken out. Less than that stands in any text."""
_INSTEAD: Final = "…"
_LEAST_SECRET: Final = 16
"""Characters of what is taken out of answers that are well. Shorter passwords are words that people write, too."""
_ESCAPED: Final = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
"""A sign that JSON need not escape. Some apps do, and so may one that hides what it repeats."""


def without_echoes(text: str, sent: Mapping[str, str]) -> str:
    """``text`` without what the headers ``sent`` held."""
    for one in _spellings(sent):
        text = text.replace(one, _INSTEAD)
    return text


def without_secrets(content: bytes, sent: Mapping[str, str]) -> bytes:
    """What came in an answer that is well, without the secrets that the headers ``sent`` held.

    Where nothing is repeated, which is always, but for an app that is broken or hostile, it is what came.
    """
    ways = _secret_ways(tuple(sorted(sent.items())))
    if not ways:
        return content
    plain = _ESCAPED.sub(_unescaped, content) if b"\\u00" in content else content
    if not any(one in plain for one in ways):
        return content
    for one in ways:
        plain = plain.replace(one, _INSTEAD.encode())
    return plain


def _unescaped(found: re.Match[bytes]) -> bytes:
    """The sign itself, but for those that would end a text in JSON or begin another escape."""
    sign = bytes.fromhex(found[1].decode())
    return found[0] if sign in (b'"', b"\\") else sign


@lru_cache(maxsize=256)
def _secret_ways(sent: tuple[tuple[str, str], ...]) -> tuple[bytes, ...]:
    """The longest first. Kept, since each request of a connection sends the same."""
    secret = {name: value for name, value in sent if name.lower() in _SECRET or name.lower().endswith("-key")}
    return tuple(one.encode() for one in _spellings(secret) if len(one) >= _LEAST_SECRET)


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
