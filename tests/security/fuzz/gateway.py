"""Attacks the real gateway before a real cluster: broken TLS, broken HTTP of each version, and clients that dawdle."""

from __future__ import annotations

import random
import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from tests.chaos.panel import Panel
from tests.chaos.stage import House
from tests.security.edge import Edge, besieged_edge
from tests.security.fuzz import drawn
from tests.security.fuzz.law import MEGABYTE, Neighbour, Siege, Watched
from tests.security.fuzz.talk import talked
from tests.support.postgres import Server

MOST, MOST_OF_WEB = 512 * MEGABYTE, 700 * MEGABYTE
_HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(32)) + bytes.fromhex("000002130101000076")
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_PATHS = (
    b"/api/v1/session",
    b"/" + b"a" * 9000,
    b"/%00",
    b"//evil",
    b"*",
    b"http://evil.example/",
    b"/t/x/../../-/node/health",
)
_FRAMINGS = (
    b"X: y",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Transfer-Encoding:\x0bchunked",
    b"Expect: 100-continue\r\nContent-Length: 9",
    b"Upgrade: h2c, websocket",
    b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil",
    b"Cookie: " + b"a=b; " * 3000,
    b"Range: bytes=0-,0-" + b",0-" * 999,
)
_FRAMES = 10
_TIMEOUT = 3.0


class Strangers:
    """What people do who only know the gateway's address."""

    def __init__(self, edge: Edge, secret: str, siege: Siege) -> None:
        self._edge, self._secret, self._siege = edge, secret, siege
        self._trusting = ssl.create_default_context()
        self._trusting.check_hostname = False
        self._trusting.verify_mode = ssl.CERT_NONE
        self._sleepers: list[socket.socket] = []

    def broken_tls(self, draw: random.Random) -> str:
        """The beginning of TLS, torn."""
        hello = draw.choice(
            (_HELLO, draw.randbytes(draw.randrange(1, 400)), b"\x16\x03\x01\xff\xff" + draw.randbytes(900))
        )
        return talked(draw, self._siege, self._plain(self._edge.gateway.https_port), drawn.torn(draw, hello))

    def interrupted_tls(self, draw: random.Random) -> str:
        """A session that stands, and then records that are none."""
        inside = self._within_tls(["http/1.1"])
        outside = socket.socket(fileno=inside.detach())
        return talked(
            draw,
            self._siege,
            outside,
            draw.choice((b"\x17\x03\x03\x40\x00", b"\x15\x03\x03\x00\x02\x02\x28")) + draw.randbytes(500),
        )

    def broken_http(self, draw: random.Random) -> str:
        """A request that is torn, ambiguous, or asks for somebody else's."""
        host = draw.choice(
            (self._edge.host, b"127.0.0.1", b"evil.example", self._edge.host + b":99999", b"a, b", b"[::", b"")
        )
        path = draw.choice(
            (*_PATHS, b"/enter?token=" + self._secret.encode(), b"/api/v1/hooks/" + self._secret.encode())
        )
        framing = draw.choice(_FRAMINGS)
        verb = draw.choice((b"GET", b"POST", b"TRACE", b"CONNECT", b"PROPFIND", b"G\xffT"))
        message = b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n%s" % (verb, path, host, framing, draw.randbytes(20))
        own = self._within_tls(["http/1.1"]) if draw.random() < 0.5 else self._plain(self._edge.gateway.http_port)
        return talked(draw, self._siege, own, drawn.torn(draw, message) if draw.random() < 0.5 else message)

    def broken_http2(self, draw: random.Random) -> str:
        """Frames of HTTP/2, of any kind and any length, and what they say of themselves is seldom true."""
        frames = b""
        for _ in range(draw.randrange(1, _FRAMES)):
            body = draw.randbytes(draw.randrange(60))
            told = draw.choice((len(body), 0, 2**24 - 1, draw.randrange(100)))
            kind, flags = draw.randrange(12), draw.randrange(256)
            frames += told.to_bytes(3, "big") + bytes([kind, flags]) + draw.randrange(8).to_bytes(4, "big") + body
        resets = b"".join(
            (0).to_bytes(3, "big")
            + b"\x01\x05"
            + n.to_bytes(4, "big")
            + b"\x00\x00\x04\x03"
            + n.to_bytes(4, "big")
            + b"\x00\x00\x00\x08"
            for n in range(1, 400, 2)
        )
        settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        return talked(
            draw, self._siege, self._within_tls(["h2"]), _PREFACE + settings + draw.choice((frames, frames, resets))
        )

    def dawdling(self, draw: random.Random) -> str:
        """A connection on which something comes now and then; hundreds of them stay."""
        while len(self._sleepers) > draw.randrange(300, 600):
            self._sleepers.pop(draw.randrange(len(self._sleepers))).close()
        for one in draw.sample(self._sleepers, min(20, len(self._sleepers))):
            with suppress(OSError):
                one.send(draw.randbytes(1))
        one = self._plain(draw.choice((self._edge.gateway.http_port, self._edge.gateway.https_port)))
        one.setblocking(False)
        with suppress(OSError):
            one.send(
                draw.choice(
                    (
                        b"",
                        b"G",
                        b"POST / HTTP/1.1\r\nHost: " + self._edge.host + b"\r\nContent-Length: 99999\r\n\r\n",
                        b"\x16",
                    )
                )
            )
        self._sleepers.append(one)
        return "dawdles"

    def close(self) -> None:
        """Hang up."""
        for one in self._sleepers:
            one.close()

    def _plain(self, port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT)

    def _within_tls(self, versions: list[str]) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(versions)
        return context.wrap_socket(self._plain(self._edge.gateway.https_port), server_hostname=self._edge.host.decode())


def play(seconds: float, seed: int, server: Server, folder: Path) -> str:
    """Attack for so long. Raises ``Broken``; else what was met."""
    (folder / "house").mkdir()
    (folder / "gateway").mkdir()
    with House(server, folder / "house") as house, besieged_edge(house, folder / "gateway") as edge:
        panel = edge.panel
        panel.sign_in()
        secret = secrets.token_hex(16)
        own = edge.process
        watched = [
            Watched("gateway", own, MOST, edge.gateway.folder.log_of("gateway")),
            Watched("web", house.web.seen, MOST_OF_WEB, house.web.log),
        ]
        siege = Siege("gateway", watched, [Neighbour("another client", lambda: _visit(panel))], [secret])
        strangers = Strangers(edge, secret, siege)
        attacks: list[Callable[[random.Random], str]] = [strangers.broken_tls, strangers.interrupted_tls]
        attacks += [strangers.broken_http] * 3 + [strangers.broken_http2] * 2 + [strangers.dawdling] * 2
        try:
            siege.run(attacks, seconds, seed)
        finally:
            strangers.close()
        return siege.told()


def _visit(panel: Panel) -> None:
    answer = panel.once("GET", "/session")
    assert answer.status_code == HTTPStatus.OK, answer.text
