"""The end of a request's time: its connection is shut down, wherever the request waits; it must not send or read.

A socket's own time-out begins anew with each byte, so an app that sends one now and then holds its caller for ever, in
the answer's head, its body, or the beginning of TLS. One thread of the process looks at all requests under way, once a
second; while there are none it sleeps.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Final, Self

_LOOK_SECONDS: Final = 1.0


class Cord:
    """A second handle of a connection's socket, by which another thread can shut it down, and only it.

    It is closed with the last that holds it: the connection lets go when it is closed, a request when it is over.
    """

    __slots__ = ("_socket",)

    def __init__(self, connected: socket.socket) -> None:
        self._socket = socket.socket(fileno=os.dup(connected.fileno()))

    def __del__(self) -> None:
        if hasattr(self, "_socket"):
            self._socket.close()

    def pull(self) -> None:
        """Whoever waits for the connection is told that it has ended."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class Deadline:
    """The time of one request; a context that ends with it. ``expired``: it was over, and the connection shut down."""

    __slots__ = ("_at", "_cord", "_lock", "expired")

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._cord: Cord | None = None
        self._lock = threading.Lock()
        self.expired = False
        _watch.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def hold(self, cord: Cord) -> None:
        """From now on the request waits on this connection."""
        with self._lock:
            self._cord = cord
            if self.expired:
                cord.pull()

    def extend(self, seconds: float) -> None:
        """Give it more time. For the request's own thread."""
        self._at += seconds

    def end(self) -> None:
        """The request is over: the connection is another's from now on."""
        with self._lock:
            self._cord = None
        _watch.remove(self)

    def look(self, now: float) -> bool:
        """Whether its time is over; then its connection is shut down."""
        if now < self._at:
            return False
        with self._lock:
            self.expired = True
            if self._cord is not None:
                self._cord.pull()
        return True


class _Watch:
    """Looks at the deadlines under way."""

    def __init__(self) -> None:
        self._under_way: dict[int, Deadline] = {}
        self._some = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, one: Deadline) -> None:
        self._under_way[id(one)] = one
        if not self._some.is_set():
            self._begin()

    def remove(self, one: Deadline) -> None:
        self._under_way.pop(id(one), None)

    def _begin(self) -> None:
        with self._lock:
            self._some.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._some.wait()
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            for one in list(self._under_way.values()):
                if one.look(now):
                    self.remove(one)
            with self._lock:
                if not self._under_way:
                    self._some.clear()
                if self._under_way:  # begun in between, by a thread that still saw us awake
                    self._some.set()


_watch: Final = _Watch()
