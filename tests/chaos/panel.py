"""What a person does in the panel, over real HTTP to the real web process; it must not reach past it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.support.web import CHEAP

PASSWORD = "correct horse battery staple"
PATIENCE = 60.0
"""Seconds that anything may take on a machine with other work to do."""
HASH = CHEAP.hash(PASSWORD)

Json = dict[str, Any]


def wait_until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Ask twenty times a second until it is so."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        tick.wait(0.05)


class Panel:
    """Signed in at one tenant's address. ``integration`` is the one that it made."""

    def __init__(self, port: int, tenant: str) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._base = f"{self._root}/t/{tenant}/api/v1"
        self._session = requests.Session()
        self.integration = ""

    def sign_in(self) -> None:
        """Wait for the web process, and sign in as the administrator."""
        wait_until(self._answers, "the web process to serve")
        self._session.headers.pop("X-CSRF-Token", None)
        me = self.ask("POST", "/session", {"login": "admin", "password": PASSWORD})
        self._session.headers["X-CSRF-Token"] = me["csrf"]

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """One request that must succeed; its JSON. Raises ``requests.ConnectionError`` when the process dies in it."""
        answer = self._session.request(method, self._base + path, json=body, timeout=PATIENCE)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def integrations(self) -> list[Json]:
        """Every integration as it is shown."""
        found: list[Json] = self.ask("GET", "/integrations")
        return found

    def holds(self) -> list[Json]:
        """What is held back."""
        found: list[Json] = self.ask("GET", "/holds")
        return found

    def runs(self, trigger: str) -> list[Json]:
        """The runs of a kind that are over, the newest first."""
        found = self.ask("GET", f"/runs?integration={self.integration}")
        return [one for one in found if one["trigger"] == trigger and one["state"] != "running"]

    def whole_pass(self, alive: Callable[[], object]) -> Json:
        """Ask for a run, wait until it is over; the run. Fails when ``alive`` does not hold any more."""
        before = {one["id"] for one in self.runs("now")}
        self.ask("POST", f"/integrations/{self.integration}/run")
        fresh: list[Json] = []

        def over() -> bool:
            assert alive()
            fresh[:] = [one for one in self.runs("now") if one["id"] not in before]
            return bool(fresh)

        wait_until(over, "the run that was asked for to end")
        return fresh[0]

    def record(self) -> str:
        """All that is on record of every pair and of every held item, as one text."""
        pairs = self.ask("GET", f"/items?integration={self.integration}&limit=200")["items"]
        details = [self.ask("GET", f"/items/{one['id']}") for one in pairs]
        return str([*details, *self.holds()])

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._root}/-/node/health", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False
