"""Attacks the web process itself: every operation as everybody, described and spoilt, and what is hardly HTTP."""

from __future__ import annotations

import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from server.web.factory import openapi
from tests.chaos.panel import PASSWORD
from tests.chaos.stage import House
from tests.security.besieged import Tenant
from tests.security.fuzz import drawn
from tests.security.fuzz.hostile import hostile
from tests.security.fuzz.law import MEGABYTE, Neighbour, Siege, Watched
from tests.security.fuzz.talk import talked
from tests.support.postgres import Server

MOST = 700 * MEGABYTE
_SETTINGS = {"api_key": "k", "token": "k", "login": "l", "password": "p"}
_NAMES = {
    "redmine": ("url", "api_key", "answer_seconds"),
    "request_tracker": ("url", "token", "answer_seconds"),
    "roundup": ("url", "login", "password", "answer_seconds"),
}
_ROLES = ("nobody", "viewer", "admin")
_TENANT_SECONDS = 20.0
_LONG_SECONDS = 60.0
_TIMEOUT = 60.0
_OF_OTHERS = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})
_LARGEST = 4 * MEGABYTE + 4096
_ELSEWHERE = ("127.0.0.3", 0)
"""Where the attackers are. Where many fail to sign in, somebody new waits: the rightful come from another address."""


class _Elsewhere(HTTPAdapter):
    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, **more, source_address=_ELSEWHERE)


def _ask(method: str, address: str, **given: Any) -> requests.Response:
    """One request of an attacker's."""
    with requests.Session() as own:
        own.mount("http://", _Elsewhere())
        return own.request(method, address, timeout=_TIMEOUT, **given)


