"""Whether a word is one of the commonest passwords; it has no password in clear and must not learn one.

Beside this file lies what is known of them: the beginnings of their hashes, sorted. Of 40,000 other words one is taken
for a common one.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from server.domain.password import LEAST, folded

_FILE = Path(__file__).with_name("commonest.bin")
_BYTES = 4
_RANKS = 100_000


def is_common(word: str) -> bool:
    """Whether a folded word is known."""
    known, beginning = _known(), _beginning(word)
    place = bisect_left(_Beginnings(known), beginning)
    return known[place * _BYTES : (place + 1) * _BYTES] == beginning


def packed(commonest_first: Iterable[str]) -> bytes:
    """The file's content: of the first 100,000 words, and of all that are long enough to be chosen at all."""
    beginnings = {
        _beginning(word)
        for rank, one in enumerate(commonest_first)
        if (word := folded(one)) and (rank < _RANKS or len(word) >= LEAST)
    }
    return b"".join(sorted(beginnings))


class _Beginnings:
    """The beginnings one by one, for ``bisect``."""

    def __init__(self, known: bytes) -> None:
        self._known = known

    def __len__(self) -> int:
        return len(self._known) // _BYTES

    def __getitem__(self, place: int) -> bytes:
        return self._known[place * _BYTES : (place + 1) * _BYTES]


def _beginning(word: str) -> bytes:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:_BYTES]


@cache
def _known() -> bytes:
    return _FILE.read_bytes()
