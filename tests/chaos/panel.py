"""What a person does in the panel, over real HTTP to the real web process; it must not reach past it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
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
        self._port, self._tenant = port, tenant
        self._session = requests.Session()
        self.integration = ""

    def wait(self) -> None:
        """Until the web process serves and the database answers it."""
        wait_until(self._answers, "the web process to serve")

    def again(self) -> Panel:
        """The same visit by a connection of its own, for another thread."""
        other = Panel(self._port, self._tenant)
        other._session.headers.update(self._session.headers)
        other._session.cookies.update(self._session.cookies)
        return other

    def sign_in(self, login: str = "admin") -> None:
        """Sign in, as the administrator unless another is named."""
        self.wait()
        self._session.headers.pop("X-CSRF-Token", None)
        me = self.ask("POST", "/session", {"login": login, "password": PASSWORD})
        self._session.headers["X-CSRF-Token"] = me["csrf"]

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """One request that must succeed, asked again while the server says "later"; its JSON.

        Raises ``requests.ConnectionError`` when the process dies in it.
        """
        answers = [self.answer(method, path, body)]

        def said() -> bool:
            if answers[-1].status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                answers.append(self.answer(method, path, body))
            return answers[-1].status_code != HTTPStatus.SERVICE_UNAVAILABLE

        wait_until(said, f"{method} {path}: {answers[0].text}")
        assert answers[-1].ok, f"{method} {path}: {answers[-1].status_code} {answers[-1].text}"
        return answers[-1].json()

    def answer(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        """One request and whatever comes back; what an app is asked for is waited for."""
        found = self.once(method, path, body)
        while found.status_code == HTTPStatus.ACCEPTED and "/answers/" in found.headers.get("Location", ""):
            found = self._session.get(self._root + found.headers["Location"], timeout=PATIENCE)
        return found

    def once(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        """One request and its own answer, which may be that an app is being asked."""
        return self._session.request(method, self._base + path, json=body, timeout=PATIENCE)

    def knock(self) -> requests.Response:
        """A request with a token that nobody has: the tenant's own tables are looked into, however often one knocks."""
        wrong = {"Authorization": "Bearer ls_nobodys"}
        return self._session.get(f"{self._base}/session", headers=wrong, timeout=PATIENCE)

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

    def creations(self) -> dict[str, int]:
        """How many lines of creation each pair has whose twin is there, by its id."""
        pairs = self.ask("GET", f"/items?integration={self.integration}&limit=200")["items"]
        made = [one["id"] for one in pairs if one["state"] != "reserved"]
        lines = {pair: self.ask("GET", f"/items/{pair}")["history"] for pair in made}
        return {pair: sum(line["outcome"] == "created" for line in several) for pair, several in lines.items()}

    def every_run(self) -> list[Json]:
        """All runs, whatever they answer, those that go on included."""
        found: list[Json] = self.ask("GET", f"/runs?integration={self.integration}&limit=200")
        return found

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._root}/-/node/health", timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False
