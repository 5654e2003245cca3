"""A running app as the suite for connectors needs it, and a server that is none; it must not try anything."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

from server.connectors import registry
from server.connectors.base import Connector
from server.connectors.http import HttpOutlet
from server.domain.item import Draft
from server.domain.values import Value


@dataclass(frozen=True, slots=True)
class Tracker:
    """A running app, as the suite needs it.

    ``settings`` are a connection's, with ``wrong`` laid over them the credentials are not valid. ``container`` is
    where the suite works, ``crowd`` another one (or the same) that holds more than a page of items when ``crowded``
    was called with how many there shall be. ``values`` gives two different values for each field that is tried,
    ``statuses`` two statuses of which the second is reached from the first. ``unknown`` is an item that never was.

    What people do goes past the connector: ``edit`` gives an item a new title, ``comment`` posts one (private or
    not), ``delete`` removes an item, ``person`` is the name that people see of who does so.
    """

    kind: str
    settings: Mapping[str, str]
    wrong: Mapping[str, str]
    container: str
    item_type: str
    title: str
    description: str
    values: Mapping[str, tuple[Value, Value]]
    statuses: tuple[str, str]
    status: str
    unknown: str
    edit: Callable[[str, str], None]
    comment: Callable[[str, str, bool], None]
    delete: Callable[[str], None]
    person: str
    create: Callable[[str, str, int], None]
    """Make so many items of a container as fast as the app can: (container, title, how many)."""
    crowd: str
    restrict: Callable[[str, bool], None]
    """A person restricts an item to some, or lets everybody see it: (item, restricted)."""
    restricted_by: Mapping[str, str] = field(default_factory=dict)
    """The settings under which what ``restrict`` does restricts, where these say which fields do."""
    links: tuple[str, ...] = ()
    """Kinds of link to try, where the app knows links; a parent is tried besides, where it knows hierarchy."""
    keeps_items: str = ""
    """Words of the refusal where the account may not delete items."""
    one_address: str = ""
    """Why the app answers at no other address than its own; empty: it answers at every one."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further fields that the app requires at creation, by their ids."""

    def connect(self, **over: str) -> Connector:
        """A connector on these settings, some replaced."""
        settings = {**self.settings, **over}
        return registry.open_connector(self.kind, settings, HttpOutlet(settings["url"]))

    def draft(self, **fields: Value) -> Draft:
        """A new item's draft with a title and a correlation id of its own."""
        title: dict[str, Value] = {self.title: f"Prüfung {uuid.uuid4()}"}
        return Draft(self.container, self.item_type, title | dict(self.more) | fields, str(uuid.uuid4()))


class other_server:  # noqa: N801 - used as a context
    """A server on loopback that is none of the apps: answers all with a web page or with somebody else's JSON."""

    def __init__(self, kind: str) -> None:
        body, media = {
            "page": (b"<html><title>Hello</title><body>A shop</body></html>", "text/html"),
            "json": (b'{"hello": "world"}', "application/json"),
        }[kind]

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
