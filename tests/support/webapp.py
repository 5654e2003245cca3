"""A small web app on loopback that answers, and misbehaves, as a test says."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message | Mapping[str, str]
    body: bytes
    peer: tuple[str, int]


class WebApp:
    """Answers ``{"ok": true}`` unless told otherwise; keeps what was asked. ``tls``: a server's context."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.answers: deque[tuple[int, bytes, Mapping[str, str]]] = deque()
        self._bad = ("", 0)
        self.ending = threading.Event()
        self._server = ThreadingHTTPServer((host, port), type("Handler", (_Handler,), {"app": self}))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def answer(
        self, status: int = 200, body: bytes = b'{"ok": true}', headers: Mapping[str, str] | None = None
    ) -> None:
        """What the next request that has no answer yet gets."""
        self.answers.append((status, body, headers or {}))

    def next_answer(self, _method: str, _path: str) -> tuple[int, bytes, Mapping[str, str]]:
        """What the request at hand gets."""
        return self.answers.popleft() if self.answers else (200, b'{"ok": true}', {})

    def misbehave(self, how: str, times: int = 1 << 30) -> None:
        """From now on read requests and then ``close``, answer ``half``, answer ``garbage``, keep ``silence``, or
        as an app that tells no length ``dies before its body``, ``dies within its body``, ``dies within its headers``.
        """
        self._bad = (how, times)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def misbehaviour(self) -> str:
        """How to treat the request at hand; empty: well."""
        how, times = self._bad
        self._bad = (how, times - 1) if times > 1 else ("", 0)
        return how


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: WebApp

    def handle_any(self) -> None:
        self.app.asked.append(Asked(self.command, self.path, self.headers, self._body(), self.client_address))
        how = self.app.misbehaviour()
        if how:
            self._misbehave(how)
            return
        status, content, headers = self.app.next_answer(self.command, self.path)
        self.send_response_only(status)
        usual = {"Content-Type": "application/json", "Date": self.date_time_string()}
        for name, value in {**usual, **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the library's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _misbehave(self, how: str) -> None:
        self.close_connection = True
        if how == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        elif how == "dies before its body":
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
        elif how == "dies within its body":
            self.wfile.write(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"items": [1, 2')
        elif how == "dies within its headers":
            self.wfile.write(b"HTTP/1.0 200 OK\r\nConte")
        elif how == "garbage":
            self.wfile.write(b"\0\1\2 what?\r\n\r\n")
        elif how == "silence":
            self.app.ending.wait(10)

    def log_message(self, *_: Any) -> None: ...