@dataclass(slots=True)
class Prey:
    """A tenant whose accounts are used up by what they are made to do: there is a new one every twenty seconds."""

    house: House
    secret: str
    _made_at: float = -_TENANT_SECONDS
    _tenant: str = ""
    _tokens: Mapping[str, str] = field(default_factory=dict)
    _known: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> tuple[str, Mapping[str, str], list[str]]:
        """The tenant, by role what admits, and ids of what is there."""
        with self._lock:
            if time.monotonic() - self._made_at > _TENANT_SECONDS:
                self._renew()
            return self._tenant, self._tokens, self._known

    def _renew(self) -> None:
        made = Tenant(self.house)
        connection = made.connect("http://127.0.0.1:9")
        secret = str(made.admin.ask("POST", f"/connections/{connection}/webhook")["url"]).rpartition("/")[2]
        made.integrate("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
        self._tokens = {
            "nobody": "",
            "admin": made.admin.ask("POST", "/tokens", {"name": "fuzz"})["token"],
            "viewer": made.viewer.ask("POST", "/tokens", {"name": "fuzz"})["token"],
        }
        there = [made.admin.ask("GET", f"/{what}") for what in ("connections", "integrations", "users")]
        self._known = [one["id"] for several in there for one in several] + [secret]
        self._tenant, self._made_at = made.name, time.monotonic()


class Requests:
    """Draws requests from the API's description, and spoils some."""

    def __init__(self, prey: Prey, siege: Siege, hostile: str) -> None:
        self._hostile = hostile
        document = openapi("0.0.0")
        self._schemas = document["components"]["schemas"]
        self._operations = [
            (method.upper(), path, operation)
            for path, several in document["paths"].items()
            for method, operation in several.items()
        ]
        self._prey, self._siege = prey, siege
        self._root = f"http://127.0.0.1:{prey.house.settings.web.port}"

    def operation(self, draw: random.Random) -> str:
        """One request to one operation."""
        tenant, tokens, known = self._prey.now()
        method, path, operation = draw.choice(self._operations)
        role = draw.choice(_ROLES)
        query: list[tuple[str, str]] = []
        for one in operation.get("parameters", ()):
            given = self._parameter(draw, one["schema"], known)
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", quote(given.encode("utf-8", "replace"), safe=""))
            elif draw.random() < 0.6:
                query.append((one["name"], given.encode("utf-8", "replace").decode()))
        headers = {
            "Content-Type": draw.choice(("application/json",) * 8 + ("text/plain", "multipart/form-data; boundary=x"))
        }
        if tokens[role]:
            headers["Authorization"] = f"Bearer {tokens[role]}"
        body = self._body(draw, operation) if "requestBody" in operation or draw.random() < 0.1 else None
        answer = _ask(method, f"{self._root}/t/{tenant}{path}", params=query, data=body, headers=headers)
        return self._judge(answer, f"{role}: {method} {path} {query} {(body or b'')[:300]!r}")

    def app(self, draw: random.Random) -> str:
        """A trial of a connection to a hostile app, which is waited for, or not."""
        tenant, tokens, _ = self._prey.now()
        kind = draw.choice(("redmine", "request_tracker", "roundup"))
        settings = {"url": self._hostile, "answer_seconds": "5", **_SETTINGS}
        answer = _ask(
            "POST",
            f"{self._root}/t/{tenant}/api/v1/connections/test",
            json={"kind": kind, "settings": {name: settings[name] for name in _NAMES[kind]}},
            headers={"Authorization": f"Bearer {tokens['admin']}"},
        )
        return f"app {self._judge(answer, f'a trial of {kind}')}"

    def raw(self, draw: random.Random) -> str:
        """Something that is hardly HTTP."""
        tenant, _, known = self._prey.now()
        line = draw.choice((b"GET", b"POST", b"PUT", b"get", b"CONNECT", b"\x16\x03\x01", b"OPTIONS"))
        path = draw.choice(
            (f"/t/{tenant}/api/v1/session", f"/t/{tenant}/api/v1/hooks/{known[-1]}", "/-/node/health", "*", "/%00")
        )
        length = draw.choice((b"5", b"-1", b"5, 6", b"0x10", b"+5", b"99999999999999999999", b"4000000000", b"\xb2"))
        framing = draw.choice(
            (b"Content-Length: " + length, b"Transfer-Encoding: chunked", b"Transfer-Encoding: x, chunked")
        )
        message = b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n" % (line, path.encode(), tenant.encode(), framing)
        message += draw.choice(
            (b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"fffffffff\r\n", b"-5\r\nx\r\n", b"5;" + b"x" * 9000, b"")
        )
        return self._send(draw, drawn.torn(draw, message) if draw.random() < 0.7 else message)

    def large(self, draw: random.Random) -> str:
        """A body that is as large, as deep or as full of values as can be sent."""
        tenant, tokens, known = self._prey.now()
        pattern = draw.choice(
            (
                b"[",
                b"[],",
                b'{"a":',
                b'"\\u0000",',
                b"1,",
                b"\xff",
                b" ",
                b'{"a":1},',
                b"\\",
                b'"' + b"x" * 9000 + b'",',
            )
        )
        body = (b"[" + pattern * (draw.randrange(_LARGEST) // len(pattern)))[: draw.choice((1000, 200_000, _LARGEST))]
        path = draw.choice(("session", f"hooks/{known[-1]}", "connections/test", "integrations", "users"))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {tokens['admin']}"}
        answer = _ask("POST", f"{self._root}/t/{tenant}/api/v1/{path}", data=body, headers=headers)
        return self._judge(answer, f"POST {path} {body[:60]!r}, {len(body)} bytes")

    def _send(self, draw: random.Random, message: bytes) -> str:
        own = socket.create_connection(("127.0.0.1", self._prey.house.settings.web.port), timeout=5)
        return f"raw {talked(draw, self._siege, own, message)}"

    def _judge(self, answer: requests.Response, asked: str) -> str:
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status_code not in _OF_OTHERS:
            self._siege.blame(f"{asked} was answered {answer.status_code} {answer.text[:500]}")
        if self._prey.secret in answer.text:
            self._siege.blame(f"{asked} was told another tenant's secret")
        return str(answer.status_code)

    def _parameter(self, draw: random.Random, schema: Mapping[str, Any], known: list[str]) -> str:
        if draw.random() < 0.5:
            return draw.choice(known)
        if draw.random() < 0.5:
            return drawn.text(draw)
        return str(self._described(draw, schema, 0))

    def _body(self, draw: random.Random, operation: Mapping[str, Any]) -> bytes:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content["application/json"]["schema"] if "application/json" in content else {}
        body = self._described(draw, schema, 0)
        return drawn.dumped(draw, body if draw.random() < 0.4 else drawn.spoilt(draw, body))

    def _described(self, draw: random.Random, schema: Mapping[str, Any], depth: int) -> Any:
        """Something of the shape that a schema tells."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._described(draw, draw.choice(schema[several]), depth)
        if "enum" in schema:
            return draw.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        makes: Mapping[str, Callable[[], Any]] = {
            "object": lambda: self._object(draw, schema, depth),
            "array": lambda: [
                self._described(draw, schema.get("items", {}), depth + 1) for _ in range(draw.randrange(3))
            ],
            "integer": lambda: draw.choice((0, 1, 2, 50, 2**31)),
            "number": lambda: draw.choice((0, 0.5, 1, 100)),
            "boolean": lambda: draw.random() < 0.5,
            "null": lambda: None,
        }
        make = makes.get(str(schema.get("type")))
        if make is None or depth > 8:
            known = self._prey.now()[2]
            return draw.choice((draw.choice(known), drawn.text(draw), "subject", "redmine", "1", PASSWORD))
        return make()

    def _object(self, draw: random.Random, schema: Mapping[str, Any], depth: int) -> Any:
        required = schema.get("required", ())
        found = {
            name: self._described(draw, one, depth + 1)
            for name, one in schema.get("properties", {}).items()
            if name in required or draw.random() < 0.5
        }
        if isinstance(more := schema.get("additionalProperties"), Mapping):
            found |= {
                draw.choice(("url", "api_key", "proxy", "ca_pem", drawn.text(draw))): self._described(
                    draw, more, depth + 1
                )
                for _ in range(draw.randrange(4))
            }
        return found


def play(seconds: float, seed: int, server: Server, folder: Path) -> str:
    """Attack for so long. Raises ``Broken``; else what was met."""
    with House(server, folder) as house:
        quiet = Tenant(house)
        secret = secrets.token_hex(16)
        quiet.admin.ask("POST", "/users", {"login": f"u{secret}", "role": "viewer", "password": PASSWORD})

        def visit() -> None:
            for path in ("/session", "/overview", "/users"):
                answer = quiet.admin.once("GET", path)
                assert answer.status_code == HTTPStatus.OK, answer.text

        prey = Prey(house, secret)
        watched = Watched("web", house.web.seen, MOST, house.web.log)
        siege = Siege("web", [watched], [Neighbour("another tenant", visit)], [secret, PASSWORD])
        with hostile("", siege, f"{seed}", 0.1) as app:
            asking = Requests(prey, siege, app.url)
            apps = [asking.app] * (2 if seconds >= _LONG_SECONDS else 0)  # a trial lasts longer than a short look
            siege.run([asking.operation] * 6 + [asking.raw] * 3 + apps + [asking.large], seconds, seed)
        return siege.told()
