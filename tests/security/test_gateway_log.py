"""No secret of a request comes into the gateway's log, whatever becomes of it: no query, no header, no secret path."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.members.caddy import Route
from tests.chaos.panel import wait_until
from tests.security.edge import CLUSTER, gateway_before
from tests.support.ports import free_port
from tests.support.web import GATEWAY_SECRET

SECRET = "s3cr3t-of-somebody"
PATHS = (
    f"/enter?token={SECRET}",
    f"/t/acme/enter?token={SECRET}",
    f"/enter/{SECRET}",
    f"/api/v1/hooks/{SECRET}",
    f"/t/acme/api/v1/hooks/{SECRET}/more",
    f"/api/v1/%68ooks/{SECRET}",
    f"/api/v1/HOOKS/{SECRET}",
    f"//api//v1//hooks//{SECRET}",
    f"/%65nter?token={SECRET}",
    f"/api/v1/items?q={SECRET}",
    f"http://somebody:{SECRET}@acme.{CLUSTER}/marked",
)
HEADERS = "".join(
    f"{name}: {SECRET}\r\n"
    for name in ("Cookie", "Authorization", "X-CSRF-Token", "X-Redmine-Token", "Referer", "X-Lockstep-Gateway")
)


@contextmanager
def half_an_answer() -> Iterator[int]:
    """A web process that says that it serves, and breaks every other answer off; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                with one:
                    alive = b"/-/node/alive" in one.recv(65536)
                    length = b"2" if alive else b"999"
                    one.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length + b"\r\n\r\n{}")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def say(port: int, path: str, method: str = "GET") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        one.sendall(f"{method} {path} HTTP/1.1\r\nHost: acme.{CLUSTER}\r\n{HEADERS}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: one.recv(4096), b""))


def test_a_web_process_that_breaks_off_leaves_no_secret_in_the_log(tmp_path: Path) -> None:
    with half_an_answer() as port, gateway_before(tmp_path / "data", Route(CLUSTER, port, GATEWAY_SECRET)) as gateway:
        log = gateway.folder.log_of("gateway")
        for path in PATHS:
            assert say(gateway.http_port, path).startswith(b"HTTP/1.1 200"), path
        wait_until(lambda: log.read_text().count('"uri"') == len(PATHS), "the log to tell of each")
        said = log.read_text()
        assert SECRET not in said
        assert GATEWAY_SECRET not in said
        told = [json.loads(line)["request"]["uri"] for line in said.splitlines() if '"uri"' in line]
        assert told == [
            "/enter",
            "/t/acme/enter",
            "/enter",
            "/api/v1/hooks",
            "/t/acme/api/v1/hooks",
            "/api/v1/",
            "/api/v1/HOOKS",
            "//api//v1//hooks",
            "/",
            "/api/v1/items",
            "/marked",
        ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_web_process_that_is_away_leaves_no_secret_in_the_log(tmp_path: Path, method: str) -> None:
    with gateway_before(tmp_path / "data", Route(CLUSTER, free_port(), GATEWAY_SECRET)) as gateway:
        for path in PATHS[:2]:
            assert say(gateway.http_port, path, method).startswith(b"HTTP/1.1 503"), path
        said = gateway.folder.log_of("gateway").read_text()
        assert "serving initial configuration" in said
        assert SECRET not in said
        assert GATEWAY_SECRET not in said
