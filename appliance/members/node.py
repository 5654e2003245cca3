"""A cluster's processes, ``web`` and ``sync``: started with a settings file; it must not know what they do.

Their standard input is a pipe that the agent holds: when the agent ends, however it ends, they end too. One that
takes its time is ended by the next start.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests

import appliance
from appliance.config import DataFolder
from appliance.errors import ApplianceError, ExitCode
from appliance.members.member import Finding, Say
from appliance.members.process import Running, find_left, forget, start_process
from appliance.system.linux import port_holder, port_is_free

SERVER = (sys.executable, "-m", "server")
"""How the server's house is entered; it is never imported."""


def server_environment() -> dict[str, str]:
    """What the server's processes need to be found wherever the agent was started."""
    return {"PYTHONPATH": str(Path(appliance.__file__).parent.parent), "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Node:
    """One process of a cluster. ``settings`` is its settings file; ``web_port`` is the web process's port."""

    folder: DataFolder
    cluster: str
    part: Literal["web", "sync"]
    settings: Path
    web_port: int | None = None
    command: tuple[str, ...] = SERVER

    @property
    def name(self) -> str:
        """``CLUSTER/web`` or ``CLUSTER/sync``."""
        return f"{self.cluster}/{self.part}"

    @property
    def port(self) -> int | None:
        """The web process's port on loopback."""
        return self.web_port

    @property
    def patience(self) -> float | None:
        """A minute without an answer is a hang."""
        return 60.0

    def prepare(self, say: Say) -> None:
        """Look that its settings are there; the agent wrote them."""
        say("starting")
        if not self.settings.exists():
            raise ApplianceError(f"{self.settings} is missing. Restart the agent to write it anew.")

    def start(self, say: Say) -> Running:
        """End what an earlier agent left (its pipe is gone, it cannot be taken over) and start."""
        left = find_left(self.folder, self.name)
        if left is not None:
            say("waiting for the process of the agent before to end")
            if not left.wait(5):
                self.stop(left)
        if self.web_port is not None and not port_is_free(self.web_port):
            raise ApplianceError(
                f"Port {self.web_port} is in use by {port_holder(self.web_port)}. Stop it, or restart the agent, "
                "which then takes another port.",
                ExitCode.PORT_IN_USE,
            )
        return start_process(
            self.folder,
            self.name,
            [*self.command, self.part, "--settings", str(self.settings)],
            place=self.folder.cluster(self.cluster),
            environment=server_environment(),
            hold_stdin=True,
        )

    def stop(self, running: Running) -> None:
        """Let it finish what it does (SIGTERM), for half a minute."""
        running.end((signal.SIGTERM, 30.0))
        forget(self.folder, self.name)

    def health(self, running: Running) -> Finding:
        """For the web process: whether it says that it is well. The sync process is well while it runs.

        One that serves and misses its database is left alone: it tells people so, and goes on by itself.
        """
        if not running.alive():
            return Finding(ready=False, message=running.exit_sentence())
        if self.web_port is None:
            return Finding(ready=True)
        place = f"http://127.0.0.1:{self.web_port}/-/node"
        try:
            alive = requests.get(f"{place}/alive", timeout=3).ok
        except requests.RequestException:
            return Finding(ready=False, message="not answering yet")
        try:
            answer = requests.get(f"{place}/health", timeout=3)
        except requests.RequestException:
            return Finding(ready=False, message="it waits for its database", awaits=alive)
        if answer.ok:
            return Finding(ready=True)
        return Finding(ready=False, message=_why(answer), awaits=alive)


def _why(answer: requests.Response) -> str:
    """The web process's own sentence, where it has one."""
    try:
        return str(answer.json()["message"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return f"it answers {answer.status_code}: {answer.text[:200].strip()}"
