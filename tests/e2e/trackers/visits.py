"""What every tracker's visitor can do: work as people do, and read everything back; it must not use the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import requests

from tests.support.compare import Stored, digest

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person adds."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"

    @property
    def digest(self) -> str:
        """Its SHA-256."""
        return digest(self.content)


class Visit(Protocol):
    """A tracker as the story uses it. ``markup`` is textile, html or plain."""

    name: str
    markup: str
    keeps_private: bool
    at_once: int

    def create(self, person: str, title: str, text: str, values: Mapping[str, str]) -> str:
        """Make an item; its id. ``values`` may hold status, priority and assignee."""

    def edit(self, person: str, item: str, values: Mapping[str, str]) -> None:
        """Change title, text, status, priority or assignee."""

    def comment(self, person: str, item: str, text: str, *, private: bool = False) -> None:
        """Say something on an item."""

    def attach(self, person: str, item: str, file: Upload, *, private: bool = False) -> None:
        """Add a file."""

    def count(self) -> int:
        """How many items there are."""

    def read(self) -> tuple[Stored, ...]:
        """Everything there is, files included."""

    def history(self, item: str) -> str:
        """What the tracker itself has on record of an item: who changed what, and when."""

    def seen_by_outsider(self) -> str:
        """All that somebody sees who may see items but no private comments; empty where none are private."""


def answered(answer: requests.Response) -> Any:
    """The JSON of an answer that must be a success (None when it is empty)."""
    assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}"
    return answer.json() if answer.content.strip() else None


def in_parallel(at_once: int, task: Callable[[_T], _R], these: Iterable[_T]) -> tuple[_R, ...]:
    """The outcome of the task for each, in order."""
    with ThreadPoolExecutor(at_once) as pool:
        return tuple(pool.map(task, these))
