"""A tenant, an integration and two model apps: what the histories play on; everything but the apps is real.

The database is PostgreSQL, the steps are those of the product. A death is raised in the middle of a call or around a
commit; after it, a new desk takes the tenant over under a new epoch, as another process would.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import text

from server.domain.errors import AppError
from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping, ValueMapping
from server.engine.mapping import SideShape, compile_mapping
from server.services.scope import TenantScope
from server.services.sync import feed
from server.services.sync.routes import ROUTES, is_dry
from server.services.sync.work import End, Run, Work
from server.store import connections, holds, integrations, lease, requests, runs
from server.store.database import Database, TenantLogin, Transaction
from server.store.integrations import Integration
from server.store.requests import Request, RequestKind
from tests.property.model import FIELDS, Fate, Killed, ModelApp, ModelConnector
from tests.support.postgres import TestCluster

VALUES = (ValueMapping("1", "1"), ValueMapping("2", "2"))
_TABLES = (
    "pairs",
    "comment_pairs",
    "attachment_pairs",
    "operations",
    "runs",
    "events",
    "conflicts",
    "cursors",
    "holds",
)
_FINGERPRINT = text(
    " union all ".join(
        f"select coalesce(sum(hashtextextended(xmin::text || ctid::text, 0)), 0) from {table}"  # noqa: S608 - fixed names
        for table in _TABLES
    )
)


class Inline(Executor):
    """A pool that does the work at once, in order: histories replay the same way every time."""

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_more: Any) -> Iterator[Any]:
        return iter([fn(*each) for each in zip(*iterables, strict=True)])


@dataclass(frozen=True, slots=True)
class MortalScope(TenantScope):
    """A scope whose transactions may die before or after their commit."""

    commits: Callable[[str], Fate] = field(default=lambda _call: Fate.WELL, kw_only=True)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.database.tenant(self.login) as tx:
            yield tx
            fate = self.commits("commit")
            if fate is Fate.KILLED_BEFORE:
                raise Killed
        if fate is Fate.KILLED_AFTER:
            raise Killed


def document(left: str, right: str) -> Document:
    """Everything travels both ways; the last change wins."""
    fields = (
        FieldMapping("title", "title"),
        FieldMapping("text", "text"),
        FieldMapping("status", "status", values=VALUES),
        FieldMapping("labels", "labels"),
        FieldMapping("due", "due"),
    )
    return Document(SideSettings(left, "left"), SideSettings(right, "right"), (TypeMapping("item", "item", fields),))


@dataclass(slots=True)
class World:
    """One history's stage. ``fates`` are handed out call by call while a pass is ``harsh``."""

    scope: MortalScope
    integration: str
    document: Document
    left: ModelApp
    right: ModelApp
    epoch: int
    fates: list[Fate] = field(default_factory=list)
    harsh: bool = False

    def app(self, side: Side) -> ModelApp:
        """The app of a side."""
        return self.left if side is Side.LEFT else self.right

    def fate(self, _call: str) -> Fate:
        """What happens to the next call."""
        return self.fates.pop(0) if self.harsh and self.fates else Fate.WELL

    def sync(self, fates: list[Fate] | None = None) -> None:
        """One pass; it may be cut short by the fates. A death is followed by a takeover."""
        self.fates, self.harsh = list(fates or []), bool(fates)
        try:
            work = self._work()
            with contextlib.suppress(AppError):  # a feed that broke off; any other error is ours
                for _ in feed.run(work):
                    pass
            feed.finish(work, None)
        except Killed:
            self.harsh = False
            self._take_over()
        finally:
            self.harsh = False
        for app in (self.left, self.right):
            app.tick()

    def sync_within_the_second(self) -> None:
        """A calm pass after which the apps' clocks have not moved on."""
        before = self.left.now, self.right.now
        self.calm()
        self.left.now, self.right.now = before

    def settle(self, passes: int = 8) -> None:
        """Calm passes until nothing is written any more."""
        for _ in range(passes):
            before = self.left.writes + self.right.writes
            with self.scope.database.tenant(self.scope.login) as tx:
                holds.release(tx, self.integration)
            self.calm()
            if self.left.writes + self.right.writes == before:
                return
        raise AssertionError("the two sides never come to rest")

    def calm(self) -> None:
        """A pass in which nothing goes wrong; an error of ours is not swallowed."""
        self.harsh = False
        work = self._work()
        for _ in feed.run(work):
            pass
        feed.finish(work, None)
        for app in (self.left, self.right):
            app.tick()

    def answer(self, kind: RequestKind, argument: Mapping[str, Any] | None = None) -> str:
        """Ask for a run and let it come through; the run's id. A run that a release is needed for stops."""
        with self.scope.database.tenant(self.scope.login) as tx:
            requests.ask(tx, self.integration, kind, argument or {}, "test")
        return self.go_on()

    def go_on(self, pages: int | None = None) -> str:
        """Work on the oldest request, ``pages`` of it (None: all); the run's id."""
        with self.scope.database.tenant(self.scope.login) as tx:
            request = requests.of_integration(tx, self.integration)[0]
        work = self._work(request)
        run_id = work.begin_run()
        steps = ROUTES[request.kind](work)
        if pages is not None:
            for _ in itertools.islice(steps, pages):
                pass
            return run_id
        for _ in steps:
            pass
        feed.finish(work, None)
        for app in (self.left, self.right):
            app.tick()
        return run_id

    def rows(self, query: str) -> list[Any]:
        """What the database says."""
        with self.scope.database.tenant(self.scope.login) as tx:
            return list(tx.execute(text(query), {"integration": self.integration}))

    def fingerprint(self) -> tuple[int, ...]:
        """A number for each table that a pass may write; a row that is written anew changes it."""
        with self.scope.database.tenant(self.scope.login) as tx:
            return tuple(tx.execute(_FINGERPRINT).scalars())

    def history(self) -> str:
        """Everything that is on record, as one text."""
        lines = self.rows("select detail, summary from events where integration_id = :integration")
        clashes = self.rows("select left_value, right_value from conflicts")
        held = self.rows("select reason, words from holds where integration_id = :integration")
        return json.dumps([[list(row) for row in each] for each in (lines, clashes, held)], ensure_ascii=False)

    def _take_over(self) -> None:
        self.epoch += 1
        with self.scope.database.tenant(self.scope.login) as tx:
            lease.raise_fence(tx, self.epoch)
            runs.close_abandoned(tx, self.integration)

    def _work(self, request: Request | None = None) -> Work:
        left, right = ModelConnector(self.left), ModelConnector(self.right)
        shapes = [
            SideShape(
                side,
                side.value,
                side.value,
                one.text_format,
                {"item": FIELDS},
                private_comments=one.app.private_comments,
                edits_comments=True,
            )
            for side, one in ((Side.LEFT, left), (Side.RIGHT, right))
        ]
        return Work(
            self.scope,
            self.integration,
            "history",
            compile_mapping(self.document, shapes[0], shapes[1]),
            End(Side.LEFT, "left", self.document.left.connection, left),
            End(Side.RIGHT, "right", self.document.right.connection, right),
            Inline(),
            self.epoch,
            Run("poll" if request is None else request.kind),
            lambda: False,
            request,
            is_dry(request),
            self._row().cap,
            version=self._row().version,
        )

    def cap(self) -> Mapping[str, int] | None:
        """What the first run may do at most."""
        return self._row().cap

    def _row(self) -> Integration:
        with self.scope.database.tenant(self.scope.login) as tx:
            return integrations.get(tx, self.integration)


