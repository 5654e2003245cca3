"""Reads JSON from outside, no deeper than anything of ours or of an app's is; it must not know what it means."""

from __future__ import annotations

import json
from typing import Any, Final

DEEPEST: Final = 100
"""So many lists and objects may lie in each other; no app's description has more than a dozen."""


class TooDeep(ValueError):
    """The text is JSON in more levels than are read."""


def read(content: bytes | str) -> Any:
    """What the JSON says. Raises ``TooDeep``, and ``ValueError`` for what is no JSON."""
    try:
        body = json.loads(content)
    except RecursionError as error:
        raise TooDeep("more levels than can be read") from error
    if _looks_deep(content) and _depth(body) > DEEPEST:
        raise TooDeep(f"more than {DEEPEST} levels")
    return body


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
