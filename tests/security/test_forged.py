"""Nobody but the gateway says where a request comes from, and a host that is not ours is answered by nobody."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
from sqlalchemy import select

from server.store import tables as t
from tests.chaos.panel import PASSWORD as HOUSE_PASSWORD
from tests.chaos.stage import House
from tests.security.conftest import PASSWORD
from tests.security.edge import CLUSTER, Edge
from tests.support.web import GATEWAY_SECRET, WebNode

pytestmark = pytest.mark.postgres

FORGED = "203.0.113.7"
FORGERIES: tuple[dict[str, str], ...] = (
    {"X-Forwarded-For": FORGED},
    {"X-Forwarded-For": FORGED, "X-Lockstep-Gateway": ""},
    {"X-Forwarded-For": FORGED, "X-Lockstep-Gateway": "guessed"},
    {"X-Forwarded-For": FORGED, "X-Lockstep-Gateway": f"{GATEWAY_SECRET}, {GATEWAY_SECRET}"},
    {"X-Forwarded-For": FORGED, "X-Lockstep-Gateway": "ł\xff".encode().decode("latin-1")},
    {"Forwarded": f"for={FORGED};proto=https", "X-Forwarded-By": FORGED, "X-Forwarded-Proto": "https"},
)


def addresses(web: WebNode, tenant: str) -> set[str]:
    """From where sessions began, as the tenant's own record has it."""
    with web.node.cluster.scope(tenant).reading() as tx:
        return set(tx.execute(select(t.sessions.c.address)).scalars())


@pytest.mark.parametrize("forged", FORGERIES)
def test_who_is_not_the_gateway_is_believed_no_address_and_no_scheme(
    web: WebNode, tenant: str, forged: dict[str, str]
) -> None:
    given = {"login": "admin", "password": PASSWORD}
    signed = web.browser(tenant).request("POST", "/session", given, headers=forged)
    assert signed.status_code == 200
    assert "Secure" not in signed.headers["Set-Cookie"]
    assert addresses(web, tenant) == {"127.0.0.1"}


def test_the_gateways_word_is_believed(web: WebNode, tenant: str) -> None:
    told = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Lockstep-Gateway": GATEWAY_SECRET}
    given = {"login": "admin", "password": PASSWORD}
    signed = web.browser(tenant).request("POST", "/session", given, headers=told)
    assert signed.status_code == 200
    assert "Secure" in signed.headers["Set-Cookie"]
    assert "192.0.2.1" in addresses(web, tenant)


def sign_in(url: str, headers: dict[str, str]) -> None:
    given = {"login": "admin", "password": HOUSE_PASSWORD}
    assert requests.post(f"{url}/api/v1/session", json=given, headers=headers, timeout=30).status_code == 200


def test_neither_a_local_process_nor_a_client_of_the_gateway_forges_its_address(house: House, edge: Edge) -> None:
    forged = {"X-Forwarded-For": FORGED, "X-Forwarded-Host": f"other.{CLUSTER}", "X-Lockstep-Gateway": "guessed"}
    ways: tuple[tuple[str, dict[str, str]], ...] = (
        (f"http://127.0.0.1:{house.settings.web.port}/t/{edge.tenant}", forged),
        (f"http://127.0.0.1:{edge.gateway.http_port}/t/{edge.tenant}", forged),
        (
            f"http://127.0.0.1:{edge.gateway.http_port}/t/{edge.tenant}",
            {**forged, "Connection": "X-Lockstep-Gateway, X-Forwarded-For"},
        ),
    )
    for url, headers in ways:
        sign_in(url, headers)
    database = house.cluster.database()
    with database.tenant(house.cluster.login(edge.tenant)) as tx:
        assert set(tx.execute(select(t.sessions.c.address)).scalars()) == {"127.0.0.1"}
    database.close()


STRANGE = (
    "evil.example",
    f"t.{CLUSTER}.evil.example",
    f"{CLUSTER}.evil.example",
    "169.254.169.254",
    "10.0.0.1",
    "[::]",
)


def status(port: int, host: str, path: str) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(one.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("path", ["/", "/api/v1/session", "/-/node/health", "/-/node/alive", "/assets/x.js", "/t/%s/"])
def test_a_host_that_is_not_ours_is_served_by_neither_the_gateway_nor_the_web_process(
    house: House, edge: Edge, path: str
) -> None:
    wanted = path % edge.tenant if "%s" in path else path
    ports: dict[int, Callable[[int], Any]] = {
        edge.gateway.http_port: lambda said: said == 404,
        house.settings.web.port: lambda said: said == 421,
    }
    for port, right in ports.items():
        for host in STRANGE:
            assert right(status(port, host, wanted)), (host, wanted)
            assert right(status(port, f"{host}:{port}", wanted)), (host, wanted)
        assert not right(status(port, f"127.0.0.1:{port}", "/-/node/alive"))


def test_a_tenant_that_is_named_by_a_header_makes_no_host_ours(web: WebNode, tenant: str) -> None:
    named = {"X-Lockstep-Tenant": tenant}
    answer = web.browser(tenant).request("GET", "/session", base_url="http://evil.example", headers=named)
    assert answer.status_code == 421
