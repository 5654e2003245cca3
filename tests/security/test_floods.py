"""One address asks without end; whoever is somewhere else is served, and the gateway's places are not all taken."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse

import pytest

from server.store.provision import FirstUser
from tests.chaos.panel import HASH, wait_until
from tests.chaos.stage import House
from tests.security.edge import CLUSTER, Edge

pytestmark = pytest.mark.postgres

_FLOODERS = 40
_LOOKS = 60
FLOODS: dict[str, Callable[[str, list[str], int], str]] = {
    "of one tenant": lambda own, _, __: own,
    "of many tenants": lambda _, others, number: others[number % len(others)],
    "of strangers' names": lambda _, __, number: f"nobody{number}",
}


def asked(port: int, source: str, host: str, key: str = "") -> HTTPResponse:
    with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0)) as one:
        return again(one, host, key)


def again(one: socket.socket, host: str, key: str = "") -> HTTPResponse:
    shown = f"Authorization: Bearer {key}\r\n" if key else ""
    one.sendall(f"GET /api/v1/session HTTP/1.1\r\nHost: {host}.{CLUSTER}\r\n{shown}\r\n".encode())
    answer = HTTPResponse(one)
    answer.begin()
    answer.read()
    return answer


@contextmanager
def flooded(port: int, source: str, names: Callable[[int], str], key: str = "") -> Iterator[Counter[int]]:
    """That address asks as fast as it is answered, on many connections; which status came how often."""
    over, said, lock = threading.Event(), Counter[int](), threading.Lock()

    def insist(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0)) as one:
            while not over.is_set():
                number += _FLOODERS
                status = again(one, names(number), key).status
                with lock:
                    said[status] += 1

    with ThreadPoolExecutor(_FLOODERS) as pool:
        done = [pool.submit(insist, number) for number in range(_FLOODERS)]
        try:
            yield said
        finally:
            over.set()
        for one in done:
            one.result(60)


@pytest.fixture(scope="module")
def tenants(house: House, edge: Edge) -> list[str]:
    """Some more, which the web process knows."""
    made = [f"f{number}" for number in range(6)]
    for name in made:
        house.cluster.create_tenant(name, FirstUser("admin", "admin@example.org", HASH))
        assert asked(edge.gateway.http_port, "127.0.0.1", name, "ls_nobodys").status == 401
    return made


@pytest.mark.parametrize("kind", FLOODS)
def test_an_address_that_floods_is_held_to_its_rate_and_another_never(
    edge: Edge, tenants: list[str], kind: str
) -> None:
    port, source = edge.gateway.http_port, f"127.0.0.{11 + list(FLOODS).index(kind)}"
    with flooded(port, source, lambda number: FLOODS[kind](edge.tenant, tenants, number), "ls_nobodys") as said:
        wait_until(lambda: said[429] > 1000, "the flood to be told that it is one")
        before = said.total()
        seen = Counter(asked(port, "127.0.0.102", edge.tenant).status for _ in range(_LOOKS))
        assert seen == {401: _LOOKS}, "whoever is elsewhere is neither sent away nor kept waiting for a refusal"
        meanwhile = said.total() - before
    assert meanwhile < _LOOKS * 3 * _FLOODERS, "a turn of theirs costs another no more than a turn each"
    assert set(said) == {401, 429}, said


def test_whoever_is_sent_away_is_told_when_to_come_again_and_a_key_is_held_wherever_it_is_used(edge: Edge) -> None:
    port = edge.gateway.http_port
    with flooded(port, "127.0.0.21", lambda _: edge.tenant, "ls_one") as said:
        wait_until(lambda: said[429] > 100, "the key to be used up")
        answer = asked(port, "127.0.0.22", edge.tenant, "ls_one")
        assert (answer.status, answer.getheader("Retry-After")) == (429, "1")
        assert asked(port, "127.0.0.22", edge.tenant, "ls_two").status == 401


def deaf(port: int, host: bytes, path: bytes, streams: int) -> ssl.SSLSocket:
    """One connection of HTTP/2 that asks many times and takes no byte of any answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=("127.0.0.31", 0))
    one = context.wrap_socket(plain, server_hostname=host.decode())

    def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
        return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body

    def told(name: bytes, value: bytes) -> bytes:
        return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value

    no_window = frame(4, 0, 0, struct.pack(">HI", 4, 0))
    head = b"".join(
        told(name, value)
        for name, value in ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", host), (b":path", path))
    )
    asking = b"".join(frame(1, 5, 2 * number + 1, head) for number in range(streams))
    one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + no_window + asking)
    return one


def test_whoever_reads_no_answer_fills_the_places_of_few_and_another_address_is_served(
    edge: Edge, house: House
) -> None:
    large = house.settings.panel_folder / "assets" / "large-abc123.js"
    large.write_text("x" * 800_000)

    def places() -> int:
        return len(edge.web.net_connections("tcp"))

    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(deaf(edge.gateway.https_port, edge.host, b"/assets/large-abc123.js", 150))
        wait_until(lambda: places() >= 60, "them to hold what they can")
        seen = Counter(tls_asked(edge, "127.0.0.102") for _ in range(_LOOKS))
        assert seen == {401: _LOOKS}
        assert places() < 200, "of six hundred requests sixty are handed on"


def tls_asked(edge: Edge, source: str) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    where = ("127.0.0.1", edge.gateway.https_port)
    with (
        socket.create_connection(where, timeout=30, source_address=(source, 0)) as plain,
        context.wrap_socket(plain, server_hostname=edge.host.decode()) as one,
    ):
        return again(one, edge.tenant).status
