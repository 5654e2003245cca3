"""The fake app over HTTP, in a process of its own; it must not know whom it serves.

``python -m tests.support.fakeapp.serve [--items N] [--text-bytes N] [--quirks JSON]`` prints its address and serves
until its standard input closes. It dies with whoever started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.fakeapp.app import FakeApp, Forbidden, Missing, Quirks, Refused
from tests.support.fakeapp.fates import Fate, draw, pace

TOKEN = "let me in"
_JSON = b"application/json"
_REASONS = {
    200: b"OK",
    201: b"Created",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
}
_REASONS |= {422: b"Unprocessable", 429: b"Too Many Requests", 500: b"Internal Server Error"}

Answer = tuple[int, bytes, bytes]
_IN_ITS_PLACE: dict[Fate, Answer] = {
    Fate.WALLED: (200, b"<!DOCTYPE html><title>Log in</title>", b"text/html"),
    Fate.STRANGE: (200, b'{"session": "over"}', _JSON),
    Fate.RESET: (200, b"", _JSON),
}
"""What is answered when something else than the app does."""
_NO_ITEMS: Answer = (200, b'{"items":[]}', _JSON)


class Service:
    """What every connection shares: the app, the count of requests, and how to answer one."""

    def __init__(self, app: FakeApp) -> None:
        self.app = app
        self.requests: dict[str, int] = {}
        self.fates: dict[str, int] = {}
        self.last_list = _NO_ITEMS
        self._second, self._date = 0, b""

    def date(self) -> bytes:
        """The ``Date`` header's value, made once a second."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode()
        return self._date

    def answer(self, method: str, target: str, token: str, body: bytes) -> Answer:
        """Status, body and media type."""
        parts = urlsplit(target)
        path = [unquote(one) for one in parts.path.split("/") if one]
        query = dict(parse_qsl(parts.query))
        if path[:1] == ["control"]:
            return 200, json.dumps(self._stage(path[1], json.loads(body or b"{}"))).encode(), _JSON
        if token != TOKEN:
            return 401, b'{"error":"who are you?"}', _JSON
        kind = f"{method} {path[0] if path else ''}{'/…' if len(path) > 1 else ''}"
        self.requests[kind] = self.requests.get(kind, 0) + 1
        try:
            if path[0] == "items" and len(path) > 1:
                self.app.expect_to_see(path[1])
            if method == "GET":
                return self._read(path, query)
            return self._write(method, path, query, body)
        except Forbidden:
            return 403, b'{"error":"this is not for you"}', _JSON
        except Missing as error:
            return 404, json.dumps({"error": f"nothing here: {error}"}).encode(), _JSON
        except Refused as error:
            return 422, json.dumps({"error": str(error)}, ensure_ascii=False).encode(), _JSON
        except (KeyError, ValueError, IndexError) as error:
            return 400, json.dumps({"error": repr(error)}).encode(), _JSON

    def _read(self, path: list[str], query: dict[str, str]) -> Answer:
        app = self.app
        if path == ["whoami"]:
            return 200, json.dumps({"id": "us", "name": "Lockstep", "home": str(os.getpid())}).encode(), _JSON
        if path == ["births"]:
            found = app.births(query["container"], int(query["after"]), int(query["limit"]))
            return 200, b"[" + b",".join(found) + b"]", _JSON
        if path == ["items"] and "marker" in query:
            return 200, json.dumps(app.find(query["marker"])).encode(), _JSON
        if path == ["items"]:
            since = datetime.fromisoformat(query["since"]) if "since" in query else None
            first, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
            found = app.changes(query["container"], since, first, limit, heads="heads" in query)
            self.last_list = (200, b'{"items":[' + b",".join(found) + b"]}", _JSON)
            return self.last_list
        if path == ["ids"]:
            return 200, json.dumps(app.seen_ids(query["container"])).encode(), _JSON
        if path[0] == "files":
            return 200, app.file(path[1]), b"application/octet-stream"
        return 200, app.fetch(path[1]), _JSON

    def _write(self, method: str, path: list[str], query: dict[str, str], body: bytes) -> Answer:
        app = self.app
        if path[2:3] == ["files"]:
            made = app.add_file(path[1], query["name"], query["type"], body, own=True)
            return 201, json.dumps({"id": made}).encode(), _JSON
        given: dict[str, Any] = json.loads(body or b"{}")
        if path == ["items"]:
            return 201, app.create(given["container"], given["fields"], given["marker"], own=True), _JSON
        if path[2:] == ["links"]:
            app.link(path[1], given["target"], there=method == "POST")
            return 200, b"{}", _JSON
        if path[2:] == ["parent"]:
            app.set_parent(path[1], given["parent"])
            return 200, b"{}", _JSON
        if len(path) == 2 and method == "DELETE":
            app.delete(path[1])
            return 200, b"{}", _JSON
        if len(path) == 2:
            return 200, app.update(path[1], given), _JSON
        if method == "POST":
            made = app.add_comment(path[1], given["body"], given["marker"], "us", private=given["private"])
            return 201, json.dumps({"id": made}).encode(), _JSON
        app.edit_comment(path[1], path[3], given.get("body"))
        return 200, b"{}", _JSON

    def _stage(self, verb: str, given: dict[str, Any]) -> Any:
        """Another mood, or everything anew; whatever else a test does is in ``_control``."""
        if verb == "quirks":
            self.app.quirks = replace(self.app.quirks, **_tuples(given))
            return asdict(self.app.quirks)
        if verb == "reset":
            self.app = FakeApp(self.app.clock, self.app.chance)
            self.requests, self.fates, self.last_list = {}, {}, _NO_ITEMS
        return self._control(verb, given)

    def _control(self, verb: str, given: dict[str, Any]) -> Any:
        """What a test does behind the app's back."""
        app = self.app
        if verb == "fill":
            app.fill(given["container"], given["count"], given["text"], given.get("start", 0))
        elif verb == "create":
            return json.loads(app.create(given["container"], given["fields"], given.get("marker"), own=False))
        elif verb == "edit":
            return json.loads(app.update(given["id"], given["fields"]))
        elif verb == "comment":
            private = given.get("private", False)
            return app.add_comment(given["id"], given["body"], None, given.get("author", "p"), private=private)
        elif verb == "file":
            return app.add_file(given["id"], given["name"], "text/plain", given["text"].encode(), own=False)
        elif verb == "items":
            return [json.loads(app.look(one)) for one in app.ids(given["container"])]
        else:
            self._change(verb, given)
        held = len(app.ids(given.get("container", "main")))
        counts = {"writes": app.writes, "requests": self.requests, "fates": self.fates, "items": held}
        return counts | {"unseen": app.unseen()}

    def _change(self, verb: str, given: dict[str, Any]) -> None:
        app = self.app
        if verb == "edit_comment":
            app.edit_comment(given["id"], given["comment"], given["body"])
        elif verb == "delete":
            app.delete(given["id"])
        elif verb == "link":
            app.link(given["id"], given["target"], there=given.get("there", True))
        elif verb == "parent":
            app.set_parent(given["id"], given["parent"])
        elif verb == "restrict":
            app.restrict(given["id"], private=given.get("private", True))
        elif verb == "hide":
            (app.hidden.add if given.get("hidden", True) else app.hidden.discard)(given["id"])
        elif verb == "redate":
            app.redate(given["id"], datetime.fromisoformat(given["at"]))
        elif verb == "touch":
            for one in app.ids(given["container"]):
                app.update(one, {})


