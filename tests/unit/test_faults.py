"""Fault points: listed where one reads them, placed once each, and dead unless a test says the words."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import server
from server.faults import ALLOWED, CONSENT, FAULT, POINTS, armed

ROOM = Path(server.__file__).parent


def placed() -> Counter[str]:
    """Every name that is reached in the code, with how often."""
    found: Counter[str] = Counter()
    for file in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "faults.reach":
                [name] = node.args
                point = getattr(name, "value", None)
                assert isinstance(point, str), f"{file}:{node.lineno} reaches a point that nobody can read"
                found[point] += 1
    return found


def run(environment: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """A process that reaches a point three times and says so."""
    return subprocess.run(
        [sys.executable, "-c", f"from server.faults import reach\n{code}"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOM.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


THREE_TIMES = "for n in range(3):\n  print(n, flush=True); reach('journal.committed')"


def test_every_listed_point_is_placed_once_and_every_placed_one_is_listed() -> None:
    assert placed() == Counter(POINTS)


def test_a_process_without_the_words_reaches_every_point_unharmed() -> None:
    for environment in ({FAULT: "journal.committed:kill"}, {FAULT: "journal.committed:kill", ALLOWED: "yes"}):
        done = run(environment, THREE_TIMES)
        assert (done.returncode, done.stdout.split()) == (0, ["0", "1", "2"])


def test_a_process_dies_at_the_time_that_was_said_and_not_before() -> None:
    done = run({FAULT: "journal.committed:kill:2", ALLOWED: CONSENT}, THREE_TIMES)
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["0", "1"])


def test_another_point_is_passed_unharmed() -> None:
    done = run({FAULT: "settle.committed:kill", ALLOWED: CONSENT}, THREE_TIMES)
    assert done.returncode == 0


def test_a_full_disk_is_the_operating_systems_own_error() -> None:
    done = run({FAULT: "journal.committed:full", ALLOWED: CONSENT}, THREE_TIMES)
    assert "OSError: [Errno 28] No space left on device" in done.stderr


def test_a_process_that_is_cut_loses_what_it_had_open() -> None:
    code = """
import socket
here, there = socket.create_server(("127.0.0.1", 0)), socket.socket()
there.connect(here.getsockname())
peer, _ = here.accept()
reach("feed.page")
print(peer.recv(1) == b"" and there.recv(1) == b"")
"""
    done = run({FAULT: "feed.page:cut", ALLOWED: CONSENT}, code)
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize("named", ["nowhere:kill", "journal.committed:dance", "journal.committed", ""])
def test_a_fault_that_does_not_exist_is_refused_at_the_start(named: str) -> None:
    with pytest.raises(ValueError, match="names no point or no action"):
        armed({FAULT: named, ALLOWED: CONSENT})
