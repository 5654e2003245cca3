"""Runs the ``lockstep`` command as a person would, and finds and ends whatever an appliance left running."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from appliance.control.messages import ControlFile
from appliance.members.process import MARK
from appliance.system.linux_account import account_name, find_account
from tests.support.ports import free_port

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON value."""
        return json.loads(self.out)


def eventually(look: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until ``look`` says yes; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.05)


@contextlib.contextmanager
def new_installation() -> Iterator[Installation]:
    """An appliance that was never started, with free ports; ended and removed at the end."""
    # Not below pytest's own folder: that one is closed to the account of an appliance that root starts.
    place = Path(tempfile.mkdtemp(prefix="lockstep-test-"))
    place.chmod(0o755)
    made = Installation(place / "var")
    try:
        yield made
    finally:
        made.end_all()
        shutil.rmtree(place, ignore_errors=True)


@dataclass
class Installation:
    """One data folder and two ports."""

    data: Path
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)

    def lockstep(self, *words: str, stdin: str = "", seconds: float = 120) -> Done:
        """Run a command on this folder."""
        done = subprocess.run(
            [sys.executable, "-m", "appliance", *words, "--data", str(self.data)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=seconds,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> Done:
        """``lockstep start`` on our ports."""
        ports = ("--https-port", str(self.https_port), "--http-port", str(self.http_port))
        return self.lockstep("start", *ports, *words)

    def must(self, *words: str, stdin: str = "") -> Any:
        """Run a command with ``--json`` that must succeed; its value."""
        done = self.lockstep(*words, "--json", stdin=stdin)
        assert done.code == 0, done.err + done.out
        return done.json

    def status(self) -> Any:
        """``lockstep status --json``."""
        return self.must("status")

    def member(self, name: str) -> Any:
        """One member of the status."""
        return next(member for member in self.status()["members"] if member["name"] == name)

    def control(self) -> ControlFile:
        """Where the agent listens."""
        return ControlFile.model_validate_json((self.data / "agent" / "control.json").read_bytes())

    def kill_agent(self) -> None:
        """``kill -9`` the agent and wait until it is gone."""
        agent = psutil.Process(self.control().pid)
        agent.kill()
        with contextlib.suppress(psutil.NoSuchProcess):
            eventually(lambda: not agent.is_running() or agent.status() == psutil.STATUS_ZOMBIE)

    def processes(self) -> dict[int, str]:
        """All living members of this folder, by pid, whoever started them."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                mark = process.environ().get(MARK, "")
                if mark.startswith(f"{self.data}:") and process.status() != psutil.STATUS_ZOMBIE:
                    found[process.pid] = mark.removeprefix(f"{self.data}:")
        return found

    def end_all(self) -> None:
        """Stop the appliance, and kill what is left of it."""
        with contextlib.suppress(FileNotFoundError, subprocess.TimeoutExpired):
            pid = self.control().pid
            self.lockstep("stop")
            with contextlib.suppress(psutil.NoSuchProcess):
                agent = psutil.Process(pid)
                if "appliance" in agent.cmdline():
                    agent.kill()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self.processes())
        name = account_name(self.data)
        if os.geteuid() == 0 and find_account(name) is not None:
            # Not while a process of it is still on its way out, nor while another test changes the list of accounts.
            eventually(lambda: subprocess.run(["userdel", name], check=False, capture_output=True).returncode in {0, 6})
