"""Apps that answer without end: each request has its time, and each answer its size, whatever the app says of it."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

import pytest

from server.connectors.bounds import MEGABYTE, Bounds
from server.connectors.http import HttpOutlet
from server.connectors.room import Limits, Room
from server.domain.errors import Crammed, LostAnswer, TooLarge, Transient
from server.domain.json_text import DEEPEST

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BRISK = Bounds(seconds=0.5, answer=64 * 1024, file=1024 * 1024, file_rate=1024 * 1024)
LONG = b"x" * 65536
Asking = Callable[..., HttpOutlet]


class Endless:
    """Reads a request and then does what it was told with the connection, until it is told to stop."""

    def __init__(self, act: Callable[[socket.socket, threading.Event], None], *, listens: bool = True) -> None:
        self.stopped = threading.Event()
        self.ended = threading.Event()
        self._act, self._listens = act, listens
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                try:
                    if self._listens:
                        connection.recv(65536)
                    self._act(connection, self.stopped)
                except OSError:
                    self.ended.set()  # we were hung up on


def drips(*first: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Something at once, and then a byte now and then: no time-out between two of them ever comes."""

    def act(connection: socket.socket, stopped: threading.Event) -> None:
        for piece in first:
            connection.sendall(piece)
        while not stopped.wait(0.1):
            connection.sendall(b"x")

    return act


def pours(first: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """More and more, as fast as it is taken."""

    def act(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(first)
        while not stopped.is_set():
            connection.sendall(LONG)

    return act


@pytest.fixture
def asking() -> Iterator[Asking]:
    opened: list[HttpOutlet] = []

    def ask(url: str, bounds: Bounds = BRISK) -> HttpOutlet:
        opened.append(HttpOutlet(url, bounds=bounds))
        return opened[-1]

    yield ask
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    "first",
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ",),
        (HEAD + b"Content-Length: 100000\r\n\r\n",),
        (HEAD + b"\r\n",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n",),
    ],
)
def test_a_request_ends_with_its_time_wherever_the_answer_drips(first: tuple[bytes, ...], asking: Asking) -> None:
    with Endless(drips(*first)) as app:
        with pytest.raises(Transient, match=r"in full within 0\.5 seconds") as caught:
            asking(app.url).request("GET", "/")
        assert not caught.value.spoilt, "to ask again at once would take as long once more"
        assert app.ended.wait(5), "the connection is still open"
        with pytest.raises(LostAnswer, match="looked up"):
            asking(app.url).request("POST", "/", json={})


def test_a_write_that_nobody_reads_ends_with_its_time(asking: Asking) -> None:
    def act(_: socket.socket, stopped: threading.Event) -> None:
        stopped.wait()

    with Endless(act) as app, pytest.raises(LostAnswer):
        asking(app.url).request("POST", "/", data=iter([LONG] * 1000))


def test_the_beginning_of_tls_ends_with_its_time(asking: Asking) -> None:
    with (
        Endless(drips(b"\x16\x03\x03\x40\x00"), listens=False) as app,
        pytest.raises(Transient, match=r"in full within 0\.5 seconds|took too long"),
    ):
        asking(app.url.replace("http:", "https:")).request("GET", "/")


def test_a_file_ends_with_its_time(asking: Asking) -> None:
    with Endless(drips(HEAD + b"Content-Length: 100000\r\n\r\n")) as app, pytest.raises(Transient, match="in full"):
        list(asking(app.url).stream("/file"))


def test_a_file_that_goes_on_coming_has_the_time_it_needs(asking: Asking) -> None:
    size = 20 * 65536

    def act(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(LONG)):
            stopped.wait(0.1)
            connection.sendall(LONG)

    patient = Bounds(seconds=1.0, file=2 * size, file_rate=65536)
    with Endless(act) as app:
        assert sum(map(len, asking(app.url, patient).stream("/file"))) == size


@pytest.mark.parametrize(
    "first",
    [
        HEAD + b"Content-Length: 4000000000\r\n\r\n",
        HEAD + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    ],
)
def test_an_answer_without_end_is_not_read_to_its_end(first: bytes, asking: Asking) -> None:
    with Endless(pours(first)) as app:
        with pytest.raises(TooLarge, match=r"more than 0\.0625 MB") as caught:
            asking(app.url).request("GET", "/")
        assert "Largest answer" in caught.value.message
        with pytest.raises(LostAnswer, match="looked up"):
            asking(app.url).request("POST", "/", json={})
        with pytest.raises(TooLarge, match="more than 1 MB"):
            list(asking(app.url).stream("/file"))


def test_a_small_answer_that_unpacks_to_a_large_one_is_never_unpacked(asking: Asking) -> None:
    bomb = gzip.compress(b" " * 200 * MEGABYTE, compresslevel=1)
    answer = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb

    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(answer)

    roomy = Bounds(answer=2 * MEGABYTE, file=2 * MEGABYTE)
    with Endless(act) as app:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                asking(app.url, roomy).request("GET", "/")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8 * MEGABYTE
        with pytest.raises(TooLarge):
            list(asking(app.url, roomy).stream("/file"))


@pytest.mark.parametrize("levels", [DEEPEST + 1, 5000])
@pytest.mark.parametrize("shape", [(b"[", b"]"), (b'{"a":', b"}")])
def test_data_of_many_levels_is_refused(levels: int, shape: tuple[bytes, bytes], asking: Asking) -> None:
    opening, closing = shape
    body = opening * levels + b"1" + closing * levels

    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Endless(act) as app:
        with pytest.raises(TooLarge, match="levels"):
            asking(app.url).request("GET", "/")
        with pytest.raises(LostAnswer):
            asking(app.url).request("POST", "/", json={})


def test_brackets_within_words_are_no_levels(asking: Asking) -> None:
    body = b'{"text": "' + b"[" * 300 + b"]" * 300 + b'", "odd": "]]}}[[", "more": [[1], {"a": []}]}'

    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Endless(act) as app:
        assert asking(app.url).request("GET", "/").json()["text"] == "[" * 300 + "]" * 300


def test_the_next_request_on_a_kept_connection_has_its_own_time(asking: Asking) -> None:
    def act(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        connection.recv(65536)
        stopped.wait(1.2)  # longer than the first request had in all
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]")

    with Endless(act) as app:
        outlet = asking(app.url, Bounds(seconds=2.0))
        assert outlet.request("GET", "/").json() == {}
        assert outlet.request("GET", "/").json() == []


def test_an_answer_in_countless_small_pieces_takes_no_more_than_one_in_one(asking: Asking) -> None:
    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 300_000 + b"2\r\n[]\r\n0\r\n\r\n"
        )

    with Endless(act) as app:
        tracemalloc.start()
        try:
            assert asking(app.url, Bounds(answer=2 * MEGABYTE)).request("GET", "/").json() == []
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8 * MEGABYTE


