"""The product's own processes of a node, which for this once also know the fake app: started, killed, stopped, woken.

``python -m tests.support.processes web|sync SETTINGS`` is such a process; it ends when its standard input closes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal, Self

import psutil

from server import faults
from server.__main__ import serve
from tests.support.fakeapp.joined import the_fake_app_known

_ROOT = Path(__file__).parents[2]
_PATIENCE = 30.0


class Process:
    """One process of a node; it ends with the context. ``fault`` is one of ``server.faults``."""

    def __init__(
        self, part: Literal["web", "sync"], settings: Path, log: Path, *, fault: str = "", **environment: str
    ) -> None:
        if fault:
            environment |= {faults.FAULT: fault, faults.ALLOWED: faults.CONSENT}
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.support.processes", part, str(settings)],
                cwd=_ROOT,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self.seen = psutil.Process(self._child.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            self._child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def alive(self) -> bool:
        """Whether it runs, or stands still."""
        return self._child.poll() is None

    def stands_still(self) -> bool:
        """Whether it was stopped (SIGSTOP)."""
        return self.alive() and self.seen.status() == psutil.STATUS_STOPPED

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.alive(), self.said()
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """Let it stand still."""
        os.kill(self._child.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        os.kill(self._child.pid, signal.SIGCONT)

    def was_killed(self) -> bool:
        """Whether it is dead, and by SIGKILL; any other end fails the test at once."""
        if self.alive():
            return False
        assert self._child.returncode == -signal.SIGKILL, self.said()
        return True

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-4000:]


if __name__ == "__main__":
    with the_fake_app_known():
        sys.exit(serve(sys.argv[1], Path(sys.argv[2])))
