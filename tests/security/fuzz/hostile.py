"""An app that answers with what no app should: spoilt, torn, packed, endless, in crumbs, late; it must not judge."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import requests

from tests.security.fuzz import drawn
from tests.security.fuzz.law import MEGABYTE, Siege

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_BOMB = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]", compresslevel=1)
_CHUNK = b"1\r\n \r\n" * 10_000


@dataclass(slots=True)
class HostileApp:
    """Stands before an app, if there is one (``behind``: its address), and spoils most of what it answers."""

    behind: str
    siege: Siege
    draw: random.Random
    honest: float
    _listening: socket.socket = field(init=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        """Until ``end``."""
        while not self._over.is_set():
            with suppress(OSError):
                caller, _ = self._listening.accept()
                threading.Thread(target=self._talk, args=(caller,), daemon=True).start()

    def end(self) -> None:
        """Serve no more."""
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _talk(self, caller: socket.socket) -> None:
        with caller, suppress(OSError, ValueError, requests.RequestException):
            caller.settimeout(10)
            asked = caller.recv(65536)
            with self._lock:
                draw = drawn.at_random(self.draw.random())
            answer = self._real(asked)
            if draw.random() < self.honest:
                caller.sendall(_whole(answer or b"{}"))
                return
            spoil = draw.choice(_WAYS)
            with self.siege._lock:
                self.siege.answers[spoil.__name__.strip("_")] += 1
            for piece in spoil(draw, answer):
                if self._over.is_set():
                    return
                caller.sendall(piece)

    def _real(self, asked: bytes) -> bytes:
        if not self.behind:
            return b'{"issues": [], "items": [], "data": {"collection": []}, "users": [], "total_count": 1}'
        head, _, body = asked.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(one.split(": ", 1) for one in lines)
        headers.pop("Accept-Encoding", None)
        return requests.request(method, self.behind + target, data=body, headers=headers, timeout=5).content


def _whole(content: bytes, more: bytes = b"") -> bytes:
    return _HEAD + more + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def _spoilt(draw: random.Random, answer: bytes) -> Iterator[bytes]:
    yield _whole(drawn.dumped(draw, drawn.spoilt(draw, json.loads(answer or b"{}"))))


def _anything(draw: random.Random, _: bytes) -> Iterator[bytes]:
    yield _whole(drawn.dumped(draw, drawn.value(draw)))


def _torn(draw: random.Random, answer: bytes) -> Iterator[bytes]:
    yield drawn.torn(draw, _whole(answer))


def _cut(draw: random.Random, answer: bytes) -> Iterator[bytes]:
    yield _whole(answer)[: draw.randrange(len(answer) + 80)]


def _bomb(draw: random.Random, _: bytes) -> Iterator[bytes]:
    yield _whole(_BOMB, b"Content-Encoding: " + draw.choice((b"gzip", b"gzip, gzip", b"deflate")) + b"\r\n")


def _values(draw: random.Random, _: bytes) -> Iterator[bytes]:
    pattern = draw.choice((b"[],", b'{"a":1},', b"0,", b'"ab",', b'{"id":"1","name":"x"},'))
    yield _whole(b'{"items":[' + pattern * (draw.randrange(30 * MEGABYTE) // len(pattern)) + b"0]}")


def _long(draw: random.Random, _: bytes) -> Iterator[bytes]:
    yield _HEAD + draw.choice(
        (b"\r\n", b"Content-Length: 4000000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n")
    )
    for _piece in range(draw.randrange(20, 1000)):
        yield b'"' + b"x" * 65536


def _crumbs(draw: random.Random, _: bytes) -> Iterator[bytes]:
    yield _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for _piece in range(draw.randrange(1, 200)):
        yield _CHUNK


def _deep(draw: random.Random, _: bytes) -> Iterator[bytes]:
    levels = draw.choice((101, 1000, 100_000, 5_000_000))
    yield _whole(b"[" * levels + draw.choice((b"", b"]" * levels)))


def _headers(draw: random.Random, answer: bytes) -> Iterator[bytes]:
    name = draw.choice(
        (b"Date", b"Retry-After", b"RateLimit", b"Link", b"Set-Cookie", b"X-RateLimit-Reset", b"Location")
    )
    said = drawn.text(draw).encode("utf-8", "replace").replace(b"\n", b"").replace(b"\r", b"")
    status = draw.choice(
        (b"200", b"302", b"429", b"401", b"403", b"404", b"410", b"500", b"503", b"100", b"204", b"999")
    )
    yield (
        b"HTTP/1.1 %s X\r\n%s: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % (status, name, said, len(answer))
        + answer
    )


def _late(draw: random.Random, answer: bytes) -> Iterator[bytes]:
    for one in _whole(answer)[:200]:
        threading.Event().wait(draw.random() / 2)
        yield bytes([one])


_WAYS: tuple[Callable[[random.Random, bytes], Iterator[bytes]], ...] = (
    *(_spoilt, _spoilt, _spoilt, _anything, _torn, _cut, _headers, _deep, _late),
    *(_bomb, _values, _long, _crumbs),
)


@contextmanager
def hostile(behind: str, siege: Siege, seed: str, honest: float) -> Iterator[HostileApp]:
    """A hostile app that serves until the end of the context."""
    app = HostileApp(behind, siege, drawn.at_random(seed), honest)
    threading.Thread(target=app.serve, daemon=True).start()
    try:
        yield app
    finally:
        app.end()
