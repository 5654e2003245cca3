"""Steps of the path at which a test lets this process die, stop or fail; it must never do anything in production.

A test starts a process with ``LOCKSTEP_FAULT=POINT:ACTION[:N]``, and with ``LOCKSTEP_FAULTS_ALLOWED`` set to the words
below: the action then happens when the point is reached for the Nth time (the first, if not said). Both are read once,
when the process starts. The agent passes neither on to its members, so no installation can be brought to do this.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

FAULT: Final = "LOCKSTEP_FAULT"
ALLOWED: Final = "LOCKSTEP_FAULTS_ALLOWED"
CONSENT: Final = "this process belongs to a test"

POINTS: Final = (
    "lease.claimed",  # the control schema says that the tenant is ours; its fence is not raised yet
    "fence.raised",  # earlier holders are shut out; nothing is worked yet
    "run.begun",  # the run is written down
    "preview.page",  # a page of a dry run was read; nothing of it is written anywhere
    "feed.page",  # a page of changes was read, nothing of it looked at
    "page.looked",  # all items of the page and their twins are known, nothing is planned
    "journal.committing",  # the plan is written but not committed
    "journal.committed",  # the plan is on record, nothing has left
    "create.sending",
    "create.sent",  # the twin is there, and nobody here knows it
    "update.sending",
    "update.sent",
    "comment.sending",
    "comment.sent",
    "edit.sending",
    "edit.sent",
    "file.sending",
    "file.sent",
    "link.sending",
    "link.sent",
    "delete.sending",
    "delete.sent",
    "cursor.moved",  # written with the page that it covers, not committed
    "settle.committing",  # all writes of the page are done, its commit is not
    "settle.committed",
    "run.finished",
    "change.committing",  # web: a change of what is configured is written but not committed
    "change.committed",  # web: it is committed, and the caller does not know
)
"""Every point, in the order of the path. Each is placed once in the code, and no other is."""


def _kill() -> None:
    """End as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    """Stand still until somebody sends SIGCONT; at this very point, where a signal to the process would be late."""
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _full() -> None:
    """Fail as a write to a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _cut() -> None:
    """Lose every connection that is open, to the database and to the apps."""
    import psutil  # noqa: PLC0415 - only a test comes here

    for connection in psutil.Process().net_connections("tcp"):
        with suppress(OSError), socket.socket(fileno=os.dup(connection.fd)) as open_:
            open_.shutdown(socket.SHUT_RDWR)


_ACTIONS: Final = {"kill": _kill, "stop": _stop, "full": _full, "cut": _cut}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, where, and at which time of reaching it. Thread-safe."""

    point: str
    action: str
    time: int = 1
    _times: Iterator[int] = field(default_factory=lambda: count(1), compare=False, repr=False)

    def reach(self, point: str) -> None:
        """Do it, if this is the point and the time."""
        if point == self.point and next(self._times) == self.time:
            _ACTIONS[self.action]()


def armed(environment: Mapping[str, str]) -> Fault | None:
    """The fault that the environment names; None without the words of consent. Raises ``ValueError``."""
    named = environment.get(FAULT)
    if named is None or environment.get(ALLOWED) != CONSENT:
        return None
    point, _, rest = named.partition(":")
    action, _, time = rest.partition(":")
    if point not in POINTS or action not in _ACTIONS:
        raise ValueError(f"{FAULT}={named} names no point or no action")
    return Fault(point, action, int(time or 1))


_FAULT: Final = armed(os.environ)


def reach(point: str) -> None:
    """Say that the path has come to ``point``. In production this does nothing."""
    if _FAULT is not None:
        _FAULT.reach(point)
