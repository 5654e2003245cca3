"""What people did in a storm, written down when their own tracker had taken it; it must not know the product."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

TOKEN = re.compile(r"\bw\d+[lr]w\b")
"""Each item's title holds such a word from its first day to its last: by it its twin is known."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title that somebody typed; ``place`` counts what was typed, by its end."""

    token: str
    side: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment: ``word`` is in no other."""

    token: str
    side: str
    word: str
    private: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file: ``name`` is no other's."""

    token: str
    side: str
    name: str
    digest: str


@dataclass(slots=True)
class Diary:
    """All that people of both sides did. ``unsure``: words of what failed in their own tracker, perhaps half done."""

    items: dict[str, str] = field(default_factory=dict)
    """Token -> the side that it was made on."""
    titles: list[Title] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    """Tokens of items that their tracker shows to few: nothing of them may be on the other side."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        """The next number, which no other word has."""
        with self._lock:
            return next(self._numbers)

    def secrets(self) -> Iterable[str]:
        """Words that no outsider may read."""
        yield from (one.word for one in self.remarks if one.private)
        yield from self.hidden


def token_of(title: str) -> str:
    """The token in a title; empty when there is none."""
    found = TOKEN.search(title)
    return found.group() if found else ""
