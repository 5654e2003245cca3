"""Shares the threads that serve requests between tenants, so that none takes them all; it must not serve anything.

Waitress hands each request to whichever thread is free. Here a tenant has at most its part of the threads; what it asks
beyond that waits, with a bound, in a line of its own and holds no thread. So another tenant's next request finds one.
Within a tenant each address has its turn, and whatever tenants one asks for, a quarter of the threads is left to other
addresses. Sign-ins, which take a good part of a second of a core each, wait apart from all else: by tenant, then by
address, and whoever signed in on that device before waits for no stranger.

Before anything is spent an address, and a key, are held to a rate. What is beyond it is sent away by the thread that
reads all connections.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import SecretStr
from waitress.task import ThreadedTaskDispatcher

from server.services import devices, tries
from server.services.scope import TenantScope
from server.web import caller, cookie, tenancy
from server.web.rates import Rate, Rates
from server.web.rota import Rota
from server.web.too_much import Refusal, TooManyAtOnce, answer_at_once, unreadable
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
_OF_ADDRESS: Final = Rate(200, 1000)
"""Everybody behind one proxy has one address: this is what a company with hundreds of open panels asks, and more."""
_OF_KEY: Final = Rate(100, 500)
_OF_DEVICE: Final = Rate(50, 200)
_TOO_MUCH: Final = "Too much is asked at once at this address; try again in a second."
_TOO_OFTEN: Final = "Too much is asked from your address; try again in a second."
_TOO_OFTEN_BY_KEY: Final = "Too much is asked with this key; try again in a second."


Path = tuple[str, ...]
"""The line in which a request waits, and the lines within it."""


def whose(request: Any, node: Node) -> Path:
    """Whom a request is for, as its first lines say it, and from where it comes. It says nothing of whether it may."""
    if request.path.startswith("/-/node/"):
        return (NODE,)
    scope = _scope(request, node)
    tenant = STRANGERS if scope is None else scope.name
    address = tries.network(caller.address_of(request.headers, "", node.settings.web.gateway_secret))
    if request.command != "POST" or not request.path.endswith(_DOOR):
        return (tenant, address)
    device = _device(request, scope)
    return (SIGN_IN, f"{tenant} known", device) if device else (SIGN_IN, tenant, address)


def known_device(request: Any, node: Node) -> str:
    """The device that a request comes from if somebody signed in on it to the tenant that it is for; else empty."""
    return _device(request, _scope(request, node))


def _scope(request: Any, node: Node) -> TenantScope | None:
    headers = request.headers
    named = headers.get("X_LOCKSTEP_TENANT") or ""
    name = tenancy.for_whom(request.path, named, headers.get("HOST") or "", node.settings)
    return node.cluster.known(name) if name else None


def _device(request: Any, scope: TenantScope | None) -> str:
    if scope is None:
        return ""
    opened = (devices.opened(scope.cipher, one) for one in cookie.devices_in(request.headers.get("COOKIE") or ""))
    return next((device.id for device in opened if device is not None), "")


class Gate:
    """Who asks too often: by address, and by the key that is shown, before anybody looks whether it is one.

    A process of this host that comes past the gateway has no address, and is not counted by one. ``device`` tells of a
    request from where somebody signed in before: that goes on at a rate of its own while others use up its address's.
    """

    def __init__(self, secret: SecretStr, device: Callable[[Any], str]) -> None:
        self._secret, self._device = secret, device
        self._addresses, self._keys, self._devices = Rates(_OF_ADDRESS), Rates(_OF_KEY), Rates(_OF_DEVICE)

    def __call__(self, request: Any) -> TooManyAtOnce | None:
        """Why the request is sent away; None if it may go on."""
        headers = request.headers
        address = caller.address_of(headers, "", self._secret)
        wait = self._addresses.wait(tries.network(address)) if address else 0
        if wait and not self._is_known(request):
            return TooManyAtOnce(_TOO_OFTEN, wait)
        key = headers.get("AUTHORIZATION")
        if key and not request.path.startswith("/-/node/"):
            wait = self._keys.wait(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest())
            return TooManyAtOnce(_TOO_OFTEN_BY_KEY, wait) if wait else None
        return None

    def _is_known(self, request: Any) -> bool:
        device = self._device(request)
        return bool(device) and self._devices.wait(device) == 0


def everybody(_: Any) -> None:
    """A gate that is open."""


@dataclass(slots=True)
class Line:
    """What waits for a thread. Whoever uses it holds the dispatcher's lock.

    ``most``: so many requests of one tenant have a thread at once, ``most_of_address`` of one address, of whatever
    tenants. What looks like a deque does so for Waitress.
    """

    most: int
    most_of_address: int = sys.maxsize
    waiting: OrderedDict[str, Rota[tuple[str, Any]]] = field(default_factory=OrderedDict)
    running: Counter[str] = field(default_factory=Counter)
    of_address: Counter[str] = field(default_factory=Counter)
    full: set[str] = field(default_factory=set)
    """Addresses that have as many threads as they may."""

    def __len__(self) -> int:
        """How many tenants have something that may begin now."""
        return sum(self._may(name) for name in self.waiting)

    def put(self, path: Path, task: Any) -> None:
        """Let a task wait."""
        self.waiting.setdefault(path[0], Rota()).put(path[1:], (_address_in(path), task))
        if path[0] == _REFUSED:
            self.waiting.move_to_end(_REFUSED, last=False)  # it takes next to no time

    def popleft(self) -> Any:
        """The next that may begin: the tenants have their turns one after the other."""
        name = next(one for one in self.waiting if self._may(one))
        address, task = self.waiting[name].next(self.full)
        if address:
            self._begins(address)
        self.waiting.move_to_end(name)
        self._tidy(name)
        self.running[name] += 1
        return task

    def over(self, name: str, address: str = "") -> None:
        """A task of that tenant's, from that address, has ended."""
        if address:
            self._ends(address)
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
        return None if gone is None else gone[1]

    def _may(self, name: str) -> bool:
        if name == _REFUSED:
            return True
        most = _SIGN_INS_AT_ONCE if name == SIGN_IN else self.most
        return self.running[name] < most and self.waiting[name].has_next(self.full)

    def _begins(self, address: str) -> None:
        self.of_address[address] += 1
        if self.of_address[address] >= self.most_of_address:
            self.full.add(address)

    def _ends(self, address: str) -> None:
        self.full.discard(address)
        self.of_address[address] -= 1
        if self.of_address[address] <= 0:
            del self.of_address[address]

    def _tidy(self, name: str) -> None:
        if self.waiting[name].count == 0:
            del self.waiting[name]


