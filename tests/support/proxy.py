"""A proxy in front of a real app that spoils answers as networks and log-in walls do; it must not judge.

``Fault`` says what may happen to a request. ``choose`` decides which one does: a test names it, a storm draws
it. What people do goes past the proxy.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LOGIN_PAGE = b"<!DOCTYPE html><html><title>Log in</title><body><form>Your session is over.</form></body></html>"
STRANGE_JSON = b'{"session": "over", "login": "/login"}'
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"})
_SLOW_SECONDS = 0.7
_PATIENCE = 120.0


class Fault(StrEnum):
    """What may happen to a request and its answer."""

    NONE = "none"
    SLOW = "slow"
    """The answer takes a moment longer."""
    BUSY = "busy"
    """429, and nothing was done."""
    BROKEN = "broken"
    """503, and nothing was done."""
    BROKEN_AFTER = "broken after"
    """502 in place of the answer; the app did what it was asked."""
    REFUSED = "refused"
    """The connection is closed before the app hears of it."""
    LOST = "lost"
    """The connection is closed when the app has done it."""
    CUT = "cut"
    """The answer ends in its middle, by its own length."""
    HALF = "half"
    """Half of the body, with a length that says that it is all."""
    LOGIN = "login"
    """200 and a page to log in at; the app has heard nothing."""
    LOGIN_AFTER = "login after"
    """200 and a page to log in at, in place of the answer; the app did what it was asked."""
    EMPTY_AFTER = "empty after"
    """200 with no body at all, in place of the answer; the app did what it was asked."""
    EMPTY = "empty"
    """200 with no body at all; the app has heard nothing."""
    ELSEWHERE = "elsewhere"
    """302 to a page to log in at; the app has heard nothing."""
    STRANGE = "strange"
    """200 and JSON of another shape than the app's; the app has heard nothing."""
    STRANGE_AFTER = "strange after"
    """200 and JSON of another shape in place of the answer; the app did what it was asked."""


_UNHEARD = frozenset(
    {Fault.BUSY, Fault.BROKEN, Fault.REFUSED, Fault.LOGIN, Fault.EMPTY, Fault.ELSEWHERE, Fault.STRANGE}
)
"""The app hears nothing of such a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: ``path`` with its query."""

    method: str
    path: str
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether it means to change anything."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


Choice = Callable[[Asked], Fault]
"""What happens to a request; called from several threads."""


def calm(_: Asked) -> Fault:
    """Nothing happens to any request."""
    return Fault.NONE


@dataclass(slots=True)
class Proxy:
    """A running proxy. ``choose`` may be changed at any time; ``happened`` counts what was done to requests."""

    url: str
    choose: Choice = calm
    happened: Counter[Fault] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fate(self, asked: Asked) -> Fault:
        """What happens to this one, counted."""
        with self.lock:
            chosen = self.choose(asked)
            self.happened[chosen] += 1
            return chosen


class _Server(ThreadingHTTPServer):
    """Knows the proxy that it is, and the app behind it."""

    daemon_threads = True

    def __init__(self, netloc: str, choose: Choice) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.netloc = netloc
        self.proxy = Proxy(f"http://127.0.0.1:{self.server_address[1]}", choose)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


_INSTEAD: Mapping[Fault, tuple[int, Mapping[str, str], bytes]] = {
    Fault.BUSY: (429, {"Retry-After": "1"}, b"slow down"),
    Fault.BROKEN: (503, {}, b"down for a moment"),
    Fault.BROKEN_AFTER: (502, {}, b"bad gateway"),
    Fault.LOGIN: (200, {"Content-Type": "text/html; charset=utf-8"}, LOGIN_PAGE),
    Fault.LOGIN_AFTER: (200, {"Content-Type": "text/html; charset=utf-8"}, LOGIN_PAGE),
    Fault.EMPTY: (200, {}, b""),
    Fault.EMPTY_AFTER: (200, {}, b""),
    Fault.ELSEWHERE: (302, {"Location": "/login?back=1"}, b""),
    Fault.STRANGE: (200, {"Content-Type": "application/json"}, STRANGE_JSON),
    Fault.STRANGE_AFTER: (200, {"Content-Type": "application/json"}, STRANGE_JSON),
}
"""What is answered in place of the app; a fault that is not here closes the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        asked = Asked(self.command, self.path, self._body())
        fault = self.server.proxy.fate(asked)
        if fault in _UNHEARD:
            self._instead(fault)
            return
        if fault is Fault.SLOW:
            time.sleep(_SLOW_SECONDS)
        status, headers, body = _ask(self.server.netloc, asked, dict(self.headers.items()))
        if fault in {Fault.NONE, Fault.SLOW} or (fault in {Fault.CUT, Fault.HALF} and not body):
            self._say(status, headers, body)
        elif fault is Fault.CUT:
            self._say(status, headers, body, sent=len(body) // 2)
        elif fault is Fault.HALF:
            self._say(status, headers, body[: len(body) // 2])
        else:
            self._instead(fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle  # noqa: N815 - the library's names

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _instead(self, fault: Fault) -> None:
        if fault in _INSTEAD:
            self._say(*_INSTEAD[fault])
        else:
            self.close_connection = True

    def _say(self, status: int, headers: Mapping[str, str], body: bytes, sent: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:sent])
        self.close_connection = self.close_connection or sent is not None

    def log_message(self, *_: object) -> None: ...


@contextmanager
def standing_before(target: str, choose: Choice = calm) -> Iterator[Proxy]:
    """A proxy on a free port of loopback that passes everything on to ``target`` (an address without a path)."""
    server = _Server(urlsplit(target).netloc, choose)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _ask(netloc: str, asked: Asked, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What the app itself answers. Headers that it repeats are joined, which no app here does with cookies we need."""
    kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | {"host"}}
    for name in {"Origin", "Referer"} & kept.keys():
        kept[name] = kept[name].replace(headers["Host"], netloc)  # an app may serve its own pages alone
    connection = http.client.HTTPConnection(netloc, timeout=_PATIENCE)
    try:
        connection.request(asked.method, asked.path, asked.body or None, kept)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
