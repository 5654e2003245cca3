"""A tenant, an integration and two model apps: what the histories play on; everything but the apps is real.

The database is PostgreSQL, the steps are those of the product. A death is raised in the middle of a call or around a
commit; after it, a new desk takes the tenant over under a new epoch, as another process would.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text

from server.domain.errors import AppError, NeedsRelease
from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping, ValueMapping
from server.engine.compiling import compile_mapping
from server.engine.days import Zones
from server.engine.mapping import SideShape
from server.services.sync import feed, makings
from server.services.sync.routes import ROUTES, is_dry
from server.services.sync.stumble import MOST_TRIES, Stumbled
from server.services.sync.work import Beside, End, Revisits, Run, Work
from server.store import connections, integrations, lease, requests, runs
from server.store.database import Database, TenantLogin
from server.store.integrations import Integration
from server.store.requests import Request, RequestKind
from tests.property.model import FIELDS, START, Fate, Killed, ModelApp, ModelConnector
from tests.property.mortal import Inline, MortalScope
from tests.property.witness import Witness
from tests.support.postgres import TestCluster

VALUES = (ValueMapping("1", "1"), ValueMapping("2", "2"))
_MINE = "where integration_id = :integration"
_OF_PAIRS = "where pair_id in (select id from pairs where integration_id = :integration)"
_TABLES = {
    **dict.fromkeys(("pairs", "runs", "events", "cursors", "holds"), _MINE),
    **dict.fromkeys(("comment_pairs", "attachment_pairs", "operations", "conflicts"), _OF_PAIRS),
}
_NEXT_ATTEMPT = text("update holds set due_at = now() where integration_id = :integration and kind <> 'skipped'")
_FINGERPRINT = text(
    " union all ".join(
        f"select '{table}', coalesce(sum(hashtextextended(xmin::text || ctid::text, 0)), 0) from {table} {which}"  # noqa: S608 - fixed names
        for table, which in _TABLES.items()
    )
)
_OLDER = text(
    "update cursors set our_at = our_at - make_interval(secs => :seconds) where integration_id = :integration"
)
_IN_STEP = (
    "select id from pairs where integration_id = :integration and state = 'linked' and not exists"
    " (select from operations where pair_id = pairs.id and kind = 'delete' and state = 'planned')"
)
"""Pairs that are kept in step, without those that are about to end."""
_UNTIL_THE_LAST_CREATE = 11


Rules = Callable[[str, str], Document]
"""What makes an integration's document of the ids of its two connections."""


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


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An integration that lives beside a history's, and the fingerprint of all its rows."""

    world: World
    fingerprint: dict[str, int]


