"""How large an answer may become, how deep, and how long it may take: the bounds of one connection's requests.

They are counted as bytes come in, never believed from what an answer says of itself. It must not send or read anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

MEGABYTE: Final = 1024 * 1024
DEEPEST: Final = 100
"""So many lists and objects may lie in each other; no app's description has more than a dozen."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds``: a whole request, from the name look-up to the answer's last byte. ``answer``: bytes, unpacked.

    ``file``: bytes of a file. A file may take ``seconds``, and one more for each ``file_rate`` bytes that came.
    """

    seconds: float = 120.0
    answer: int = 32 * MEGABYTE
    file: int = 4096 * MEGABYTE
    file_rate: int = 16 * 1024


def is_too_deep(content: bytes, body: Any) -> bool:
    """Whether ``body``, which was read from ``content``, has more than ``DEEPEST`` levels.

    Pairs of brackets are taken out of the text, the innermost first, which costs next to nothing for what is flat.
    Brackets within words may make it look deep, so what looks deep is walked.
    """
    left = content.translate(None, _NO_BRACKETS)
    for _ in range(DEEPEST):
        shrunk = left.replace(b"{}", b"").replace(b"[]", b"")
        if not shrunk:
            return False
        if len(shrunk) == len(left):
            break
        left = shrunk
    return _depth(body) > DEEPEST


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
