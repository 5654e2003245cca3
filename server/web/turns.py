"""Shares the threads that serve requests between tenants, so that none takes them all; it must not serve anything.

Waitress hands each request to whichever thread is free. Here a tenant has at most its part of the threads; what it asks
beyond that waits, with a bound, in a line of its own and holds no thread. So another tenant's next request finds one.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from server.web import tenancy
from server.web.schemas.base import Problem
from server.web.visit import Node

STRANGERS: Final = ""
"""Who names no tenant that was here lately. They share one part, so that many names are not many parts."""
NODE: Final = "-"
"""The agent, who asks whether this node is well."""
_REFUSED: Final = " "
_WAITING_PER_THREAD = 4
_RETRY_AFTER = 1


class TooManyAtOnce(Error):  # type: ignore[misc]  # Waitress has no types
    """A tenant has as many requests waiting as may wait. Waitress sends it without asking the application."""

    code = 429
    reason = "Too Many Requests"

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:  # noqa: ARG002
        """The same problem as the application's own."""
        told = Problem(title=self.reason, status=self.code, detail=self.body).model_dump_json(exclude_none=True)
        headers = [
            ("Content-Type", "application/problem+json"),
            ("Retry-After", str(_RETRY_AFTER)),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return f"{self.code} {self.reason}", headers, told.encode()


def whose(request: Any, node: Node) -> str:
    """Whom a request is for, as its first lines say it. It says nothing of whether it may."""
    if request.path.startswith("/-/node/"):
        return NODE
    headers = request.headers
    named = headers.get("X_LOCKSTEP_TENANT") or ""
    name = tenancy.for_whom(request.path, named, headers.get("HOST") or "", node.settings)
    return name if name and node.cluster.knows(name) else STRANGERS


@dataclass(slots=True)
class Line:
    """What waits for a thread. Whoever uses it holds the dispatcher's lock.

    ``most``: so many requests of one tenant have a thread at once. What looks like a deque does so for Waitress.
    """

    most: int
    waiting: OrderedDict[str, deque[Any]] = field(default_factory=OrderedDict)
    running: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        """How many tenants have something that may begin now."""
        return sum(self._may(name) for name in self.waiting)

    def put(self, name: str, task: Any) -> None:
        """Let a task wait."""
        self.waiting.setdefault(name, deque()).append(task)
        if name == _REFUSED:
            self.waiting.move_to_end(name, last=False)  # it takes next to no time

    def popleft(self) -> Any:
        """The next that may begin: the tenants have their turns one after the other."""
        name = next(one for one in self.waiting if self._may(one))
        tasks = self.waiting[name]
        task = tasks.popleft()
        if tasks:
            self.waiting.move_to_end(name)
        else:
            del self.waiting[name]
        self.running[name] += 1
        return task

    def over(self, name: str) -> None:
        """A task of that tenant's has ended."""
        self.running[name] -= 1
        if self.running[name] <= 0:
            del self.running[name]

    def there(self, name: str) -> int:
        """How many of that tenant's are served or wait."""
        return len(self.waiting.get(name, ())) + self.running[name]

    def _may(self, name: str) -> bool:
        return name == _REFUSED or self.running[name] < self.most


@dataclass(slots=True)
class _Turn:
    """A request with its tenant: when it is over, the next of that tenant may begin."""

    turns: Turns
    name: str
    task: Any

    def service(self) -> None:
        try:
            self.task.service()
        finally:
            self.turns.over(self.name)

    def cancel(self) -> None:
        self.task.cancel()


class Turns(ThreadedTaskDispatcher):  # type: ignore[misc]  # Waitress has no types
    """Waitress's dispatcher with a line a tenant. ``whose`` tells of a request whom it is for."""

    def __init__(self, threads: int, whose: Callable[[Any], str]) -> None:
        super().__init__()
        self._whose = whose
        self.queue = Line(max(threads // 2, 1))
        self._most = self.queue.most + threads * _WAITING_PER_THREAD

    def add_task(self, task: Any) -> None:
        """Let a request wait for its turn, or have it refused where too many of its tenant's wait."""
        request = task.requests[0]
        name = _REFUSED if request.error else self._whose(request)
        with self.lock:
            if self.queue.there(name) >= self._most and name != _REFUSED:
                request.error = TooManyAtOnce("Too much is asked at once at this address; try again in a second.")
                name = _REFUSED
            self.queue.put(name, _Turn(self, name, task))
            self.queue_cv.notify()

    def over(self, name: str) -> None:
        """A request has been served."""
        with self.lock:
            self.queue.over(name)
            self.queue_cv.notify()
