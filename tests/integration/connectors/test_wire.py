"""Answers as servers really send them, byte by byte: each is read whole, or said to be cut off."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator

import pytest

from server.connectors.http import HttpOutlet
from server.domain.errors import EgressDenied, LostAnswer, PutRight, Transient


class Canned:
    """Answers each request with the next bytes it was given; without any left it closes the connection."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, ...]] = []
        self.asked: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        while (request := _request(connection)) and self.answers:
            self.asked.append(request)
            for piece in self.answers.pop(0):
                if piece == HANG_UP:
                    return
                connection.sendall(piece)


HANG_UP = b"hang up"


def _request(connection: socket.socket) -> bytes:
    """One request whose body, if any, comes with its head."""
    whole = b""
    while b"\r\n\r\n" not in whole:
        piece = connection.recv(65536)
        if not piece:
            return b""
        whole += piece
    return whole


@pytest.fixture
def app() -> Iterator[Canned]:
    canned = Canned()
    yield canned
    canned.close()


@pytest.fixture
def outlet(app: Canned) -> Iterator[HttpOutlet]:
    opened = HttpOutlet(app.url)
    yield opened
    opened.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b'Content-Length: 11\r\n\r\n{"ok": "a"}',),
        (HEAD + b'Content-Length: 11\r\n\r\n{"ok"', b': "a"}'),
        (HEAD[:30], HEAD[30:] + b"Content-Length: 11\r", b'\n\r\n{"ok": "a"}'),
        (HEAD + b'Transfer-Encoding: chunked\r\n\r\n6;x=y\r\n{"ok":\r\n5\r\n "a"}\r\n0\r\n\r\n',),
        (HEAD + b'Transfer-Encoding: Chunked\r\n\r\nb\r\n{"ok"', b': "a"}\r\n', b"0\r\nTrailer: x\r\n\r\n"),
        (HEAD + b'Content-Length: 11\r\nX-Folded: one\r\n two\r\n\r\n{"ok": "a"}',),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b'content-length:11\r\n\r\n{"ok": "a"}',),
        (b'HTTP/1.1 200 OK\nContent-Length: 11\n\n{"ok": "a"}',),
        (b'HTTP/1.0 200\r\nContent-Length: 11\r\nConnection: Keep-Alive\r\n\r\n{"ok": "a"}',),
    ],
    ids=["at once", "in two", "in three", "chunked", "late chunks", "folded", "after continue", "bare lines", "1.0"],
)
def test_an_answer_is_read_whole_and_the_connection_is_kept(
    app: Canned, outlet: HttpOutlet, pieces: tuple[bytes, ...]
) -> None:
    app.answers = [pieces] * 3
    for _ in range(3):
        assert outlet.request("POST", "/", json={}).json() == {"ok": "a"}
    assert app.connections == 1


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b'\r\n{"ok": "a"}', HANG_UP),
        (HEAD + b'Connection: close\r\nContent-Length: 11\r\n\r\n{"ok": "a"}',),
        (b'HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\n{"ok": "a"}',),
        (HEAD + b'Content-Length: 11\r\n\r\n{"ok": "a"}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',),
    ],
    ids=["no length", "close", "1.0", "more than was asked for"],
)
def test_a_connection_that_is_at_its_end_is_not_used_again(
    app: Canned, outlet: HttpOutlet, pieces: tuple[bytes, ...]
) -> None:
    app.answers = [pieces] * 3
    for _ in range(3):
        assert outlet.request("POST", "/", json={}).json() == {"ok": "a"}
    assert app.connections == 3


def test_what_follows_an_answer_changes_nothing_of_it(app: Canned, outlet: HttpOutlet) -> None:
    second = b"HTTP/1.1 500 Never Asked\r\nX-Real: no\r\nContent-Length: 2\r\n\r\nno"
    app.answers = [(HEAD + b'X-Real: yes\r\nContent-Length: 11\r\n\r\n{"ok": "a"}' + second,)]
    reply = outlet.request("GET", "/")
    assert (reply.status, reply.headers["x-real"], reply.json()) == (200, "yes", {"ok": "a"})


