"""Shares the threads that serve requests between tenants, so that none takes them all; it must not serve anything.

Waitress hands each request to whichever thread is free. Here a tenant has at most its part of the threads; what it asks
beyond that waits, with a bound, in a line of its own and holds no thread. So another tenant's next request finds one.
Within a tenant each address has its turn. Sign-ins, which take a good part of a second of a core each, wait apart from
all else: by tenant, then by address, and whoever signed in on that device before waits for no stranger.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from server.services import devices
from server.web import caller, cookie, tenancy
from server.web.rota import Rota
from server.web.schemas.base import Problem
from server.web.visit import Node

STRANGERS: Final = ""
"""Who names no tenant that was here lately. They share one part, so that many names are not many parts."""
NODE: Final = "-"
"""The agent, who asks whether this node is well."""
SIGN_IN: Final = "+"
"""Whoever asks to be let in."""
_REFUSED: Final = " "
_SIGN_INS_AT_ONCE = 2
"""As many as passwords are checked at once: one more would hold a thread and wait there."""
_SIGN_INS_WAITING = 128
_WAITING_PER_THREAD = 4
_DOOR = "/api/v1/session"
_RETRY_AFTER = 1


Path = tuple[str, ...]
"""The line in which a request waits, and the lines within it."""


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


def whose(request: Any, node: Node) -> Path:
    """Whom a request is for, as its first lines say it, and from where it comes. It says nothing of whether it may."""
    if request.path.startswith("/-/node/"):
        return (NODE,)
    headers = request.headers
    named = headers.get("X_LOCKSTEP_TENANT") or ""
    name = tenancy.for_whom(request.path, named, headers.get("HOST") or "", node.settings)
    scope = node.cluster.known(name) if name else None
    tenant = STRANGERS if scope is None else name
    address = caller.address_of(headers, "", node.settings.web.gateway_secret)
    if request.command != "POST" or not request.path.endswith(_DOOR):
        return (tenant, address)
    if scope is not None:
        for value in cookie.devices_in(headers.get("COOKIE") or ""):
            device = devices.opened(scope.cipher, value)
            if device is not None:
                return (SIGN_IN, f"{tenant} known", device.id)
    return (SIGN_IN, tenant, address)


@dataclass(slots=True)
class Line:
    """What waits for a thread. Whoever uses it holds the dispatcher's lock.

    ``most``: so many requests of one tenant have a thread at once. What looks like a deque does so for Waitress.
    """

    most: int
    waiting: OrderedDict[str, Rota[Any]] = field(default_factory=OrderedDict)
    running: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        """How many tenants have something that may begin now."""
        return sum(self._may(name) for name in self.waiting)

    def put(self, path: Path, task: Any) -> None:
        """Let a task wait."""
        self.waiting.setdefault(path[0], Rota()).put(path[1:], task)
        if path[0] == _REFUSED:
            self.waiting.move_to_end(_REFUSED, last=False)  # it takes next to no time

    def popleft(self) -> Any:
        """The next that may begin: the tenants have their turns one after the other."""
        name = next(one for one in self.waiting if self._may(one))
        task = self.waiting[name].next()
        self.waiting.move_to_end(name)
        self._tidy(name)
        self.running[name] += 1
        return task

    def over(self, name: str) -> None:
        """A task of that tenant's has ended."""
        self.running[name] -= 1
        if self.running[name] <= 0:
            del self.running[name]

    def there(self, name: str) -> int:
        """How many of that tenant's are served or wait."""
        return (self.waiting[name].count if name in self.waiting else 0) + self.running[name]

    def give_way(self, path: Path) -> Any | None:
        """Who of the same tenant is sent away for one more from there, None: nobody asks for more than those."""
        if path[0] not in self.waiting:
            return None
        gone = self.waiting[path[0]].give_way(path[1:])
        self._tidy(path[0])
        return gone

    def _may(self, name: str) -> bool:
        return name == _REFUSED or self.running[name] < (_SIGN_INS_AT_ONCE if name == SIGN_IN else self.most)

    def _tidy(self, name: str) -> None:
        if self.waiting[name].count == 0:
            del self.waiting[name]


@dataclass(slots=True)
class _Turn:
    """A request with its tenant: when it is over, the next of that tenant may begin."""

    turns: Turns
    name: str
    task: Any

    def service(self) -> None:
        for request in getattr(self.task, "requests", ()):
            if not hasattr(request, "path"):
                request.path = ""  # Waitress stumbles over it when who sent something unreadable is gone by now
        try:
            self.task.service()
        finally:
            self.turns.over(self.name)

    def cancel(self) -> None:
        self.task.cancel()


class Turns(ThreadedTaskDispatcher):  # type: ignore[misc]  # Waitress has no types
    """Waitress's dispatcher with a line a tenant. ``whose`` tells of a request whom it is for."""

    def __init__(self, threads: int, whose: Callable[[Any], Path]) -> None:
        super().__init__()
        self._whose = whose
        self.queue = Line(max(threads // 2, 1))
        self._most = self.queue.most + threads * _WAITING_PER_THREAD

    def add_task(self, task: Any) -> None:
        """Let a request wait for its turn, or have one refused where too many of its tenant's wait."""
        path = (_REFUSED,) if task.requests[0].error else self._whose(task.requests[0])
        with self.lock:
            if path[0] != _REFUSED and self.queue.there(path[0]) >= self._room(path[0]):
                gone = self.queue.give_way(path)
                if gone is None:
                    path = (_REFUSED,)
                    _refuse(task)
                else:
                    _refuse(gone.task)
                    self._put((_REFUSED,), gone.task)
            self._put(path, task)

    def over(self, name: str) -> None:
        """A request has been served."""
        with self.lock:
            self.queue.over(name)
            self.queue_cv.notify()

    def _put(self, path: Path, task: Any) -> None:
        self.queue.put(path, _Turn(self, path[0], task))
        self.queue_cv.notify()

    def _room(self, name: str) -> int:
        return _SIGN_INS_AT_ONCE + _SIGN_INS_WAITING if name == SIGN_IN else self._most


def _refuse(task: Any) -> None:
    task.requests[0].error = TooManyAtOnce("Too much is asked at once at this address; try again in a second.")
