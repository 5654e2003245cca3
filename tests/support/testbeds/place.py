"""Where test beds live and how their processes are started and ended; it must not know any tracker."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

_PATIENCE = 90.0
"""Seconds a tracker may take to answer, on a machine with other work to do."""
_LOOK_EVERY = 0.05


class NotStarted(RuntimeError):
    """A test bed could not be built or started; the message says what its log says."""


def cache_folder() -> Path:
    """Where templates are kept between runs, outside the repository."""
    told = os.environ.get("LOCKSTEP_TESTBEDS")
    if told:
        return Path(told)
    if os.geteuid() == 0:
        return Path("/var/cache/lockstep-testbeds")
    return Path.home() / ".cache" / "lockstep-testbeds"


def template(name: str, recipe: str, build: Callable[[Path], None]) -> Path:
    """The folder of a built template; built when missing or when ``recipe`` changed.

    ``build`` fills a folder. Cut off in the middle it leaves ``NAME.new``, which the next call replaces.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            for older in folder.glob(f"{name}-*"):
                shutil.rmtree(older, ignore_errors=True)
            fresh = folder / f"{name}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            build(fresh)
            fresh.rename(wanted)
    return wanted


def run_to_end(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path | None = None) -> None:
    """Run one command; raises ``NotStarted`` with the end of its output when it fails."""
    with log.open("w") as out:
        done = subprocess.run(
            command, env={**os.environ, **environment}, cwd=folder, stdout=out, stderr=out, check=False
        )
    if done.returncode:
        raise NotStarted(f"{command[0]} failed ({done.returncode}): {end_of(log)}")


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, url: str, headers: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers ``url`` with 200, ended with its whole process group afterwards."""
    log = folder / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            ("setpriv", "--pdeathsig", "TERM", *command),  # it does not outlive a test process that was killed
            env={**os.environ, **environment},
            cwd=environment.get("PWD"),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait_until_up(process, url, headers, log)
        yield process
    finally:
        _end(process)


def _wait_until_up(process: subprocess.Popen[bytes], url: str, headers: Mapping[str, str], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStarted(f"{url} ended at once: {end_of(log)}")
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, headers=dict(headers), timeout=5).ok:
                return
        time.sleep(_LOOK_EVERY)
    raise NotStarted(f"{url} does not answer: {end_of(log)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for what, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, what)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def end_of(log: Path) -> str:
    """The last lines that a server or a command wrote."""
    return log.read_text(errors="replace")[-2000:]
