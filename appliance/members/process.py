"""A member's process: started, recorded, found again and ended; it must not know what the member does.

A record (pid and creation time, so that a reused pid is never mistaken) lies in ``agent/members``. A ``kill -9``
between the start and the record leaves a process without a record; it is found by the mark in its environment.
Standard output goes straight to the log file, opened for appending, so a member outlives its agent in peace.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from appliance.config import DataFolder, read_json, told_plainly, write_private
from appliance.errors import ApplianceError
from appliance.system.linux_rights import open_as_many_files_as_allowed, port_right_lent

MARK = "LOCKSTEP_MEMBER"
"""The environment variable that says whose member a process is."""
LOG_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Usage:
    """What a member uses: ``cpu_percent`` of one core since the last question, ``memory_bytes`` resident."""

    cpu_percent: float
    memory_bytes: int


@dataclass(slots=True)
class Running:
    """A process of ours. ``child`` is None for one that an earlier agent started."""

    process: psutil.Process
    child: subprocess.Popen[bytes] | None = None
    children: dict[int, psutil.Process] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        if self.child is not None:
            return self.child.poll() is None
        try:
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def exit_sentence(self) -> str:
        """How it ended, for people."""
        code = self.child.returncode if self.child is not None else None
        if code is None:
            return "it ended"
        return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone already is no error."""
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            self.process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came in time."""
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def end(self, *signals: tuple[signal.Signals, float]) -> None:
        """Send each signal and wait its seconds; SIGKILL comes last. Returns when the process is gone."""
        for number, seconds in signals:
            self.send(number)
            if self.wait(seconds):
                break
        else:
            self.send(signal.SIGKILL)
            self.wait(10)
        if self.child is not None and self.child.stdin is not None:
            with contextlib.suppress(OSError):
                self.child.stdin.close()

    def usage(self) -> Usage:
        """What it and its children use now."""
        cpu, memory = 0.0, 0
        try:
            now = {self.process.pid: self.process}
            now.update({child.pid: child for child in self.process.children(recursive=True)})
        except psutil.Error:
            return Usage(0.0, 0)
        self.children = {pid: self.children.get(pid, process) for pid, process in now.items()}
        for pid, process in self.children.items():
            with contextlib.suppress(psutil.Error):
                cpu += process.cpu_percent(None)
                found = process.memory_info()
                # Children of PostgreSQL share most of what they map: count that once.
                memory += found.rss if pid == self.pid else max(0, found.rss - getattr(found, "shared", 0))
        return Usage(round(cpu, 1), memory)


def _record(folder: DataFolder, name: str) -> Path:
    return folder.members / f"{name.replace('/', '-')}.json"


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The few variables a member gets, and ``extra``. Nothing of the person's session leaks into a service."""
    kept = ("PATH", "TZ", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        **extra,
    }


def start_process(
    folder: DataFolder,
    name: str,
    command: Sequence[str],
    *,
    place: Path,
    environment: Mapping[str, str],
    hold_stdin: bool = False,
    ports_of_root: bool = False,
) -> Running:
    """Start ``command`` in ``place`` as member ``name``, logging to its log, and record it.

    ``hold_stdin``: its standard input is a pipe that closes when we end, however we end. ``ports_of_root``: it may
    listen on them where we may. Raises ``ApplianceError`` when the program cannot be started.
    """
    log = folder.log_of(name)
    open_as_many_files_as_allowed()
    try:
        right = port_right_lent() if ports_of_root else contextlib.nullcontext()
        with told_plainly(log.parent), log.open("ab") as output, right:
            log.chmod(0o600)
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE if hold_stdin else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=place,
                env={**clean_environment(environment), MARK: f"{folder.root}:{name}"},
                start_new_session=True,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise ApplianceError(f"{name} could not be started: {error}.") from error
    try:
        process = psutil.Process(child.pid)
        write_private(_record(folder, name), f'{{"pid": {child.pid}, "create_time": {process.create_time()!r}}}\n')
    except psutil.NoSuchProcess:
        child.wait()
        raise ApplianceError(f"{name} ended at once; its log is {log}.") from None
    return Running(process, child)


def forget(folder: DataFolder, name: str) -> None:
    """Remove the record of a member that has ended."""
    _record(folder, name).unlink(missing_ok=True)


def find_left(folder: DataFolder, name: str) -> Running | None:
    """The process of member ``name`` that an earlier agent left running, None if there is none."""
    record = read_json(_record(folder, name))
    if record is not None:
        running = _same(record.get("pid"), record.get("create_time"))
        if running is not None:
            return running
    return next(_marked(folder, name), None)


def _same(pid: object, created: object) -> Running | None:
    if not isinstance(pid, int) or not isinstance(created, float):
        return None
    try:
        running = Running(psutil.Process(pid))
        # The clock of the boot moves a little between two readings of /proc.
        same = abs(running.process.create_time() - created) < 0.5  # noqa: PLR2004
    except psutil.NoSuchProcess:
        return None
    return running if same and running.alive() else None


def _marked(folder: DataFolder, name: str) -> Iterator[Running]:
    mark = f"{folder.root}:{name}"
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) != mark or process.status() == psutil.STATUS_ZOMBIE:
                continue
            parent = process.parent()
            if parent is None or _mark_of(parent) != mark:
                yield Running(process)


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def left_names(folder: DataFolder) -> tuple[str, ...]:
    """The names of all members of ``folder`` that still run, with a record or without."""
    names = set()
    for process in psutil.process_iter():
        mark = _mark_of(process) or ""
        if mark.startswith(f"{folder.root}:"):
            names.add(mark.removeprefix(f"{folder.root}:"))
    return tuple(sorted(names))


def turn_log(path: Path) -> None:
    """Move a log that has grown past ``LOG_BYTES`` aside (``.1`` is the newest of ``LOGS_KEPT``).

    The member keeps its descriptor, so the content is copied and the file cut; it appends, so nothing breaks.
    A line written between the two is lost, which a log can bear and a reopened pipe could not.
    """
    try:
        if path.stat().st_size < LOG_BYTES:
            return
        for number in range(LOGS_KEPT - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number + 1}"))
        write_private(path.with_name(f"{path.name}.1"), path.read_text(encoding="utf-8", errors="replace"))
        os.truncate(path, 0)
    except FileNotFoundError:
        return


def in_one_line(message: str) -> str:
    """The message without line ends and other signs that steer a terminal: nobody adds a line to a log by a name."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message)


def last_lines(path: Path, count: int) -> tuple[str, ...]:
    """The last ``count`` lines of a log, none if it is not there."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 64 * 1024))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(lines[-count:]) if count else ()