@dataclass(slots=True)
class World:
    """One history's stage. ``fates`` are handed out call by call while a pass is ``harsh``.

    ``hurries``: every call takes a second, so that much happens between a plan and its last write.
    """

    scope: MortalScope
    integration: str
    document: Document
    left: ModelApp
    right: ModelApp
    epoch: int
    neighbours: tuple[Neighbour, ...] = ()
    hurries: bool = False
    fates: list[Fate] = field(default_factory=list)
    harsh: bool = False
    unknown_since: dict[str, float] = field(default_factory=dict)
    revisits: Revisits = field(default_factory=Revisits)
    witness: Witness = field(default_factory=Witness)
    persists: bool = True
    """Whether a pass tries once more what stumbled in it."""
    releases: bool = False
    """Whether somebody looks when the guard has stopped a pass, and releases the next one."""
    stopped: bool = False
    """Whether the last pass was stopped by the guard."""
    who: str = "us"
    """Our account at both apps."""
    beside: tuple[Beside, ...] = ()
    """The tenant's other integrations."""
    making: set[int] = field(default_factory=set)
    began: dict[Side, datetime] = field(default_factory=dict)
    ticked: int = 0
    keeps_time: bool = False
    """Whether our database's clock goes along with the apps', as far as what is remembered of their clocks needs it."""
    apart: frozenset[str] = frozenset()
    """Fields that are not the same on both sides when all is well: laws of their own judge them."""
    partings: list[tuple[int, bool]] = field(default_factory=list)
    """How many pairs parted in each pass, and whether somebody had released it."""

    def app(self, side: Side) -> ModelApp:
        """The app of a side."""
        return self.left if side is Side.LEFT else self.right

    def tick(self, seconds: int = 1) -> None:
        """Time goes by in both apps, and for us."""
        self.ticked += seconds
        for app in (self.left, self.right):
            app.tick(seconds)

    def clock(self) -> float:
        """Our own clock, in seconds: it goes with the apps'."""
        return (self.left.now - START).total_seconds()

    def fate(self, _call: str) -> Fate:
        """What happens to the next call."""
        if self.hurries and self.harsh:
            self.tick()
        return self.fates.pop(0) if self.harsh and self.fates else Fate.WELL

    def sync(self, fates: list[Fate] | None = None, seconds: int = 1, trigger: str = "poll") -> None:
        """One pass; it may be cut short by the fates. A death is followed by a takeover. It takes ``seconds``."""
        self.fates, self.harsh = list(fates or []), bool(fates)
        told = [len(app.refusals) for app in (self.left, self.right)]
        try:
            # A feed that broke off, a scan that found a side empty; any other error is ours.
            with contextlib.suppress(NeedsRelease), self._guarded(trigger) as work, contextlib.suppress(AppError):
                for _ in ROUTES[trigger](work):
                    pass
        except Killed:
            self.harsh = False
            for app, number in zip((self.left, self.right), told, strict=True):
                del app.refusals[number:]  # what an app told us died with us
            self._take_over()
        finally:
            self.harsh = False
        self.tick(seconds)

    def sync_within_the_second(self) -> None:
        """A calm pass after which the apps' clocks have not moved on."""
        before = self.left.now, self.right.now
        self.calm()
        self.left.now, self.right.now = before

    def be_patient(self) -> None:
        """So much time goes by that everything that is held back is tried again."""
        with self.scope.database.tenant(self.scope.login) as tx:
            tx.execute(_NEXT_ATTEMPT, {"integration": self.integration})

    def settle(self, passes: int = 8) -> None:
        """Calm passes until nothing is written any more."""
        for _ in range(passes):
            before = self.left.writes + self.right.writes
            self.tick(max(1, self.left.lag, self.right.lag))
            self.be_patient()
            self.calm()
            if self.left.writes + self.right.writes == before and not (self.unknown_since or self.stopped):
                return
        raise AssertionError("the two sides never come to rest")

    def calm(self) -> None:
        """A pass in which nothing goes wrong; an error of ours is not swallowed."""
        self.harsh = False
        with self._guarded("poll") as work:
            for _ in feed.run(work):
                pass
        self.tick()

    def scan(self) -> None:
        """A full scan in peace, released where the guard stops it."""
        self.sync(trigger="scan")
        if self.stopped:
            self.sync(trigger="scan")

    @contextmanager
    def _guarded(self, trigger: str) -> Iterator[Work]:
        """Work that the guard may stop; a person then looks, and releases what comes next."""
        released, self.stopped = self.stopped, False
        whole = self.rows(_IN_STEP) if self.releases else []
        work = replace(self._work(), released=released, run=Run(trigger))
        try:
            yield work
        except NeedsRelease:
            if not self.releases:
                raise
            self.stopped = True
        finally:
            there = {row.id for row in self.rows(_IN_STEP)} if whole else set()
            self.partings.append((sum(row.id not in there for row in whole), released))
        feed.finish(work, None)

    def ask(self, kind: RequestKind, argument: Mapping[str, Any] | None = None) -> None:
        """A person asks for a run."""
        with self.scope.database.tenant(self.scope.login) as tx:
            requests.ask(tx, self.integration, kind, argument or {}, "test")

    def answer(self, kind: RequestKind, argument: Mapping[str, Any] | None = None) -> str:
        """Ask for a run and let it come through; the run's id. A run that a release is needed for stops."""
        self.ask(kind, argument)
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

    def go_on_in_trouble(self, fates: list[Fate]) -> str | None:
        """Work on the oldest request while things go wrong; its run's id, None when the process died of it."""
        self.fates, self.harsh = list(fates), bool(fates)
        try:
            run_id = self.go_on()
        except Killed:
            self.harsh = False
            self._take_over()
            return None
        finally:
            self.harsh = False
        for app in (self.left, self.right):
            app.tick()
        return run_id

    def asked(self) -> bool:
        """Whether a request waits."""
        with self.scope.database.tenant(self.scope.login) as tx:
            return bool(requests.of_integration(tx, self.integration))

    def last_run(self) -> str:
        """The id of the run that began last."""
        return str(self.rows("select id from runs where integration_id = :integration order by started_at desc")[0].id)

    def rows(self, query: str) -> list[Any]:
        """What the database says."""
        with self.scope.database.reading(self.scope.login) as tx:
            return list(tx.execute(text(query), {"integration": self.integration}))

    def fingerprint(self, *tables: str) -> dict[str, int]:
        """A number for each table that a pass may write, or for these; a row that is written anew changes it."""
        with self.scope.database.reading(self.scope.login) as tx:
            rows = tx.execute(_FINGERPRINT, {"integration": self.integration})
            return {row[0]: int(row[1]) for row in rows if not tables or row[0] in tables}

    def history(self) -> str:
        """Everything that is on record, as one text."""
        lines = self.rows("select detail, summary from events where integration_id = :integration")
        clashes = self.rows("select left_value, right_value from conflicts")
        held = self.rows("select reason, words from holds where integration_id = :integration")
        failed = self.rows(
            "select kind, error from operations where error <> ''"
            " and pair_id in (select id from pairs where integration_id = :integration)"
        )
        every = (lines, clashes, held, failed)
        return json.dumps([[list(row) for row in each] for each in every], ensure_ascii=False)

    def _take_over(self) -> None:
        self.epoch += 1
        self.began.clear()
        self.unknown_since.clear()
        with self.scope.database.tenant(self.scope.login) as tx:
            lease.raise_fence(tx, self.epoch)
            runs.close_abandoned(tx, self.integration)
        self.making = makings.take_over(self.scope, self.epoch).get(self.integration, set())

    def _keep_time(self) -> None:
        """What was remembered a while ago of the apps' clocks is so old in our database, too."""
        if self.keeps_time and self.ticked:
            with self.scope.database.tenant(self.scope.login) as tx:
                tx.execute(_OLDER, {"integration": self.integration, "seconds": self.ticked})
        self.ticked = 0

    def _work(self, request: Request | None = None) -> Work:
        self._keep_time()
        row = self._row()
        left, right = ModelConnector(self.left, self.who), ModelConnector(self.right, self.who)
        shapes = [
            SideShape(
                side,
                side.value,
                one.app.name,
                one.text_format,
                {"item": one.app.fields},
                private_comments=one.app.private_comments,
                edits_comments=True,
                deletes_comments=one.app.removes,
                deletes_attachments=one.app.removes,
                deletes_items=one.app.removes,
                place=one.place(one.app.name),
                link_kinds=one.link_kinds(side.value),
                keeps_created_at=one.abilities(one.app.name).keeps_created_at,
                takes_created_at=one.manifest.capabilities.keeps_created_at is not False,
                restricted_items=one.app.restricts,
                syntax=one.app.syntax,
                zones=Zones(one.app.zone, one.app.zones),
                marks=one.app.marks_items,
            )
            for side, one in ((Side.LEFT, left), (Side.RIGHT, right))
        ]
        return Work(
            self.scope,
            self.integration,
            "history",
            compile_mapping(self.document, shapes[0], shapes[1], saved=self.document.types),
            End(Side.LEFT, "left", self.document.left.connection, left),
            End(Side.RIGHT, "right", self.document.right.connection, right),
            Inline(),
            self.epoch,
            Run("poll" if request is None else request.kind),
            lambda: False,
            request,
            is_dry(request),
            row.cap,
            version=row.version,
            clock=self.clock,
            unknown_since=self.unknown_since,
            revisits=self.revisits,
            wait=lambda _seconds: self.tick(),
            stumbled=Stumbled(0 if not self.persists else MOST_TRIES),
            apps={side: f"model {self.app(side).name}" for side in Side},
            beside=self.beside,
            making=self.making,
            began=self.began,
        )

    def cap(self) -> Mapping[str, int] | None:
        """What the first run may do at most."""
        return self._row().cap

    def _row(self) -> Integration:
        with self.scope.reading() as tx:
            return integrations.get(tx, self.integration)


