"""Apps that hang, each in its way: a byte now and then, no answer at all, nothing even read; they must not answer."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from typing import Final

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
_EVERY: Final = 2.0
"""Seconds between two bytes: a time-out between two pieces of an answer never ends it."""
WAYS: Final = ("drips", "is silent", "reads nothing")


class HungApps:
    """Some apps on loopback, of all three ways in turn, served by one thread."""

    def __init__(self, count: int, stack: ExitStack) -> None:
        self._stack = stack
        self._ears = selectors.DefaultSelector()
        stack.callback(self._ears.close)
        self._dripping: dict[socket.socket, Iterator[int]] = {}
        self._over = threading.Event()
        self.urls: list[str] = []
        for _, way in zip(range(count), cycle(WAYS), strict=False):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            listening.setblocking(False)
            self._ears.register(listening, selectors.EVENT_READ, way)
            self.urls.append(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def serve(self) -> None:
        """Until ``end``."""
        dripped = time.monotonic()
        while not self._over.is_set():
            for key, _ in self._ears.select(0.1):
                heard = key.fileobj
                assert isinstance(heard, socket.socket)
                if heard in self._dripping or key.data == "heard":
                    self._hear(heard)
                else:
                    self._greet(heard, key.data)
            if time.monotonic() - dripped >= _EVERY:
                dripped = time.monotonic()
                self._drip()

    def end(self) -> None:
        """Serve no more."""
        self._over.set()

    def _greet(self, listening: socket.socket, way: str) -> None:
        caller, _ = listening.accept()
        self._stack.enter_context(caller)
        caller.setblocking(False)
        if way == "drips":
            self._dripping[caller] = cycle(_HEAD)
        if way != "reads nothing":
            self._ears.register(caller, selectors.EVENT_READ, "heard")

    def _hear(self, caller: socket.socket) -> None:
        with suppress(BlockingIOError):
            try:
                there = caller.recv(65536)
            except ConnectionError:
                there = b""
            if not there:
                self._ears.unregister(caller)
                self._dripping.pop(caller, None)

    def _drip(self) -> None:
        for caller, rest in self._dripping.items():
            with suppress(OSError):
                caller.send(bytes([next(rest)]))


@contextmanager
def hung_apps(count: int) -> Iterator[list[str]]:
    """So many apps that hang; their addresses."""
    with ExitStack() as stack:
        apps = HungApps(count, stack)
        thread = threading.Thread(target=apps.serve, daemon=True)
        thread.start()
        try:
            yield apps.urls
        finally:
            apps.end()
            thread.join(10)