class Connection(asyncio.Protocol):
    """One connection: as much of HTTP/1.1 as clients of an API use (lengths, chunks, keep-alive, pipelines)."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).split(b"\r\n")
            headers = {}
            for line in head[1:]:
                name, _, value = line.partition(b":")
                headers[name.strip().lower()] = value.strip()
            taken = self._body(headers, end + 4)
            if taken is None:
                return
            body, size = taken
            del self._buffer[:size]
            method, target, _ = head[0].decode().split(" ", 2)
            self._serve(method, target, headers.get(b"authorization", b"").decode().removeprefix("Bearer "), body)

    def _body(self, headers: dict[bytes, bytes], start: int) -> tuple[bytes, int] | None:
        """The body and where it ends in the buffer; None while it is incomplete."""
        if headers.get(b"transfer-encoding", b"").lower() != b"chunked":
            size = start + int(headers.get(b"content-length", b"0"))
            return (bytes(self._buffer[start:size]), size) if len(self._buffer) >= size else None
        pieces: list[bytes] = []
        while True:
            end = self._buffer.find(b"\r\n", start)
            if end < 0:
                return None
            length = int(self._buffer[start:end], 16)
            if len(self._buffer) < end + 4 + length:
                return None
            if length == 0:
                return b"".join(pieces), end + 4
            pieces.append(bytes(self._buffer[end + 2 : end + 2 + length]))
            start = end + 4 + length

    def _serve(self, method: str, target: str, token: str, body: bytes) -> None:
        service, quirks = self._service, self._service.app.quirks
        if target.startswith("/control/"):
            self._send(service.answer(method, target, token, body))
            return
        listing = method == "GET" and target.startswith("/items?") and "marker=" not in target
        fate = draw(quirks, service.app.chance, write=method != "GET", listing=listing)
        if fate is not Fate.WELL:
            service.fates[fate.name.lower()] = service.fates.get(fate.name.lower(), 0) + 1
        if fate is Fate.BUSY:
            answer: Answer = (429, b'{"error":"slow down"}', _JSON)
        elif fate is Fate.BROKEN:
            answer = (500, b'{"error":"sporadic"}', _JSON)
        elif fate in _IN_ITS_PLACE:
            answer = _IN_ITS_PLACE[fate]
        elif fate is Fate.REPEATED:
            answer = service.last_list
        else:
            answer = service.answer(method, target, token, body)
        if fate is Fate.TRUNCATED and answer[2] == _JSON:
            answer = (answer[0], answer[1][: len(answer[1]) // 2], answer[2])
        wait = quirks.latency + (quirks.stall_seconds if fate is Fate.STALLED else 0.0)
        if wait:
            asyncio.get_running_loop().call_later(wait, self._send, answer, fate)
        else:
            self._send(answer, fate)

    def _send(self, answer: Answer, fate: Fate = Fate.WELL) -> None:
        status, body, kind = answer
        assert self._transport is not None
        if self._transport.is_closing():
            return
        if fate in {Fate.LOST, Fate.RESET}:
            self._transport.close()
            return
        more = pace(self._service.app.quirks, time.time()) if fate is Fate.BUSY else b""
        date = b"" if self._service.app.quirks.dateless else b"Date: %b\r\n" % self._service.date()
        head = b"HTTP/1.1 %d %b\r\n%bContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n"
        shown = body[: len(body) // 2] if fate is Fate.CUT else body
        self._transport.write(head % (status, _REASONS[status], date, kind, len(body), more) + shown)
        if fate is Fate.CUT:
            self._transport.close()


async def _until_the_end(service: Service, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", port)
    address = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{address[0]}:{address[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--text-bytes", type=int, default=600)
    parser.add_argument("--container", default="main")
    parser.add_argument("--quirks", default="{}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    quirks = Quirks(**_tuples(json.loads(given.quirks)))
    app = FakeApp(lambda: datetime.now(UTC), random.Random(given.seed), quirks)  # noqa: S311
    app.fill(given.container, given.items, some_text(given.text_bytes))
    asyncio.run(_until_the_end(Service(app), given.port))


def _tuples(given: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}


def some_text(size: int) -> str:
    """Words of about ``size`` bytes."""
    words = "The printer on the second floor answers with an error since this morning. "
    return (words * (size // len(words) + 1))[:size].strip()


if __name__ == "__main__":
    main()