def test_what_stands_around_the_pieces_counts_too(asking: Asking) -> None:
    chunk = b"1;" + b"x" * 10_000 + b"\r\n \r\n"
    with (
        Endless(pours(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100)) as app,
        pytest.raises(TooLarge, match=r"more than 0\.0625 MB"),
    ):
        asking(app.url).request("GET", "/")


@pytest.mark.parametrize("value", [b"[],", b'{"a":1},', b"1,"])
def test_more_values_than_can_be_held_are_not_read(value: bytes, asking: Asking) -> None:
    body = b"[" + value * 2_100_000 + b"0]"

    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Endless(act) as app:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge, match="held in memory"):
                asking(app.url, Bounds()).request("GET", "/")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2 * len(body) + 4 * MEGABYTE


def test_an_answer_beside_what_the_tenant_holds_waits_and_is_told() -> None:
    body = b'["' + b"x" * 400_000 + b'"]'

    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    room = Room(Limits(tenant=2_600_000, whole=5_000_000, little=10_000, patience=0.2))
    with Endless(act) as app:
        outlets = {tenant: HttpOutlet(app.url, hold=partial(room.of, tenant)) for tenant in ("a", "b")}
        first = outlets["a"].request("GET", "/")
        kept = outlets["a"].request("GET", "/")
        with pytest.raises(Crammed, match="as much of the memory"):
            outlets["a"].request("GET", "/")
        with pytest.raises(LostAnswer, match="looked up"):
            outlets["a"].request("POST", "/", json={})
        assert outlets["b"].request("GET", "/").content == body
        del first
        assert outlets["a"].request("GET", "/").content == kept.content
        for one in outlets.values():
            one.close()
