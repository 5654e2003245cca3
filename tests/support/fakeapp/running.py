"""Starts and stops a fake app for a test or a benchmark, and talks to it behind the connector's back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.serve import TOKEN

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Running:
    """A fake app in its own process."""

    url: str
    pid: int

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a connection to it."""
        return {"url": self.url, "token": TOKEN}

    def control(self, verb: str, **given: Any) -> Any:
        """Do something behind the app's back: ``reset quirks fill create edit comment file restrict items``, ..."""
        answer = requests.post(f"{self.url}/control/{verb}", json=given, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def items(self, container: str = "main") -> list[dict[str, Any]]:
        """Every item as the app holds it."""
        found: list[dict[str, Any]] = self.control("items", container=container)
        return found

    def counts(self) -> dict[str, Any]:
        """``writes`` so far, ``requests`` by kind, ``items`` held, how many of them the list does not show yet."""
        found: dict[str, Any] = self.control("counts")
        return found


@contextmanager
def running(*, items: int = 0, text_bytes: int = 600, quirks: Quirks | None = None, seed: int = 1) -> Iterator[Running]:
    """A fake app, ready; it ends with the context, or with this process."""
    given = [f"--items={items}", f"--text-bytes={text_bytes}", f"--seed={seed}"]
    given.append("--quirks=" + json.dumps(asdict(quirks or Quirks())))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fakeapp.serve", *given],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http"), "the fake app did not start"
        yield Running(url, process.pid)
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
