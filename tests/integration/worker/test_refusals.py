"""An app that will have none of us, or not now: the connection rests with one alert, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from server.connectors.base import Account, Container
from server.connectors.pace import Limits
from server.domain.errors import AppError, CredentialsRefused, Rejected, Slowed
from server.domain.item import Draft, Item
from server.domain.values import Value
from server.services.sync import ends
from server.services.sync.passes import Broken, Desk, Finished
from server.store import connections, integrations
from server.store.connections import Connection
from tests.property import laws
from tests.property.model import ModelApp, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
KEY = CredentialsRefused("The app says 401: the key is not valid any more.", status=401)
FORBIDDEN = Rejected("The app refuses this (HTTP 403).", words="no", status=403)
SLOWED = Slowed("The app asks for a slower pace (HTTP 429).", 40.0)


class Moody(ModelConnector):
    """An account whose calls are refused as a test says. ``moods``: the error by call."""

    def __init__(self, app: ModelApp, moods: dict[str, AppError]) -> None:
        super().__init__(app)
        self.moods = moods

    def _mood(self, call: str) -> None:
        if call in self.moods:
            raise self.moods[call]

    def check(self) -> Account:
        self._mood("check")
        return super().check()

    def containers(self) -> tuple[Container, ...]:
        self._mood("containers")
        return super().containers()

    def fetch(self, item_id: str) -> Item:
        self._mood("fetch")
        return super().fetch(item_id)

    def create(self, draft: Draft) -> Item:
        self._mood("create")
        self._mood(f"create {draft.fields['title']}")
        return super().create(draft)


@dataclass(slots=True)
class Tenant:
    """A tenant's thread at work on a world, step by step, with the moods of both apps."""

    world: World
    pool: ThreadPoolExecutor
    left: dict[str, AppError] = field(default_factory=dict)
    right: dict[str, AppError] = field(default_factory=dict)

    def work(self) -> list[Finished | Broken]:
        """Every live pass once, by a fresh desk."""
        self.world.epoch += 1
        desk = Desk(self.world.scope, self.world.epoch, "test", lambda: False)
        desk.open()
        outcomes = []
        for wanted in desk.wanted():
            one = desk.start(wanted, self.pool)
            while (outcome := one.step()) is None:
                pass
            outcomes.append(outcome)
        desk.close()
        return outcomes

    def states(self) -> dict[str, str]:
        return {row.name: row.state for row in self.world.rows("select name, state from connections")}

    def alerts(self) -> list[tuple[str, str]]:
        rows = self.world.rows("select subject, detail->>'reason' as reason from audit where actor = 'Lockstep'")
        return [(row.subject, row.reason) for row in rows]

    def problems(self) -> list[str]:
        return [row.problem for row in self.world.rows("select problem from integrations order by name")]

    def held(self) -> list[tuple[str, int]]:
        return [(row.kind, row.attempts) for row in self.world.rows("select kind, attempts from holds order by 1")]


