"""Both processes of a node, a tenant and its two apps: what the chaos happens to; it must not judge."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql
from pydantic import TypeAdapter

from server.domain.integration import Document, SideSettings
from server.domain.mapping import Direction, FieldMapping, TypeMapping, ValueMapping
from server.domain.rules import LinkRules
from server.domain.schedule import Schedule
from server.settings import SyncSettings
from server.store import provision
from server.store.provision import FirstUser
from tests.chaos.panel import HASH, Json, Panel, wait_until
from tests.support.fakeapp.app import Quirks
from tests.support.fakeapp.connector import MANIFEST, RELATES
from tests.support.fakeapp.running import Running, running
from tests.support.ports import free_port
from tests.support.postgres import Server, make_cluster
from tests.support.processes import Process
from tests.support.web import make_settings, write_settings

REFUSED = "forbidden"
"""The right app takes no title with this word."""
_LINKS = LinkRules(Direction.BOTH, Direction.BOTH, (ValueMapping(RELATES, RELATES),))
_FIELDS = (
    FieldMapping("title", "title"),
    FieldMapping("text", "text"),
    FieldMapping("status", "status", values=(ValueMapping("open", "open"), ValueMapping("closed", "closed"))),
    FieldMapping("labels", "labels"),
)


class House:
    """A cluster with its web process, which tests share; a context manager that ends it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._stack = ExitStack()
        self._log = folder / "web.log"
        self.server = server
        self.cluster = make_cluster(server)
        settings = make_settings(self.cluster, folder, free_port())
        self.settings = settings.model_copy(update={"sync": SyncSettings(threads_per_tenant=4)})
        self.file = write_settings(self.settings, folder / "settings.json")
        self.web = self.start_web()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_web(self, fault: str = "") -> Process:
        """The web process."""
        return self._stack.enter_context(Process("web", self.file, self._log, fault=fault))


class Stage:
    """A tenant between two apps, alone in its house; a context manager that ends all that it started."""

    def __init__(self, house: House, folder: Path, *, quirks: Quirks | None = None) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self.house = house
        self.tenant = f"t{secrets.token_hex(4)}"
        house.cluster.create_tenant(self.tenant, FirstUser("admin", "admin@example.org", HASH))
        self._stack.callback(self._leave)
        self.left = self._stack.enter_context(running(quirks=quirks))
        self.right = self._stack.enter_context(running(quirks=quirks))
        self.right.control("quirks", refuses=[REFUSED])
        self.panel = Panel(house.settings.web.port, self.tenant)
        self.panel.sign_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # The processes ------------------------------------------------------------------------------------------
    def start_sync(self, fault: str = "", node: str = "one", **environment: str) -> Process:
        """A sync process, of the node of that name."""
        settings = self.house.settings.model_copy(update={"node": node})
        file = write_settings(settings, self._folder / f"settings-{node}.json")
        log = self._folder / f"sync-{node}.log"
        return self._stack.enter_context(Process("sync", file, log, fault=fault, **environment))

    def let_the_lease_run_out(self) -> None:
        """What six seconds do to the lease of a dead process; how long it takes is shown elsewhere."""
        self.sql("update control.holders set expires_at = now() - interval '1 second'")

    # What a person configures -------------------------------------------------------------------------------
    def document(self, **more: Any) -> Json:
        """Everything travels both ways between the two apps; the connections are made with it."""
        ends = []
        for name, app in (("left", self.left), ("right", self.right)):
            asked = {"name": name, "kind": MANIFEST.kind, "settings": {**app.settings, **more}}
            ends.append(SideSettings(self.panel.ask("POST", "/connections", asked)["id"], "main"))
        types = (TypeMapping("item", "item", _FIELDS),)
        document = Document(ends[0], ends[1], types, links=_LINKS, schedule=Schedule(5))
        shown: Json = TypeAdapter(Document).dump_python(document, mode="json")
        return shown

    def draft(self, rules: Json | None = None, **more: Any) -> None:
        """Make the integration. ``rules`` of its document, ``more``: further settings of both connections."""
        document = self.document(**more) | (rules or {})
        made = self.panel.ask("POST", "/integrations", {"name": "both", "document": document})
        self.panel.integration = made["id"]

    def integrate(self, rules: Json | None = None, **more: Any) -> None:
        """Make the integration and start it."""
        self.draft(rules, **more)
        self.panel.ask("POST", f"/integrations/{self.panel.integration}/start")

    # Coming to rest -----------------------------------------------------------------------------------------
    def rest(self, sync: Process) -> None:
        """Pass after pass until one comes through without anything to do and nothing waits for its time."""
        wait_until(lambda: self._quiet(sync), f"both sides to come to rest: {sync.said()}")

    def _quiet(self, sync: Process) -> bool:
        if any(one["due_at"] for one in self.panel.holds()):
            self.panel.ask("POST", "/holds/retry", {"integration": self.panel.integration})
        before = self.written()
        run = self.panel.whole_pass(sync.alive)
        waiting = [one for one in self.panel.holds() if one["due_at"]]
        return run["state"] == "succeeded" and not waiting and self.written() == before

    def written(self) -> tuple[int, int, int]:
        """Writes to the left app, to the right app, and to the journal so far."""
        [[journal]] = self.sql("select count(*) from operations")
        return self.left.counts()["writes"], self.right.counts()["writes"], journal

    # The database -------------------------------------------------------------------------------------------
    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Ask as the database's superuser, within the tenant's schema."""
        with psycopg.connect(self.house.server.dsn(self.house.cluster.settings.name), autocommit=True) as superuser:
            found = superuser.execute("select schema_name from control.tenants where name = %s", (self.tenant,))
            superuser.execute(sql.SQL("set search_path to {}").format(*map(sql.Identifier, *found)))
            done = superuser.execute(query.encode())
            return done.fetchall() if done.description else []

    def _leave(self) -> None:
        """Let no later process of the house work the tenant."""
        cluster = self.house.cluster
        provision.delete_tenant(cluster.owner_dsn, cluster.settings, self.tenant)


def item(app: Running, title: str, **fields: Any) -> str:
    """A person makes an item; its id."""
    text = f"What happened to {title}:\nit rang, zweimal übrigens."
    made = app.control("create", container="main", fields={"title": title, "text": text, **fields})
    return str(made["id"])


def id_of(app: Running, title: str) -> str:
    """The id of the item whose title begins so."""
    [found] = [one["id"] for one in app.items() if one["fields"]["title"].startswith(title)]
    return str(found)
