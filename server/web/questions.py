"""The questions that people have apps asked: each in a thread of its own, its answer kept for a while.

An app may take minutes to answer, so no thread that serves requests waits for one. What runs at once is bounded for
each tenant, each app and the process; it must not know what is asked.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from server.domain.errors import LockstepError, NotFound, Unavailable
from server.services.errand import Busy

NOT_THERE = (
    "There is no such question (any more): answers are kept for two minutes, and none outlives a restart of the"
    " server. Ask again; if it was to change something, look first whether it did."
)

OUT_OF_MEMORY = "The server has no memory left for this just now. Ask again in a moment, or for less."


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is asked at once, and for how long; times are in seconds.

    ``tenant`` questions of one tenant run and ``waiting`` more wait for that; ``place``: so many are at one app;
    ``whole``: so many run in this process, with ``line`` that wait. ``patience``: for a turn at an app. ``seconds``:
    one question with all its requests; ``unheard``: after so long nobody waits for it. ``kept``: an answer that is
    there; ``kept_of_one``: so many of them of one tenant, and ``kept_size`` characters together.
    """

    tenant: int = 4
    waiting: int = 8
    place: int = 2
    whole: int = 32
    line: int = 64
    patience: float = 3.0
    seconds: float = 180.0
    unheard: float = 30.0
    kept: float = 120.0
    kept_of_one: int = 32
    kept_size: int = 8 * 1024 * 1024
    retry_after: int = 5


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question: as the view would have replied at once."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose question it is: nobody else is told of it. ``admin``: it was asked with an administrator's rights."""

    tenant: str
    user: str
    admin: bool


Work = Callable[["Question"], Answered]
May = Callable[[bool], None]
"""Raises when the tenant or the account may not go on; true: it is looked at anew, because something is committed."""


def forget_trace(outcome: Answered | Exception) -> None:
    """Of an error that is kept keep the sentence only: where it comes from holds the answer that it is about."""
    if isinstance(outcome, Exception):
        outcome.__traceback__ = outcome.__cause__ = outcome.__context__ = None


