"""The way in to PostgreSQL when it is crowded: who is refused waits, one at a time tries; it must not know for whom.

A server that has no connection left refuses everybody who asks. Asking again at once, from every thread, would keep it
busy with refusing and fill its log. So while it refuses, one thread of this process asks again and again, the others
wait for what becomes of that, and nobody waits longer than was agreed. One that says nothing at all takes seconds to
tell so: one thread at a time finds out whether it still does, and the others are told at once.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from server.domain.errors import Crowded

T = TypeVar("T")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_REFUSALS = re.compile(
    r"too many clients|too many connections|connection slots are reserved|no more connections allowed"
    r"|max(imum)?[ _]client|max_user_connections|query_wait_timeout|remaining connection|pool_?size|53300",
    re.IGNORECASE,
)
"""How PostgreSQL and the poolers that people put in front of it say that there is no room. A refusal to sign in has no
SQLSTATE here: the library is told only words."""


def refuses(error: BaseException) -> bool:
    """Whether the server answered that it has no room, and not that it is away or knows us not."""
    if getattr(error, "sqlstate", None) in {"53300", "53400"}:
        return True
    return isinstance(error, psycopg.OperationalError) and bool(_REFUSALS.search(str(error)))


class Door:
    """One process's way in. Thread-safe.

    ``patience``: the most seconds that anybody waits. ``make_room`` is called when we are refused: it may close a
    connection of ours that nobody uses.
    """

    def __init__(self, patience: float, make_room: Callable[[], object] = lambda: None) -> None:
        self._patience = patience
        self._make_room = make_room
        self._trying = threading.Lock()
        self._closed_since: float | None = None
        self._words = ""
        self._ended = threading.Event()
        self._silent = False
        self._knocking = threading.Lock()

    @property
    def refused(self) -> bool:
        """Whether the server refused when it was last asked."""
        return self._closed_since is not None

    def close(self) -> None:
        """Let nobody wait any more."""
        self._ended.set()

    def connect(self, attempt: Callable[[], T]) -> T:
        """What ``attempt`` opens. Raises ``Crowded`` when the server refused for too long, and what else goes wrong."""
        if not self._silent:
            return self._enter(attempt)
        if not self._knocking.acquire(blocking=False):
            raise psycopg.errors.ConnectionTimeout("PostgreSQL said nothing when it was asked last")
        try:
            return self._enter(attempt)
        finally:
            self._knocking.release()

    def _enter(self, attempt: Callable[[], T]) -> T:
        begun = time.monotonic()
        if self._closed_since is None:
            try:
                return self._ask(attempt)
            except psycopg.OperationalError as error:
                if not refuses(error):
                    raise
                self._refused(error)
        # Where it was refused for long already a person need not wait as long again to be told so.
        waited = begun - (self._closed_since or begun)
        patience = self._patience if waited < self._patience else min(self._patience, _LONGEST_PAUSE)
        if not self._trying.acquire(timeout=patience):
            raise self._crowded()
        try:
            return self._try(attempt, begun + patience)
        finally:
            self._trying.release()

    def _try(self, attempt: Callable[[], T], until: float) -> T:
        pause = 0.0
        while True:
            try:
                made = self._ask(attempt)
            except psycopg.OperationalError as error:
                if not refuses(error):
                    raise
                self._refused(error)
                if time.monotonic() >= until or self._ended.is_set():
                    raise self._crowded() from error
            else:
                self._closed_since = None
                return made
            pause = min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
            self._ended.wait(max(0.0, min(pause, until - time.monotonic())))

    def _ask(self, attempt: Callable[[], T]) -> T:
        try:
            made = attempt()
        except psycopg.errors.ConnectionTimeout:
            self._silent = True
            raise
        except psycopg.Error:
            self._silent = False  # whatever it said, it said something
            raise
        self._silent = False
        return made

    def _refused(self, error: psycopg.OperationalError) -> None:
        if self._closed_since is None:
            self._closed_since = time.monotonic()
        self._words = _said(error)
        self._make_room()

    def _crowded(self) -> Crowded:
        return Crowded(
            f"PostgreSQL has no connection left for us (it says: {self._words}). The work goes on by itself as soon as"
            " it has; `lockstep doctor` shows who may hold how many."
        )


def _said(error: psycopg.OperationalError) -> str:
    """The server's own words, without where it is."""
    last = (str(error).strip().splitlines() or ["nothing"])[-1]
    return re.sub(r"^.*(FATAL|ERROR):\s*", "", last).strip().rstrip(".")
