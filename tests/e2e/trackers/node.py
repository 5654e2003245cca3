"""A tenant with one integration, and the real sync process that works it: started, killed, waited for."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import psycopg
from psycopg.rows import TupleRow

from server.domain.integration import Document, SideSettings
from server.domain.schedule import Schedule
from server.services import connections, integrations, people, record
from server.services.cluster import Cluster
from server.services.people import Person
from server.services.scope import TenantScope
from tests.support.postgres import TestCluster
from tests.support.web import make_settings, write_settings

PATIENCE = 600.0
"""Seconds that anything may take on a machine with other work to do."""
_LOOK_EVERY = 0.05
_ACTOR = "admin"
_TENANT = "anna"


@dataclass(frozen=True, slots=True)
class Ending:
    """One end of the integration: what the wizard asks for, and who is who there (login: the app's id)."""

    kind: str
    settings: Mapping[str, str]
    container: str
    people: Mapping[str, str]


class Node:
    """One sync process at a time on a database of its own; a context manager that ends it."""

    def __init__(self, cluster: TestCluster, folder: Path) -> None:
        settings = make_settings(cluster, folder)
        cluster.create_tenant(_TENANT)
        self._settings = write_settings(settings, folder / "settings.json")
        self._log = folder / "sync.log"
        self._cluster = Cluster.open(settings)
        login = cluster.login(_TENANT)
        dsn = cluster.server.dsn(cluster.settings.name, login.role, login.password)
        self._sql = psycopg.connect(dsn, autocommit=True)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.integrations: list[str] = []
        self._table: list[Person] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
        self._sql.close()
        self._cluster.close()

    @property
    def scope(self) -> TenantScope:
        """The tenant, as the web node sees it."""
        return self._cluster.scope(_TENANT)

    def configure(
        self, left: Ending, right: Ending, change: Callable[[Document], Document], name: str = "story"
    ) -> Document:
        """What a person does in the wizard: connections, who is who, the suggested document with a few changes."""
        sides, table = [], []
        for end in (left, right):
            made = connections.create(self.scope, _ACTOR, f"{name}: {end.kind}", end.kind, end.settings)
            verdict = connections.test(self.scope, _ACTOR, made.id)
            assert verdict.ok, verdict.problem
            sides.append(SideSettings(made.id, end.container))
            table += [Person(made.id, user, login) for login, user in end.people.items()]
        self._table += table
        people.replace_table(self.scope, _ACTOR, self._table)
        suggested, _ = integrations.suggestion(self.scope, *sides)
        document = change(replace(suggested, schedule=Schedule(5)))
        self.integrations.append(integrations.create(self.scope, _ACTOR, name, document).id)
        integrations.start(self.scope, _ACTOR, self.integrations[-1])
        return document

    # The process

    def start(self) -> None:
        """Start ``python -m server sync``, as the agent does."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "server", "sync", "--settings", str(self._settings)),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        assert self._process.poll() is None, self._said()
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def wait_until_dead(self) -> None:
        """Until somebody has killed it."""
        deadline = time.monotonic() + PATIENCE
        while self._process is not None:
            assert time.monotonic() < deadline, f"{self.held()}\n{self._said()}"
            time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """Let it stand still, as a machine that is suspended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    # What the database says

    def count(self, what: str) -> int:
        """How many rows there are, such as ``pairs where state = 'linked'``."""
        return int(self.ask(f"select count(*) from {what}")[0][0])  # noqa: S608 - the tests' own words

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Until it is so, while the process works."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            self._still_there(deadline)
            time.sleep(_LOOK_EVERY)

    def wait_until_quiet(self) -> None:
        """Until a whole pass, asked for now, came through without anything to do and nothing is waiting."""
        deadline = time.monotonic() + PATIENCE
        while True:
            before = self._kept()
            states = {self._whole_pass(one, deadline) for one in self.integrations}
            waiting = self.count("holds where due_at is not null") + self.count("operations where state = 'planned'")
            if states == {"succeeded"} and not waiting and self._kept() == before:
                return

    def held(self) -> list[str]:
        """What is held back, in the product's own sentences."""
        found = self.ask("select item_key, kind, reason, words from holds")
        return [" | ".join(str(one) for one in row) for row in found]

    def conflicts(self) -> list[tuple[str, str, str]]:
        """What both sides changed, as (left value, right value, winner); the product overwrote one of the two.

        What is left of a create that was cut off is on record as well, and is no disagreement of two people.
        """
        found = self.ask(
            "select left_value #>> '{}', right_value #>> '{}', winner from conflicts where reason like 'both sides%'"
        )
        return [(str(one[0]), str(one[1]), str(one[2])) for one in found]

    def retry_all(self) -> None:
        """What a person does when a storm is over: whatever is held is tried again."""
        for one in self.integrations:
            record.retry(self.scope, _ACTOR, one, None)

    def _kept(self) -> list[int]:
        tables = ("pairs", "comment_pairs", "attachment_pairs", "operations", "events", "holds", "conflicts")
        return [self.count(one) for one in tables]

    def _whole_pass(self, integration: str, deadline: float) -> str:
        """Ask for a run, wait until it is over; how it ended."""
        of = "from runs where integration_id = %s and trigger = 'now'"
        before = self.ask(f"select coalesce(max(started_at), 'epoch') {of}", integration)[0][0]
        integrations.run_now(self.scope, _ACTOR, integration)
        wish = f"select state {of} and started_at > %s and finished_at is not null"
        while not (found := self.ask(wish, integration, before)):
            self._still_there(deadline)
            time.sleep(_LOOK_EVERY)
        return str(found[0][0])

    def _still_there(self, deadline: float) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self._said()
        assert time.monotonic() < deadline, f"{self.held()}\n{self._said()}"

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def ask(self, query: str, *values: object) -> list[TupleRow]:
        """Ask as the tenant does. Any thread may."""
        with self._lock:
            return self._sql.execute(query.encode(), values or None).fetchall()
