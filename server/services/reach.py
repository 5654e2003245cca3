"""Where the connections of a cluster's tenants may lead now, read from the file that the agent writes.

Who looks after the machine lists hosts and networks (``lockstep cluster reach``); no tenant can, for the file is the
agent's. It is looked at once a second, so a change holds without a restart. It must not write the file.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.connectors.reach import Listed, Reach

_LOOK_SECONDS: Final = 1.0
_NOTHING: Final = Reach()


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Listed(_Part):
    """A host's name (``*.`` before it: all below) or a network, at one port or at every one that is not ours."""

    name: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = Field(default=None, ge=1, le=65535)


class _File(_Part):
    """``own_ports`` and ``own_names``: where this machine's Lockstep itself answers."""

    listed: tuple[_Listed, ...] = ()
    only_listed: bool = False
    own_ports: frozenset[int] = frozenset()
    own_names: frozenset[str] = frozenset()


def nothing_listed() -> Reach:
    """Nothing is listed and no port of ours is known."""
    return _NOTHING


def reach_of(path: Path | None) -> Callable[[], Reach]:
    """What the file says whenever it is asked."""
    return nothing_listed if path is None else _Reading(path)


class _Reading:
    """Reads the file when it has changed. One that cannot be read changes nothing. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known = _NOTHING
        self._stamp: tuple[int, int, int] | None = None
        self._troubled = False
        self._looked = -_LOOK_SECONDS

    def __call__(self) -> Reach:
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return self._known
        with self._lock:
            if now - self._looked >= _LOOK_SECONDS:
                self._look()
                self._looked = now
        return self._known

    def _look(self) -> None:
        try:
            with self._path.open("rb") as stream:
                found = os.fstat(stream.fileno())
                stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
                if stamp == self._stamp:
                    return
                told = _File.model_validate_json(stream.read())
        except (OSError, ValidationError) as error:
            if not self._troubled:
                said = "where connections may lead cannot be read; what was known holds"
                structlog.get_logger().warning(said, file=str(self._path), cause=str(error))
            self._troubled = True
            return
        self._troubled = False
        self._stamp = stamp
        listed = tuple(Listed(one.port, one.name, one.network) for one in told.listed)
        self._known = Reach(listed, told.only_listed, told.own_ports, told.own_names)
