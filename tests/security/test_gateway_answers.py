"""What the gateway answers by itself is as safe to read as what the application answers."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
from http.client import HTTPResponse
from pathlib import Path

import pytest

from appliance.members.caddy import Route
from appliance.members.gateway import Gateway
from server.web import safe_headers
from tests.chaos.panel import wait_until
from tests.chaos.stage import House
from tests.security.edge import CLUSTER, Edge, gateway_before
from tests.support.ports import free_port
from tests.support.web import GATEWAY_SECRET

pytestmark = pytest.mark.postgres

_SAFE = {**dict(safe_headers.FIXED), "Content-Security-Policy": safe_headers.policy(), "Cache-Control": "no-store"}
HOST = f"Host: a.{CLUSTER}\r\n"
NOWHERE = "GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n"
TO_PEOPLE = f"GET /api/v1/session HTTP/1.1\r\n{HOST}Accept: text/html,*/*\r\n\r\n"
TO_PROGRAMS = f"GET /api/v1/session HTTP/1.1\r\n{HOST}\r\n"
LARGE = f"POST /api/v1/session HTTP/1.1\r\n{HOST}Content-Length: 5000000\r\n\r\n" + "x" * 5_000_000
BROKEN = f"POST /api/v1/session HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n"
# What is late (408) takes half a minute to be that; it is told as these are.


def answered(port: int, request: str, *, tls: bool = False) -> tuple[HTTPResponse, str]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        one = plain
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            one = context.wrap_socket(plain, server_hostname=f"a.{CLUSTER}")
        with one:
            one.sendall(request.encode())
            answer = HTTPResponse(one)
            answer.begin()
            return answer, answer.read().decode()


def certified(port: int) -> bool:
    try:
        answered(port, NOWHERE, tls=True)
    except (ssl.SSLError, ConnectionError):
        return False
    return True


def lacking(answer: HTTPResponse, body: str) -> dict[str, str | None]:
    """The headers that are not as they should be."""
    wanted = dict(_SAFE)
    if "<style>" in body:
        [style] = re.findall("<style>(.*?)</style>", body, re.DOTALL)
        known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        wanted["Content-Security-Policy"] = safe_headers.policy().replace(
            "style-src 'self'", f"style-src 'self' 'sha256-{known}'"
        )
    return {name: answer.getheader(name) for name, value in wanted.items() if answer.getheader(name) != value}


def require_safe(gateway: Gateway, status: int, request: str, *, tls: bool) -> None:
    if tls:
        wait_until(lambda: certified(gateway.https_port), "the gateway to have its certificate")
    answer, body = answered(gateway.https_port if tls else gateway.http_port, request, tls=tls)
    assert (answer.status, lacking(answer, body)) == (status, {}), request[:80]
    assert answer.getheader("Strict-Transport-Security") == (safe_headers.HSTS if tls else None)
    assert not re.search(r"<script|style=|\son\w+=", body), "nothing that the policy forbids"


def test_what_is_told_for_a_web_process_that_is_away_has_the_headers_of_its_own_answers(tmp_path: Path) -> None:
    with gateway_before(tmp_path, Route(CLUSTER, free_port(), GATEWAY_SECRET)) as gateway:
        require_safe(gateway, 503, TO_PROGRAMS, tls=False)
        require_safe(gateway, 503, TO_PEOPLE, tls=True)


@pytest.mark.parametrize("tls", [False, True])
def test_what_the_gateway_refuses_by_itself_has_them_too(edge: Edge, tls: bool) -> None:  # noqa: FBT001
    for status, request in ((404, NOWHERE), *([(413, LARGE)] * 8), (400, BROKEN)):
        require_safe(edge.gateway, status, request, tls=tls)


def test_what_the_web_process_cannot_read_is_told_with_them_too(house: House, edge: Edge) -> None:
    edge.panel.wait()
    port = house.settings.web.port
    for request in ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n", "GET /\r\nx\r\n\r\n"):
        answer, body = answered(port, request)
        assert (answer.status, lacking(answer, body)) == (400, {})
        assert answer.getheader("Content-Type") == "application/problem+json"
