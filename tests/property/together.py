"""Several Lockstep integrations on the same model apps: circles, chains, a second tenant, a copy of a database.

Each of them is a ``World`` of its own, with its own account where it is another tenant's; what they share are the apps.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import psycopg
import structlog
from psycopg import sql

from server import faults
from server.domain.integration import SideSettings
from server.domain.item import Side
from server.domain.values import Value
from server.services.sync.work import Beside
from server.store import connections, integrations, lease, places
from tests.property.model import FIELDS, Fate, ModelApp
from tests.property.mortal import MortalScope
from tests.property.world import Rules, Stage, World, document
from tests.support.postgres import TestCluster

PLAIN: dict[str, Value] = {"title": "one", "text": "some words", "status": "1", "labels": ()}


def an_app(name: str, **quirks: Any) -> ModelApp:
    """An app that nobody has connected yet."""
    return ModelApp(name, FIELDS, **quirks)


@dataclass(slots=True)
class Together:
    """Integrations on the same apps, worked one pass after the other."""

    apps: list[ModelApp]
    worlds: list[World] = field(default_factory=list)

    def app(self, name: str) -> ModelApp:
        """One of the apps."""
        return next(one for one in self.apps if one.name == name)

    def pass_of(self, *order: int) -> None:
        """A pass of each of these, in this order (none named: of all)."""
        for number in order or range(len(self.worlds)):
            self.sync(number)

    def sync(self, number: int, fates: list[Fate] | None = None, trigger: str = "poll") -> None:
        """A pass of one; it may be cut short by the fates. After a death all of its tenant are taken over."""
        world = self.worlds[number]
        world.sync(fates, 0, trigger)
        for one in self.worlds:
            if one.scope.login == world.scope.login:
                one.epoch = world.epoch
        self.tick()

    def interrupted(self, outer: int, at: int, inner: Sequence[int], fates: list[Fate] | None = None) -> str:
        """A pass of one, and in the midst of it whole passes of others, as when several threads or processes work.

        ``at``: at which of its points, which are its calls and the steps of ``faults``; the name of that one (empty: it
        has not so many). Nothing that is within a commit is one: there the database lets no other in.
        """
        reached: list[str] = []
        asleep, world, reach = False, self.worlds[outer], faults.reach

        def point(name: str) -> None:
            nonlocal asleep
            if asleep or len(reached) >= at:
                return
            reached.append(name)
            if len(reached) == at and inner:
                asleep, harsh, world.harsh = True, world.harsh, False
                self.pass_of(*inner)
                asleep, world.harsh = False, harsh

        def step(name: str) -> None:
            if not name.endswith("committing"):
                point(name)
            reach(name)

        with ExitStack() as put_back:
            for app in self.apps:
                put_back.enter_context(patch.object(app, "fate", _noting(app.fate, point)))
                put_back.enter_context(patch.object(app, "tells_births_badly", new=True))
            put_back.enter_context(patch.object(faults, "reach", step))
            self.sync(outer, fates)
        return reached[-1] if len(reached) == at else ""

    def tick(self, seconds: int = 1) -> None:
        """Time goes by in all apps alike."""
        latest = max(one.now for one in self.apps)
        for one in self.apps:
            one.now = latest
            one.tick(seconds)

    def settle(self, rounds: int = 12) -> None:
        """Passes of all in turn until nobody writes any more."""
        for _ in range(rounds):
            before = self.writes()
            self.tick(max([1, *(one.lag for one in self.apps)]))
            for one in self.worlds:
                one.be_patient()
                one.calm()
                self.tick()
            if self.writes() == before and not any(one.unknown_since or one.stopped for one in self.worlds):
                return
        raise AssertionError(f"they never come to rest: {self.counts()}")

    def writes(self) -> int:
        """How often anything was written to an app."""
        return sum(one.writes for one in self.apps)

    def counts(self) -> dict[str, int]:
        """How many items each app holds."""
        return {one.name: len(one.records) for one in self.apps}

    def held(self, number: int) -> list[str]:
        """Why the items that an integration holds back are held."""
        rows = self.worlds[number].rows("select reason from holds where integration_id = :integration order by reason")
        return [str(row.reason) for row in rows]


def _noting(fate: Callable[[str], Fate], point: Callable[[str], None]) -> Callable[[str], Fate]:
    def noted(call: str) -> Fate:
        point(call)
        return fate(call)

    return noted


def join(stage: Stage, left: ModelApp, right: ModelApp, *, rules: Rules = document, who: str = "us") -> World:
    """An integration of two apps, beside those that the tenant has; ``who`` is its account."""
    cipher = stage.cluster.master.tenant_cipher(stage.login.tenant_id)
    several = secrets.token_hex(3)
    with stage.database.tenant(stage.login) as tx:
        ends = [
            connections.add(tx, cipher, f"{app.name} {several}", "model", {"url": f"http://{app.name}"}, {})
            for app in (left, right)
        ]
        plain = rules(*ends)
        settings = replace(plain, left=SideSettings(ends[0], left.name), right=SideSettings(ends[1], right.name))
        integration = integrations.add(tx, f"history {left.name}-{right.name} {several}", settings, "test")
    with stage.database.control() as control:  # as saving it does
        places.put(control, stage.tenant, integration, [f"model {app.name}" for app in (left, right)])
    return _world(stage, integration, settings, (left, right), who)


def _world(stage: Stage, integration: str, settings: Any, apps: tuple[ModelApp, ModelApp], who: str) -> World:
    cipher = stage.cluster.master.tenant_cipher(stage.login.tenant_id)
    log = structlog.get_logger()
    scope = MortalScope(stage.tenant, stage.name, "", "c", "active", cipher, log, stage.database, stage.login)
    world = World(scope, integration, settings, *apps, stage.epoch, who=who)
    world.scope = replace(scope, commits=world.fate, seen=lambda tx: world.witness.see(tx, integration))
    return world


def know_each_other(*worlds: World) -> None:
    """These are integrations of one tenant."""
    for one in worlds:
        one.beside = tuple(
            Beside(each.integration, f"{each.left.name}-{each.right.name}", _ends(each))
            for each in worlds
            if each is not one
        )


def _ends(world: World) -> dict[Side, tuple[str, str]]:
    return {side: (f"model {world.app(side).name}", world.app(side).name) for side in Side}


def share_time(*worlds: World, apps: Sequence[ModelApp]) -> Together:
    """The integrations on their apps."""
    for app in apps:
        app.fate = lambda call: next((one.fate(call) for one in worlds if one.harsh), worlds[0].fate(call))
    return Together(list(apps), list(worlds))


def web(stage: Stage, *ways: tuple[str, str], **quirks: Any) -> Together:
    """Integrations of one tenant, one for each way between two apps."""
    stage.clear()
    apps = {name: an_app(name, **quirks) for way in ways for name in way}
    worlds = [join(stage, apps[left], apps[right]) for left, right in ways]
    know_each_other(*worlds)
    return share_time(*worlds, apps=list(apps.values()))


def circle(stage: Stage, *names: str, **quirks: Any) -> Together:
    """Integrations of one tenant round all these apps, the last with the first."""
    return web(stage, *pairwise([*names, names[0]]), **quirks)


def chain(stage: Stage, *names: str, **quirks: Any) -> Together:
    """Integrations of one tenant along these apps."""
    return web(stage, *pairwise(names), **quirks)


def strangers(stages: Sequence[Stage], *, accounts: Sequence[str] = (), **quirks: Any) -> Together:
    """A tenant each with an integration of the same two apps, all by one account or each by one of its own."""
    apps = [an_app(name, **quirks) for name in ("left", "right")]
    worlds = []
    for number, stage in enumerate(stages):
        stage.clear()
        who = accounts[number] if accounts else "us"
        worlds.append(join(stage, apps[0], apps[1], who=who))
    return share_time(*worlds, apps=apps)


def circle_of_strangers(stages: Sequence[Stage], *, accounts: Sequence[str] = (), **quirks: Any) -> Together:
    """The same circle, each integration of another tenant."""
    apps = [an_app(name, **quirks) for name in ("left", "middle", "right")]
    worlds = []
    for number, (stage, two) in enumerate(zip(stages, pairwise([*apps, apps[0]]), strict=True)):
        stage.clear()
        worlds.append(join(stage, *two, who=accounts[number] if accounts else "us"))
    return share_time(*worlds, apps=apps)


@contextmanager
def tenants(cluster: TestCluster, count: int) -> Iterator[list[Stage]]:
    """So many tenants of one cluster."""
    database = cluster.database()
    several = secrets.token_hex(3)
    stages = []
    for number in range(count):
        name = f"kin{number}{several}"
        cluster.create_tenant(name)
        stages.append(Stage(database, cluster.login(name), cluster, name))
    yield stages
    database.close()


@contextmanager
def copied(world: World, stage: Stage) -> Iterator[World]:
    """The same integration of the same tenant once more, from a copy of its database as it is now."""
    cluster, name = stage.cluster, f"copy{secrets.token_hex(3)}"
    cluster.create_tenant(name)
    with psycopg.connect(cluster.server.dsn(cluster.settings.name)) as owner:
        rows = owner.execute(
            "select name, schema_name from control.tenants where name = any(%s)", ([stage.name, name],)
        ).fetchall()
        schemas: dict[str, str] = dict(rows)
        _copy(owner, schemas[stage.name], schemas[name])
    database = cluster.database()
    copy = Stage(database, cluster.login(name), cluster, stage.name, tenant=stage.tenant)
    copy.epoch = stage.epoch + 500
    try:
        with database.tenant(copy.login) as tx:
            lease.raise_fence(tx, copy.epoch)
        other = _world(copy, world.integration, world.document, (world.left, world.right), world.who)
        other.beside = world.beside
        world.releases = other.releases = True
        yield other
    finally:
        database.close()


def _copy(owner: psycopg.Connection[Any], source: str, target: str) -> None:
    """All rows of a tenant's schema."""
    owner.execute("set session_replication_role = replica")  # a row may come before the one that it leans on
    tables = owner.execute(
        "select c.relname, string_agg(quote_ident(a.attname), ', ') from pg_class c join pg_attribute a"
        " on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " where c.relkind = 'r' and c.relnamespace = %s::regnamespace group by c.relname",
        (source,),
    ).fetchall()
    for table, columns in tables:
        to, of, listed = sql.Identifier(target, table), sql.Identifier(source, table), sql.SQL(columns)
        owner.execute(sql.SQL("delete from {}").format(to))
        copy = sql.SQL("insert into {} ({}) overriding system value select {} from {}")
        owner.execute(copy.format(to, listed, listed, of))
        for (column,) in owner.execute(
            "select column_name from information_schema.columns"
            " where table_schema = %s and table_name = %s and is_identity = 'YES'",
            (target, table),
        ).fetchall():
            place = sql.Literal(f"{target}.{table}"), sql.Literal(column), sql.Identifier(column), to
            owner.execute(
                sql.SQL("select setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 0) + 1) from {}").format(
                    *place
                )
            )