@pytest.fixture
def tenant(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    world = stage.world()
    world.rows("delete from audit returning id")
    with ThreadPoolExecutor(2) as pool:
        made = Tenant(world, pool)

        def open_model(_scope: object, row: Connection, *_more: object) -> ModelConnector:
            return Moody(world.left, made.left) if row.name == "left" else Moody(world.right, made.right)

        monkeypatch.setattr(ends, "open_connector", open_model)
        with world.scope.transaction() as tx:
            integrations.start(tx, world.integration)
        yield made


def second_integration(world: World) -> str:
    """Another integration on the same connections."""
    with world.scope.transaction() as tx:
        made = integrations.add(tx, "another", world.document, "test")
        integrations.start(tx, made)
    return made


def put_right(tenant: Tenant) -> None:
    """What a person's successful test of the connection does."""
    tenant.right.clear()
    with tenant.world.scope.transaction() as tx:
        connections.checked(tx, tenant.world.document.right.connection, "Model 1", "Lockstep")


def test_a_refused_account_is_one_alert_however_many_integrations_and_items_it_stops(tenant: Tenant) -> None:
    second_integration(tenant.world)
    for number in range(5):
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    tenant.right |= {"create": KEY, "check": KEY}
    for _ in range(2):
        # The other of the two waits for what becomes of the first one's create, and need not be refused itself.
        assert any(isinstance(one, Broken) for one in tenant.work())
    assert tenant.states() == {"left": "active", "right": "paused"}
    assert [subject for subject, _ in tenant.alerts()] == ["right"]
    assert all("right" in problem for problem in tenant.problems())
    assert all(kind == "waiting" for kind, _ in tenant.held())


def test_once_it_is_put_right_everything_goes_on_by_itself(tenant: Tenant) -> None:
    for number in range(5):
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    tenant.right |= {"create": KEY, "check": KEY}
    tenant.work()
    put_right(tenant)
    tenant.world.rows("update holds set due_at = now() returning item_id")
    assert [type(one) for one in tenant.work()] == [Finished]
    assert len(tenant.world.right.records) == 5
    assert tenant.problems() == [""]
    assert tenant.held() == []
    tenant.world.settle()
    laws.check_all(tenant.world)


def test_a_connection_that_is_put_right_makes_its_integrations_due_at_once(tenant: Tenant) -> None:
    desk = Desk(tenant.world.scope, tenant.world.epoch, "test", lambda: False)
    before = [one.news for one in desk.wanted()]
    assert [one.news for one in desk.wanted()] == before
    put_right(tenant)
    assert [one.news for one in desk.wanted()] != before


def test_an_account_that_is_refused_before_anything_is_read_is_paused_too(tenant: Tenant) -> None:
    tenant.right |= {"containers": KEY, "check": KEY}
    assert [type(one) for one in tenant.work()] == [Broken]
    assert tenant.states()["right"] == "paused"
    assert len(tenant.alerts()) == 1


@pytest.mark.parametrize("call", ["create", "containers"])
def test_an_app_that_forbids_everything_refuses_the_account(tenant: Tenant, call: str) -> None:
    tenant.world.left.person_creates(ITEM)
    tenant.right |= {call: FORBIDDEN, "check": FORBIDDEN}
    assert [type(one) for one in tenant.work()] == [Broken]
    assert tenant.states()["right"] == "paused"
    assert "quarantine" not in [kind for kind, _ in tenant.held()]
    put_right(tenant)
    tenant.world.rows("update holds set due_at = now() returning item_id")
    tenant.work()
    assert len(tenant.world.right.records) == 1


def test_an_app_that_forbids_one_item_quarantines_that_item_and_nothing_else(tenant: Tenant) -> None:
    for title in ("one", "secret", "two"):
        tenant.world.left.person_creates(ITEM | {"title": title})
    tenant.right |= {"create secret": FORBIDDEN}
    assert [type(one) for one in tenant.work()] == [Finished]
    assert tenant.states() == {"left": "active", "right": "active"}
    assert tenant.alerts() == []
    assert tenant.held() == [("quarantine", 1)]
    assert len(tenant.world.right.records) == 2


def test_one_refused_connection_holds_back_no_integration_without_it(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = tenant.world
    with world.scope.transaction() as tx:
        third = connections.add(tx, world.scope.cipher, "third", "model", {}, {})
        document = type(world.document)(
            world.document.left, type(world.document.right)(third, "right"), world.document.types
        )
        integrations.start(tx, integrations.add(tx, "with the third", document, "test"))
    open_model: Callable[..., ModelConnector] = vars(ends)["open_connector"]

    def open_third(scope: object, row: Connection, *more: object) -> ModelConnector:
        if row.name != "third":
            return open_model(scope, row, *more)
        return Moody(world.right, {"check": KEY, "containers": KEY})

    monkeypatch.setattr(ends, "open_connector", open_third)
    world.left.person_creates(ITEM)
    outcomes = tenant.work()
    assert sorted(type(one).__name__ for one in outcomes) == ["Broken", "Finished"]
    assert tenant.states() == {"left": "active", "right": "active", "third": "paused"}
    assert len(world.right.records) == 1


@pytest.mark.parametrize("call", ["fetch", "create"])
def test_a_connection_that_rests_costs_no_item_its_place(tenant: Tenant, call: str) -> None:
    for number in range(5):
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    (tenant.left if call == "fetch" else tenant.right)[call] = SLOWED
    for _ in range(3):
        [outcome] = tenant.work()
        assert isinstance(outcome, Broken)
        assert (outcome.slowed, outcome.retry_after) == (True, 40.0)
        assert all(attempts == 1 for _, attempts in tenant.held())
        tenant.world.rows("update holds set due_at = now() returning item_id")
    assert tenant.states() == {"left": "active", "right": "active"}
    assert tenant.alerts() == []
    assert "slower pace" in tenant.problems()[0]
    tenant.left.clear()
    tenant.right.clear()
    tenant.work()
    assert tenant.problems() == [""]
    tenant.world.settle()
    laws.check_all(tenant.world)
    assert len(tenant.world.right.records) == 5


def test_a_pause_that_another_process_recorded_is_kept(tenant: Tenant) -> None:
    world, scope = tenant.world, tenant.world.scope
    until = datetime.now(UTC) + timedelta(seconds=90)
    with scope.transaction() as tx:
        connections.slow(tx, world.document.right.connection, until, "It rests.")
        connections.slow(tx, world.document.right.connection, until - timedelta(seconds=30), "Shorter.")
        row = connections.get(tx, world.document.right.connection)
    assert (row.slowed_until, row.slowed_reason) == (until, "It rests.")
    desk = Desk(scope, world.epoch, "test", lambda: False)
    bucket = desk.paces.of(scope, row, Limits())
    with pytest.raises(Slowed, match="It rests"):
        bucket.before()


def test_a_pause_that_is_over_is_not_shown(tenant: Tenant) -> None:
    with tenant.world.scope.transaction() as tx:
        connections.slow(tx, tenant.world.document.right.connection, datetime.now(UTC), "It rested.")
    with tenant.world.scope.reading() as tx:
        row = connections.get(tx, tenant.world.document.right.connection)
    assert (row.slowed_until, row.slowed_reason) == (None, "")