@dataclass(slots=True)
class Stage:
    """A tenant that histories share, one after the other."""

    database: Database
    login: TenantLogin
    cluster: TestCluster
    name: str
    neighbours: tuple[Neighbour, ...] = ()
    """What lives beside the histories: another integration of this tenant, an integration of another tenant."""
    tenant: str = ""
    """Who the tenant is: a copy of a database is the same one."""
    epoch: int = 0
    _count: int = 0

    def __post_init__(self) -> None:
        self.tenant = self.tenant or self.login.tenant_id

    def clear(self) -> None:
        """No integration and no connection; whoever was at work here before is shut out."""
        self.epoch += 1000
        with self.database.tenant(self.login) as tx:
            lease.raise_fence(tx, self.epoch)
            tx.execute(text("delete from integrations"))
            tx.execute(text("delete from connections"))
        self._forget_others(mine=True)

    def _forget_others(self, *, mine: bool = False) -> None:
        """The apps of a new world are others, though they are called as those before: nobody is at work there."""
        with self.database.control() as control:
            control.execute(text("delete from control.makings"))
            control.execute(
                text("delete from control.places where tenant_id = :tenant or not :mine"),
                {"tenant": self.tenant, "mine": mine},
            )

    def settle_neighbour(self, other: Stage) -> None:
        """Put an integration beside the histories, on ``other`` (it may be this stage); call it before the first world.

        It has all that could be mistaken for a history's own: the same item ids and keys, an item that is held back, a
        create whose outcome is unknown.
        """
        world = other.world(right_refuses=frozenset({"bad"}), right_marks_items=False)
        for title in ("one", "bad", "lost"):
            world.left.person_creates({"title": title, "text": "", "status": "1", "labels": ()})
        world.persists = False
        world.sync([Fate.WELL] * _UNTIL_THE_LAST_CREATE + [Fate.LOST])
        kept = world.rows("select kind from holds where integration_id = :integration order by kind")
        assert [row.kind for row in kept] == ["quarantine", "retry", "waiting"], kept
        with other.database.tenant(other.login) as tx:
            tx.execute(text("update connections set name = 'the neighbour''s ' || name"))
        self.neighbours = (*self.neighbours, Neighbour(world, world.fingerprint()))

    def world(self, rules: Rules = document, *, hurries: bool = False, **quirks: Any) -> World:
        """A clean world. Names of model quirks go to both apps, ``left_``/``right_`` ones to one."""
        self.epoch += 1000
        self._count += 1
        self._forget_others()
        cipher = self.cluster.master.tenant_cipher(self.login.tenant_id)
        kept = [one.world.integration for one in self.neighbours]
        with self.database.tenant(self.login) as tx:
            tx.execute(text("delete from integrations where not id = any(cast(:kept as uuid[]))"), {"kept": kept})
            tx.execute(text("delete from connections where name not like 'the neighbour%'"))
            ends = [connections.add(tx, cipher, name, "model", {}, {}) for name in ("left", "right")]
            settings = rules(*ends)
            integration = integrations.add(tx, f"history {self._count}", settings, "test")
            lease.raise_fence(tx, self.epoch)
        apps = []
        for name in ("left", "right"):
            shared = {key: value for key, value in quirks.items() if not key.startswith(("left_", "right_"))}
            mine = {key.removeprefix(f"{name}_"): value for key, value in quirks.items() if key.startswith(f"{name}_")}
            apps.append(ModelApp(name, FIELDS, **(shared | mine)))
        log = structlog.get_logger()
        scope = MortalScope(self.login.tenant_id, self.name, "", "c", "active", cipher, log, self.database, self.login)
        world = World(scope, integration, settings, apps[0], apps[1], self.epoch, self.neighbours, hurries)
        world.scope = replace(scope, commits=world.fate, seen=lambda tx: world.witness.see(tx, integration))
        for app in apps:
            app.fate = world.fate
        return world
