"""Linux: locks, ports and private folders; it must not know members or clusters.

Its siblings: ``linux_account`` (whom we run as), ``linux_rights`` (what a process may do), ``linux_folder`` (whose a
folder is) and ``linux_view`` (what a process sees of the disk).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from appliance.errors import ApplianceError, ExitCode
from appliance.system.linux_rights import needs_right


def lock(path: Path) -> int | None:
    """Lock ``path`` for as long as the returned descriptor stays open; None if another process holds it.

    The system lets go of the lock when the process ends, however it ends.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def short_folder(data: Path) -> Path:
    """A private folder (0700) with a short path for the sockets of the data folder ``data``, always the same.

    Socket paths end at 107 bytes; a data folder may lie deeper. Raises ``ApplianceError`` when somebody else
    made a folder of that name.
    """
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"lockstep-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ApplianceError(f"{folder} is not this account's private folder. Remove it, then start again.")
    return folder


def short_pause() -> None:
    """The pause between two looks at something that is about to change (0.05 s)."""
    time.sleep(0.05)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server of ours could listen on ``host:port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """A port on loopback that nobody listens on and that is not in ``taken``."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def claim_port(port: int) -> socket.socket | None:
    """Keep ``port`` for ourselves among all appliances of this host; None when another has it.

    Between the look at a port and the moment when its server listens lie seconds, in which another appliance may look,
    too. The claim is a name that the kernel gives to one process only, beside the port itself; it lasts until it is
    closed or the process is gone, however that goes.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0lockstep-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim


def claim_free_port(port: int, taken: frozenset[int], host: str = "127.0.0.1") -> tuple[int, socket.socket]:
    """Keep ``port`` if it is free and no other appliance has claimed it, else another that is not in ``taken``."""
    while True:
        claim = claim_port(port)
        if claim is not None and port not in taken and port_is_free(port, host):
            return port, claim
        if claim is not None:
            claim.close()
        port = free_port(taken)


def _listeners(port: int) -> Iterator[psutil.Process]:
    for connection in psutil.net_connections("tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port:
            yield psutil.Process(connection.pid)


def port_holder(port: int) -> str:
    """Who listens on ``port``, such as ``nginx (pid 812)``; ``another process`` when the system does not tell."""
    try:
        for process in _listeners(port):
            return f"{process.name()} (pid {process.pid})"
    except psutil.Error:
        pass
    return "another process"


def port_owner(port: int) -> int | None:
    """Whose process listens on ``port``; None if nobody's, or the system does not tell."""
    with contextlib.suppress(psutil.Error):
        for process in _listeners(port):
            return int(process.uids().real)
    return None


def require_port(port: int, option: str, host: str = "127.0.0.1") -> None:
    """Raise ``ApplianceError`` (PORT_IN_USE) that names ``port``, its holder and the ``option`` to change it."""
    if needs_right(port):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except PermissionError as error:
                raise ApplianceError(
                    f"Port {port} is kept for root on this system. Start Lockstep as root (it lets go of that by "
                    f"itself), or choose a port above 1023 with {option}.",
                    ExitCode.PORT_IN_USE,
                ) from error
            except OSError:
                pass
    if not port_is_free(port, host):
        raise ApplianceError(
            f"Port {port} is in use by {port_holder(port)}. Stop it, or choose another port with {option}.",
            ExitCode.PORT_IN_USE,
        )
