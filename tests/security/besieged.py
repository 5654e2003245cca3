"""A tenant whose apps hang and whose people insist, for the tests and the benchmark; it must not judge."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from server.domain.integration import Document, SideSettings
from server.domain.mapping import FieldMapping, TypeMapping
from server.store import integrations
from server.store.provision import FirstUser
from tests.chaos.panel import HASH, PASSWORD, Panel
from tests.chaos.stage import House

ANSWER_SECONDS = "5"


@dataclass(slots=True)
class Tenant:
    """A tenant with its administrator and a viewer."""

    house: House
    name: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}")
    admin: Panel = field(init=False)
    viewer: Panel = field(init=False)

    def __post_init__(self) -> None:
        self.house.cluster.create_tenant(self.name, FirstUser("admin", "admin@example.org", HASH))
        self.admin = self.sign_in()
        self.admin.ask("POST", "/users", {"login": "vera", "role": "viewer", "password": PASSWORD})
        self.viewer = self.sign_in("vera")

    def sign_in(self, login: str = "admin") -> Panel:
        panel = Panel(self.house.settings.web.port, self.name)
        panel.sign_in(login)
        return panel

    def connect(self, url: str) -> str:
        """A connection to an app that hangs; nobody asks it for that."""
        given = {"name": url, "kind": "redmine", "settings": settings(url)}
        return str(self.admin.ask("POST", "/connections", given)["id"])

    def integrate(self, *urls: str) -> str:
        """An integration whose apps answered when it was made, and hang now."""
        left, right = (SideSettings(self.connect(url), "1") for url in urls)
        document = Document(
            left, right, (TypeMapping("1", "1", (FieldMapping("subject", "subject"),)),), viewers_ask=True
        )
        cluster = self.house.cluster
        database = cluster.database()
        try:
            with database.tenant(cluster.login(self.name)) as tx:
                return integrations.add(tx, "hung", document, "test")
        finally:
            database.close()


def trial(panel: Panel, url: str) -> Callable[[], requests.Response]:
    """Tries a connection to an app that hangs, with a connection of its own to the panel."""
    own, body = panel.again(), {"kind": "redmine", "settings": settings(url)}
    return lambda: own.once("POST", "/connections/test", body)


def settings(url: str) -> dict[str, str]:
    return {"url": url, "api_key": "k", "answer_seconds": ANSWER_SECONDS}


@contextmanager
def asked_all_the_time(asks: list[Callable[[], requests.Response]], *, heedful: bool = False) -> Iterator[Counter[int]]:
    """Each is asked again as soon as it is answered, as somebody does who means ill; how often which status came.

    ``heedful``: not before the time that the answer names, as the panel and honest programs do.
    """
    over, statuses, lock = threading.Event(), Counter[int](), threading.Lock()

    def insist(ask: Callable[[], requests.Response]) -> None:
        while not over.is_set():
            answer = ask()
            with lock:
                statuses[answer.status_code] += 1
            over.wait(float(answer.headers.get("Retry-After", "1")) if heedful else 0.02)

    threads = [threading.Thread(target=insist, args=(one,), daemon=True) for one in asks]
    for one in threads:
        one.start()
    try:
        yield statuses
    finally:
        over.set()
        for one in threads:
            one.join(30)