class Question:
    """One question. An ``Errand`` for the thread that asks, and what the one who waits looks at. Thread-safe."""

    def __init__(self, crew: Questions, asker: Asker, may: May, work: Work) -> None:
        self.id = secrets.token_urlsafe(24)
        self.asker = asker
        self.asking = ""
        """The app that it waits for, by the name that people gave the connection."""
        self._crew = crew
        self._may = may
        self.work = work
        self._begun = self.heard_at = time.monotonic()
        self.ended_at: float | None = None
        self._done = threading.Event()
        self._outcome: Answered | Exception = Unavailable(NOT_THERE)
        self._turns: list[Callable[[], None]] = []

    # For the one who waits

    def wait(self, seconds: float) -> bool:
        """Whether it is answered, now or within so many seconds. Whoever waits shows that somebody does."""
        self.heard_at = time.monotonic()
        return self._done.wait(seconds)

    @property
    def waited(self) -> float:
        """For how many seconds it has been asked."""
        return time.monotonic() - self._begun

    def answer(self) -> Answered:
        """The answer. Raises what the view raised."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    @property
    def size(self) -> int:
        """How many characters its answer has."""
        return len(self._outcome.body) if isinstance(self._outcome, Answered) else 0

    # For the thread that asks: an errand

    def still(self, *, commits: bool = False) -> None:
        """See ``Errand.still``."""
        if time.monotonic() - self.heard_at > self._crew.rules.unheard:
            raise Unavailable("Nobody waited for this any more, so it was given up. Ask again.")
        if self.left() <= 0:
            name = f"{self.asking} has" if self.asking else "The apps have"
            raise Unavailable(
                f"{name} not answered all that was asked within {self._crew.rules.seconds:.0f} seconds, so it was"
                " given up. Ask again later."
            )
        self._may(commits)

    def left(self) -> float:
        """See ``Errand.left``."""
        return max(self._crew.rules.seconds - self.waited, 0.0)

    def turn(self, place: str, name: str) -> Callable[[], None]:
        """See ``Errand.turn``."""
        self.asking = name
        give_back = self._crew.turn(self.asker.tenant, place, name)
        self._turns.append(give_back)
        return give_back

    def leave(self) -> None:
        """Give back every turn at an app, also where a failure in between has kept one."""
        for give_back in self._turns:
            give_back()

    def end(self, outcome: Answered | Exception) -> None:
        """It is over; whoever waits for it goes on."""
        self._outcome, self.ended_at = outcome, time.monotonic()
        self._done.set()


@dataclass(slots=True)
class Questions:
    """All questions of a web process. Thread-safe."""

    rules: Rules = field(default_factory=Rules)
    _known: dict[str, Question] = field(default_factory=dict)
    _running: Counter[str] = field(default_factory=Counter)
    _places: Counter[tuple[str, str]] = field(default_factory=Counter)
    _line: deque[Question] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def ask(self, asker: Asker, may: May, work: Work) -> Question:
        """Begin a question, or let it wait for its turn. Raises ``Busy`` when too many wait already.

        ``work`` is called in another thread.
        """
        question = Question(self, asker, may, work)
        with self._changed:
            self._forget()
            if self._closed:
                raise Unavailable("The server is ending; ask again in a moment.")
            if self._has_room(asker.tenant):
                self._begin(question)
            else:
                self._queue(question)
            self._known[question.id] = question
        return question

    def find(self, question_id: str, tenant: str, user: str) -> Question:
        """A question of this person. Raises ``NotFound`` for another's, a forgotten one, one that never was."""
        with self._changed:
            self._forget()
            found = self._known.get(question_id)
        if found is None or (found.asker.tenant, found.asker.user) != (tenant, user):
            raise NotFound(NOT_THERE)
        return found

    def turn(self, tenant: str, place: str, name: str) -> Callable[[], None]:
        """See ``Errand.turn``."""
        key, until = (tenant, place), time.monotonic() + self.rules.patience
        with self._changed:
            while self._places[key] >= self.rules.place:
                left = until - time.monotonic()
                if left <= 0:
                    raise Busy(
                        f"{name} is being asked {self.rules.place} things already and has not answered yet. Try again"
                        " in a moment.",
                        self.rules.retry_after,
                    )
                self._changed.wait(left)
            self._places[key] += 1
        given_back = threading.Lock()

        def give_back() -> None:
            if given_back.acquire(blocking=False):
                with self._changed:
                    self._places[key] -= 1
                    if self._places[key] <= 0:
                        del self._places[key]
                    self._changed.notify_all()

        return give_back

    def running(self, tenant: str) -> int:
        """How many questions of a tenant are being asked now."""
        with self._changed:
            return self._running[tenant]

    def close(self) -> None:
        """Take no more; what waits is told so. What runs ends with the process."""
        with self._changed:
            self._closed = True
            waiting, self._line = list(self._line), deque()
        for one in waiting:
            one.end(Unavailable("The server is ending; ask again in a moment."))

    def _has_room(self, tenant: str) -> bool:
        return self._running[tenant] < self.rules.tenant and self._running.total() < self.rules.whole

    def _queue(self, question: Question) -> None:
        self._give_up_unheard()
        waiting = sum(one.asker.tenant == question.asker.tenant for one in self._line)
        if waiting >= self.rules.waiting or len(self._line) >= self.rules.line:
            raise Busy(
                f"{self.rules.tenant} questions to your apps are being asked already, and others wait. Try again when"
                " some of them are answered.",
                self.rules.retry_after,
            )
        self._line.append(question)

    def _give_up_unheard(self) -> None:
        """Let nobody wait behind a question that nobody waits for."""
        limit = time.monotonic() - self.rules.unheard
        for one in [one for one in self._line if one.heard_at < limit]:
            self._line.remove(one)
            one.end(Unavailable("Nobody waited for this any more, so it was given up. Ask again."))

    def _begin(self, question: Question) -> None:
        self._running[question.asker.tenant] += 1
        threading.Thread(target=self._run, args=(question,), name="question", daemon=True).start()

    def _run(self, question: Question) -> None:
        log = structlog.get_logger()
        try:
            question.still()
            outcome: Answered | Exception = question.work(question)
        except LockstepError as error:
            outcome = error
        except MemoryError:
            outcome = Unavailable(OUT_OF_MEMORY)
        except Exception as error:
            log.exception("a question to an app failed in an unforeseen way")
            outcome = error
        question.leave()
        forget_trace(outcome)
        with self._changed:
            # The place is free before the one who waits is told, so that he may ask the next at once.
            self._running[question.asker.tenant] -= 1
            if self._running[question.asker.tenant] <= 0:
                del self._running[question.asker.tenant]
            self._give_up_unheard()
            self._let_in()
        question.end(outcome)

    def _let_in(self) -> None:
        """Begin what waits and has room now, the longest waiting first."""
        for one in list(self._line):
            if self._has_room(one.asker.tenant):
                self._line.remove(one)
                self._begin(one)

    def _forget(self) -> None:
        """Drop answers that were kept long enough, and the oldest of a tenant that has many."""
        now, kept, size = time.monotonic(), Counter[str](), Counter[str]()
        for question in reversed(list(self._known.values())):
            if question.ended_at is None:
                continue
            kept[question.asker.tenant] += 1
            late = now - question.ended_at > self.rules.kept
            more = (
                kept[question.asker.tenant] > 1 and size[question.asker.tenant] + question.size > self.rules.kept_size
            )
            if not late and not more:
                size[question.asker.tenant] += question.size
            if late or more or kept[question.asker.tenant] > self.rules.kept_of_one:
                del self._known[question.id]
