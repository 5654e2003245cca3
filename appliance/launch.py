"""Starts the agent: here until it is told to stop, or as a process of its own; it must not know what the agent does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from appliance.config import Wishes
from appliance.control.client import START_JOB, Client, read_control_file
from appliance.control.messages import Job, Status
from appliance.demote import agent_environment, let_go
from appliance.errors import ApplianceError, ExitCode
from appliance.system.linux import short_pause


def start_detached(
    data: Path,
    https_port: int | None,
    http_port: int | None,
    base_domain: str | None,
    seen: Callable[[Job], None],
) -> Status:
    """Start an agent that outlives us and wait until everything runs; ``seen`` gets its progress.

    Raises ``ApplianceError`` with the agent's own sentence and exit code when it does not come up.
    """
    child, said = _detach(data, https_port, http_port, base_domain)
    with said:
        return _await_start(data, child, said, seen)


def _detach(
    data: Path, https_port: int | None, http_port: int | None, base_domain: str | None
) -> tuple[subprocess.Popen[bytes], Any]:
    wishes = _words(Wishes(https_port, http_port, base_domain))
    said = tempfile.TemporaryFile()  # noqa: SIM115 - read when the agent ends early
    child = subprocess.Popen(
        [sys.executable, "-m", "appliance", "start", "--foreground", "--data", str(data), *wishes],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
        cwd="/",
        env=agent_environment(),
    )
    return child, said


def _words(wishes: Wishes) -> list[str]:
    words = {
        "--https-port": wishes.https_port,
        "--http-port": wishes.http_port,
        "--base-domain": wishes.base_domain,
    }
    return [part for option, value in words.items() if value is not None for part in (option, str(value))]


def _await_start(data: Path, child: subprocess.Popen[bytes], said: Any, seen: Callable[[Job], None]) -> Status:
    def ended() -> NoReturn:
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
        sentence = lines[-1].removeprefix("lockstep: ") if lines else "The agent ended at once."
        code = child.returncode if child.returncode in set(ExitCode) else ExitCode.FAILED
        raise ApplianceError(sentence, ExitCode(code or ExitCode.FAILED))

    while True:
        control = read_control_file(data) if child.poll() is None else None
        if child.returncode is not None:
            ended()
        if control is not None and control.pid == child.pid:
            break
        short_pause()
    client = Client(control)
    try:
        client.await_job(client.job(START_JOB), seen)
        return client.status()
    except ApplianceError:
        # Either the agent ends now and says why itself, or it goes on with what works.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
            ended()
        raise


def run_here(data: Path, https_port: int | None, http_port: int | None, base_domain: str | None) -> None:
    """Run an agent until a signal or somebody asks it to stop. Raises why it ended, if it ended by itself.

    As root this process goes on as the appliance's own account (``demote``).
    """
    wishes = Wishes(https_port, http_port, base_domain)
    let_go(data, ["start", "--foreground", *_words(wishes)], wishes)
    # Imported here because the agent's weight would double the time of every other command.
    from appliance.agent import Agent, serve  # noqa: PLC0415

    agent = Agent(data, wishes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.ask_to_stop())
    serve(agent, lambda: click.echo(f"Lockstep runs (pid {os.getpid()}). Ctrl-C ends it.", err=True))
