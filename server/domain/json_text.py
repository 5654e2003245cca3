"""Reads JSON from outside, no deeper than anything of ours or of an app's is; it must not know what it means."""

from __future__ import annotations

import json
from typing import Any, Final

_OF_A_VALUE, _OF_A_NAME = 80, 100
"""Bytes that a value or a member's name takes beside its text."""
DEEPEST: Final = 100
"""So many lists and objects may lie in each other; no app's description has more than a dozen."""


MOST: Final = 2_000_000
"""Commas and brackets: half a second of the interpreter, and 150 MB, for what says nothing else."""


class TooDeep(ValueError):
    """The text is JSON in more levels than are read."""


class TooMany(ValueError):
    """The text has more values than are read."""


def read(content: bytes | str, most: int = MOST) -> Any:
    """What the JSON says, with at most so many commas and brackets.

    Raises ``TooDeep``, ``TooMany``, and ``ValueError`` for what is no JSON.
    """
    if len(content) > most and _marks(content) > most:
        raise TooMany(f"more than {most} values")
    try:
        body = json.loads(content)
    except RecursionError as error:
        raise TooDeep("more levels than can be read") from error
    if _looks_deep(content) and _depth(body) > DEEPEST:
        raise TooDeep(f"more than {DEEPEST} levels")
    return body


def _marks(content: bytes | str) -> int:
    """How many values there may be; those within words are among them."""
    text = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return sum(text.count(one) for one in _MARKS)


def weight(content: bytes) -> int:
    """About how many bytes of memory it takes to read this, and to hold what it says: at most, but for a little.

    A list of empty lists takes twenty times its text. Marks within words count, too.
    """
    wide = 1 if content.isascii() and b"\\u" not in content else 4
    return 2 * wide * len(content) + _OF_A_VALUE * _marks(content) + _OF_A_NAME * content.count(b":")


def _looks_deep(content: bytes | str) -> bool:
    """Whether there may be more than ``DEEPEST`` levels.

    Pairs of brackets are taken out of the text, the innermost first, which costs next to nothing for what is flat.
    Brackets within words may make it look deep.
    """
    text = content.encode("utf-8", "replace") if isinstance(content, str) else content
    left = text.translate(None, _NO_BRACKETS)
    for _ in range(DEEPEST):
        shrunk = left.replace(b"{}", b"").replace(b"[]", b"")
        if not shrunk:
            return False
        if len(shrunk) == len(left):
            break
        left = shrunk
    return True


_MARKS: Final = (b",", b"[", b"]", b"{", b"}")
_NO_BRACKETS: Final = bytes(one for one in range(256) if one not in b"[]{}")


def _depth(body: Any) -> int:
    """How many lists and objects lie in each other, at most one more than is allowed."""
    level, depth = [body], 0
    while depth <= DEEPEST:
        level = [
            inner
            for one in level
            if isinstance(one, list | dict)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            break
        depth += 1
    return depth