def _address_in(path: Path) -> str:
    """From where a request comes that is counted by that; sign-ins have few threads as it is."""
    return path[1] if len(path) > 1 and path[0] != SIGN_IN else ""


@dataclass(slots=True)
class _Turn:
    """A request with its tenant: when it is over, the next of that tenant may begin."""

    turns: Turns
    path: Path
    task: Any

    def service(self) -> None:
        for request in getattr(self.task, "requests", ()):
            if not hasattr(request, "path"):
                request.path = ""  # Waitress stumbles over it when who sent something unreadable is gone by now
        try:
            self.task.service()
        finally:
            self.turns.over(self.path)

    def cancel(self) -> None:
        self.task.cancel()


class Turns(ThreadedTaskDispatcher):  # type: ignore[misc]  # Waitress has no types
    """Waitress's dispatcher with a line a tenant.

    ``whose`` tells of a request whom it is for, ``gate`` which are sent away before that.
    """

    def __init__(
        self, threads: int, whose: Callable[[Any], Path], gate: Callable[[Any], Refusal | None] = everybody
    ) -> None:
        super().__init__()
        self._whose, self._gate = whose, gate
        self.queue = Line(max(threads // 2, 1), max(threads * 3 // 4, 1))
        self._most = self.queue.most + threads * _WAITING_PER_THREAD

    def add_task(self, task: Any) -> None:
        """Let a connection's next request wait for its turn, or send it away. Waitress holds the connection's lock."""
        while task.requests:
            refusal = self._let_in(task, task.requests[0])
            if refusal is None:
                return
            answer_at_once(task, refusal)

    def over(self, path: Path) -> None:
        """A request has been served."""
        with self.lock:
            self.queue.over(path[0], _address_in(path))
            self.queue_cv.notify()

    def _let_in(self, task: Any, request: Any) -> Refusal | None:
        if request.error:
            request.error = unreadable(request.error)
            with self.lock:
                self._put((_REFUSED,), task)
            return None
        refusal = self._gate(request)
        return refusal or self._line_up(self._whose(request), task)

    def _line_up(self, path: Path, task: Any) -> Refusal | None:
        with self.lock:
            if self.queue.there(path[0]) >= self._room(path[0]):
                gone = self.queue.give_way(path)
                if gone is None:
                    return TooManyAtOnce(_TOO_MUCH)
                gone.task.requests[0].error = TooManyAtOnce(_TOO_MUCH)
                self._put((_REFUSED,), gone.task)
            self._put(path, task)
        return None

    def _put(self, path: Path, task: Any) -> None:
        self.queue.put(path, _Turn(self, path, task))
        self.queue_cv.notify()

    def _room(self, name: str) -> int:
        return _SIGN_INS_AT_ONCE + _SIGN_INS_WAITING if name == SIGN_IN else self._most
