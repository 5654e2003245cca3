"""Linux: accounts, locks, ports and private folders; it must not know members or clusters."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

from appliance.errors import ApplianceError, ExitCode

ACCOUNTS = ("lockstep", "nobody")
"""The unprivileged accounts that PostgreSQL may run as when the agent is root, best first."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the system."""

    name: str
    uid: int
    gid: int


class Demotion(TypedDict, total=False):
    """Arguments of ``subprocess.Popen`` that let go of root for good."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged_account() -> Account | None:
    """The account for what refuses to run as root; None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ApplianceError(
        "PostgreSQL refuses to run as root and this system has neither a user lockstep nor nobody. "
        "Make one with: useradd --system lockstep"
    )


def demotion(account: Account | None) -> Demotion:
    """What to hand to ``subprocess`` so that a child runs as ``account`` (None: as ourselves)."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def closed_parent(path: Path, account: Account) -> Path | None:
    """The first folder on the way to ``path`` that ``account`` may not enter; None if the way is free."""
    for folder in reversed(path.absolute().parents):
        try:
            found = folder.stat()
        except FileNotFoundError:
            return None
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif found.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return folder
    return None


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


def require_port(port: int, option: str, host: str = "127.0.0.1") -> None:
    """Raise ``ApplianceError`` (PORT_IN_USE) that names ``port``, its holder and the ``option`` to change it."""
    if port < 1024 and os.geteuid() != 0:  # noqa: PLR2004 - the system's border of privileged ports
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except PermissionError as error:
                raise ApplianceError(
                    f"Port {port} needs root on this system. Choose one above 1023 with {option}.",
                    ExitCode.PORT_IN_USE,
                ) from error
            except OSError:
                pass
    if not port_is_free(port, host):
        raise ApplianceError(
            f"Port {port} is in use by {port_holder(port)}. Stop it, or choose another port with {option}.",
            ExitCode.PORT_IN_USE,
        )