@dataclass(slots=True)
class Stage:
    """A tenant that histories share, one after the other."""

    database: Database
    login: TenantLogin
    cluster: TestCluster
    name: str
    _epoch: int = 0
    _count: int = 0

    def world(self, **quirks: Any) -> World:
        """A clean world. Names of model quirks go to both apps, ``left_``/``right_`` ones to one."""
        self._epoch += 1000
        self._count += 1
        cipher = self.cluster.master.tenant_cipher(self.login.tenant_id)
        with self.database.tenant(self.login) as tx:
            for table in ("integrations", "connections"):
                tx.execute(text(f"delete from {table}"))  # noqa: S608 - two fixed names
            ends = [connections.add(tx, cipher, name, "model", {}, {}) for name in ("left", "right")]
            settings = document(*ends)
            integration = integrations.add(tx, f"history {self._count}", settings, "test")
            lease.raise_fence(tx, self._epoch)
        apps = []
        for name in ("left", "right"):
            mine = {key.removeprefix(f"{name}_"): value for key, value in quirks.items() if key.startswith(f"{name}_")}
            apps.append(ModelApp(name, FIELDS, **mine))
        log = structlog.get_logger()
        scope = MortalScope(self.login.tenant_id, self.name, "", "c", "active", cipher, log, self.database, self.login)
        world = World(scope, integration, settings, apps[0], apps[1], self._epoch)
        world.scope = MortalScope(
            self.login.tenant_id,
            self.name,
            "",
            "c",
            "active",
            cipher,
            log,
            self.database,
            self.login,
            commits=world.fate,
        )
        for app in apps:
            app.fate = world.fate
        return world