def test_a_packed_answer_is_unpacked(app: Canned, outlet: HttpOutlet) -> None:
    packed = gzip.compress(b'{"ok": "a"}')
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    app.answers = [(head + packed,), (head + b"x" * len(packed),)]
    assert outlet.request("GET", "/").json() == {"ok": "a"}
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/", json={})


def test_an_answer_without_a_body_is_not_waited_for(app: Canned, outlet: HttpOutlet) -> None:
    app.answers = [(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",), (HEAD + b"Content-Length: 5\r\n\r\n",)]
    assert outlet.request("DELETE", "/").status == 204
    assert outlet.request("HEAD", "/").status == 200
    assert app.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b'Content-Length: 12\r\n\r\n{"ok": "a"}',
        HEAD + b"Content-Length: minus one\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nb\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        HEAD + b"Transfer-Encoding: br\r\n\r\n{}",
    ],
)
def test_an_answer_that_is_not_whole_is_never_taken_for_one(app: Canned, outlet: HttpOutlet, answer: bytes) -> None:
    app.answers = [(answer, HANG_UP)] * 2
    with pytest.raises(Transient, match="middle") as caught:
        outlet.request("GET", "/")
    assert type(caught.value) is Transient
    with pytest.raises(LostAnswer, match="looked up"):
        outlet.request("PUT", "/", json={})
    assert len(app.asked) == 2


def test_headers_are_found_by_any_case_and_repeated_ones_are_joined(app: Canned, outlet: HttpOutlet) -> None:
    app.answers = [(HEAD + b"ETag: x\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",)]
    headers = outlet.request("GET", "/", headers={"Accept": "*/*"}).headers
    assert headers["etag"] == headers.get("ETAG") == "x"
    assert headers["Set-Cookie"] == "a=1, b=2"
    assert headers.get("X-None") is None
    assert dict(headers)["ETag"] == "x"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "a\r\nX-Other: b"},
        {"X-Key": "a\nb"},
        {"X-Key\r\nX-Other": "a"},
        {"X Key": "a"},
        {"X-Key": "a\0"},
        {"X-Key": "klucz-ł"},
    ],
)
def test_a_header_cannot_bring_another_one(app: Canned, outlet: HttpOutlet, headers: dict[str, str]) -> None:
    with pytest.raises(PutRight, match="cannot be sent") as caught:
        outlet.request("POST", "/", headers=headers, json={})
    assert "Other" not in str(caught.value)
    assert app.connections == 0


def test_a_path_is_quoted_once(app: Canned, outlet: HttpOutlet) -> None:
    app.answers = [(HEAD + b"Content-Length: 2\r\n\r\n{}",)] * 2
    outlet.request("GET", "/Größe und\r\nX-Key: 1?r=%20%41#end", params={"s": "ä b"})
    assert app.asked[0].split(b" HTTP/1.1\r\n")[0] == (b"GET /Gr%C3%B6%C3%9Fe%20und%0D%0AX-Key:%201?r=%20A&s=%C3%A4+b")
    assert b"\r\nX-Key" not in app.asked[0]


@pytest.mark.parametrize("path", ["@elsewhere.example/", ".elsewhere.example/", ":1/", "https://127.0.0.1/"])
def test_no_path_leads_to_another_host(app: Canned, outlet: HttpOutlet, path: str) -> None:
    with pytest.raises(EgressDenied):
        outlet.request("GET", path)
    assert app.connections == 0


@pytest.mark.parametrize("path", ["//elsewhere.example/x", "/\\elsewhere.example/x", "/@elsewhere.example/x"])
def test_what_begins_with_a_slash_goes_to_the_connections_own_host(app: Canned, outlet: HttpOutlet, path: str) -> None:
    app.answers = [(HEAD + b"Content-Length: 2\r\n\r\n{}",)]
    outlet.request("GET", path)
    assert f"Host: {app.url.removeprefix('http://')}".encode() in app.asked[0]
