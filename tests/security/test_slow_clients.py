"""Strangers who send or read a byte now and then, and thousands who hold a connection: others are served meanwhile."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import psutil
import pytest

from tests.chaos.panel import PASSWORD, Panel, wait_until
from tests.security.edge import Edge

pytestmark = pytest.mark.postgres

BODY = b"POST /api/v1/session HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
HEAD = b"GET /api/v1/session HTTP/1.1\r\nHost: %s\r\nX-Slow: "
WHOLE = b"GET /-/node/health HTTP/1.1\r\nHost: %s\r\n\r\n"
_PORTS_OF_AN_ADDRESS = 2_500
_SLOWEST = 5.0
"""Seconds in which another client is answered on a machine with other work to do; calm it takes a hundredth."""


@contextmanager
def room_for(files: int) -> Iterator[None]:
    """This process may open so many files meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, before[0]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Strangers:
    """Many connections of one kind; each sends a byte a second, and reads nothing unless it was asked to."""

    def __init__(self, port: int, count: int, first: bytes, *, drips: bool = True) -> None:
        self._port, self._count, self._first, self._drips = port, count, first, drips
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self) -> Self:
        for _ in range(self._count):
            source = f"127.0.0.{1 + len(self._sockets) // _PORTS_OF_AN_ADDRESS}"
            one = socket.create_connection(("127.0.0.1", self._port), timeout=30, source_address=(source, 0))
            one.sendall(self._first)
            one.setblocking(False)
            self._sockets.append(one)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=10)
        for one in self._sockets:
            one.close()

    def waiting(self) -> int:
        """How many of them are still waited for: neither refused nor hung up on."""
        return sum(_is_waited_for(one) for one in self._sockets)

    def _drip(self) -> None:
        while self._drips and not self._over.wait(1.0):
            for one in self._sockets:
                try:
                    one.send(b"x")
                except OSError:
                    continue  # it was hung up on


def _is_waited_for(one: socket.socket) -> bool:
    try:
        one.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def answered(panel: Panel, times: int = 20) -> float:
    """How long the slowest of some requests took, all of which must succeed."""
    slowest = 0.0
    for _ in range(times):
        begun = time.monotonic()
        assert panel.answer("GET", "/session").status_code == 200
        slowest = max(slowest, time.monotonic() - begun)
    return slowest


def test_bodies_that_never_come_whole_never_reach_the_cluster(edge: Edge) -> None:
    visitor = edge.panel
    visitor.sign_in()
    with Strangers(edge.gateway.http_port, 520, BODY % edge.host) as strangers:
        assert answered(visitor) < _SLOWEST
        assert len(edge.web.net_connections("tcp")) < 50, "the cluster waits for what the gateway waits for"
        edge.panel.sign_in()
        wait_until(lambda: strangers.waiting() == 0, "the gateway to hang up on all of them")


def test_heads_that_never_come_whole_are_hung_up_on(edge: Edge) -> None:
    visitor = edge.panel
    visitor.sign_in()
    with Strangers(edge.gateway.http_port, 520, HEAD % edge.host) as strangers:
        assert answered(visitor) < _SLOWEST
        wait_until(lambda: strangers.waiting() == 0, "the gateway to hang up on all of them")


def test_strangers_who_do_not_read_keep_nobody_from_being_served(edge: Edge) -> None:
    visitor = edge.panel
    visitor.sign_in()
    with Strangers(edge.gateway.http_port, 300, WHOLE % edge.host * 50, drips=False):
        assert answered(visitor) < _SLOWEST


def test_ten_thousand_connections_on_which_nothing_comes_keep_nobody_from_being_served(edge: Edge) -> None:
    visitor = edge.panel
    visitor.sign_in()
    with room_for(12_000), Strangers(edge.gateway.http_port, 10_000, b"", drips=False) as strangers:
        assert strangers.waiting() > 9_000, "they hold what they hold all at once"
        assert answered(visitor) < _SLOWEST
        edge.panel.sign_in()


@contextmanager
def holding_at_most(process: psutil.Process, files: int) -> Iterator[None]:
    """The process may open so many files meanwhile, as if the account might not open more."""
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (files, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_NOFILE, before)


def test_after_more_connections_than_it_may_hold_the_gateway_serves_again_by_itself(edge: Edge) -> None:
    visitor, gateway = edge.panel, edge.process
    visitor.sign_in()
    with (
        holding_at_most(gateway, gateway.num_fds() + 80),
        Strangers(edge.gateway.http_port, 120, b"", drips=False) as strangers,
    ):
        newcomer = edge.panel  # its first connection waits behind all of theirs
        assert newcomer.once("GET", "/session").status_code == 401
        wait_until(lambda: strangers.waiting() == 0, "the gateway to hang up on all of them")
    assert edge.process == gateway, "the same process"
    assert answered(visitor) < _SLOWEST


def test_a_body_that_is_too_large_is_refused_at_the_gateway(edge: Edge) -> None:
    visitor = edge.panel
    visitor.sign_in()
    huge = {"login": "a" * (5 * 1024 * 1024), "password": PASSWORD}
    told = visitor.answer("POST", "/session", huge)
    assert told.status_code == 413, (told.text, told.headers)
