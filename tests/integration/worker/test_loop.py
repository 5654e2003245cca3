"""A tenant's thread as a whole: who is worked when, in turns, and never within a window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from server.domain.integration import Document
from server.domain.schedule import Schedule, Window
from server.domain.values import Value
from server.services import record
from server.services.cluster import Tenure, elapsed
from server.services.sync import ends, passes
from server.services.sync.passes import Broken, Desk, Finished
from server.store import connections, integrations
from server.store.connections import Connection
from server.worker.loop import TenantLoop
from tests.property.model import FIELDS, Fate, ModelApp, ModelConnector
from tests.property.world import Stage, World, document

pytestmark = pytest.mark.postgres
PATIENCE = 30.0
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}


@dataclass
class Tenant:
    """A world with a second pair of apps, and every call in the order in which the apps saw it."""

    world: World
    small: tuple[ModelApp, ModelApp]
    calls: list[str] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    def seen(self, call: str) -> Fate:
        self.calls.append(call)
        return Fate.WELL

    def add_small(self, schedule: Schedule | None = None) -> str:
        """A second integration, of apps of its own, not started."""
        scope = self.world.scope
        with scope.transaction() as tx:
            ids = [connections.add(tx, scope.cipher, one.name, "model", {}, {}) for one in self.small]
            made = document(*ids)
            sides = [
                replace(side, container=app.name) for side, app in zip((made.left, made.right), self.small, strict=True)
            ]
            made = replace(made, left=sides[0], right=sides[1], schedule=schedule or Schedule())
            return integrations.add(tx, "small", made, "test")

    def start(self, integration: str) -> None:
        with self.world.scope.transaction() as tx:
            integrations.start(tx, integration)

    def save(self, **changes: object) -> Document:
        """The world's integration with a changed document."""
        changed = replace(self.world.document, **changes)  # type: ignore[arg-type]  # fields of the document
        with self.world.scope.transaction() as tx:
            integrations.change(tx, self.world.integration, "history", changed, "test")
        return changed

    def rests(self) -> bool:
        """Whether the tenant's thread says that it has nothing to do."""
        return self.world.scope.sync_state().state == "idle"

    @contextmanager
    def thread(self) -> Iterator[TenantLoop]:
        """The tenant's thread at work; it is over when the block is."""
        tenure = Tenure()
        tenure.renewed(elapsed() + 3600)
        self.world.epoch += 1
        loop = TenantLoop(self.world.scope, self.world.epoch, "test", 2, tenure)
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            yield loop
        finally:
            loop.stop()
            thread.join(PATIENCE)
        assert not thread.is_alive()


def eventually(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    tick, until = threading.Event(), elapsed() + PATIENCE
    while not is_so():
        assert elapsed() < until
        tick.wait(0.01)


@pytest.fixture
def tenant(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    world = stage.world()
    small = (ModelApp("small left", FIELDS), ModelApp("small right", FIELDS))
    made = Tenant(world, small)
    apps = {app.name: app for app in (world.left, world.right, *small)}
    for app in apps.values():
        app.fate = made.seen

    def open_model(_scope: object, row: Connection, *_more: object) -> ModelConnector:
        return ModelConnector(apps[row.name])

    monkeypatch.setattr(ends, "open_connector", open_model)
    return made


def work(tenant: Tenant, *, errand: bool = False) -> Finished | Broken:
    """One pass by a fresh desk."""
    tenant.world.epoch += 1
    desk = Desk(tenant.world.scope, tenant.world.epoch, "test", lambda: False)
    desk.open()
    [wanted] = desk.wanted()
    with ThreadPoolExecutor(2) as pool:
        one = desk.start(wanted.for_errand() if errand else wanted, pool)
        while (outcome := one.step()) is None:
            pass
    desk.close()
    return outcome


def test_a_giant_backfill_holds_a_small_integration_back_by_no_more_than_a_page(tenant: Tenant) -> None:
    for number in range(60):  # twenty pages
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    tenant.small[0].person_creates(ITEM)
    small = tenant.add_small()
    tenant.start(tenant.world.integration)
    with tenant.thread() as loop:

        def fate(call: str) -> Fate:
            if call == "left.changes" and tenant.calls.count(call) == 4:
                tenant.start(small)
                tenant.calls.append("started")
                loop.wake()
            return tenant.seen(call)

        def arrived(call: str) -> Fate:
            if call == "small right.create":
                tenant.came.set()
            return tenant.seen(call)

        tenant.world.left.fate, tenant.small[1].fate = fate, arrived
        assert tenant.came.wait(PATIENCE)
    began = tenant.calls.index("started")
    came = tenant.calls.index("small right.create")
    between = [call for call in tenant.calls[began:came] if call == "left.changes"]
    assert len(between) <= 1  # the page at hand


def test_nothing_is_sent_within_a_window_of_a_connection(tenant: Tenant) -> None:
    scope, now = tenant.world.scope, datetime.now(UTC)
    around = Window(f"{now - timedelta(hours=1):%H:%M}", f"{now + timedelta(hours=1):%H:%M}")
    right = tenant.world.document.right.connection
    with scope.transaction() as tx:
        connections.change(tx, scope.cipher, right, "right", {}, {}, Schedule(windows=(around,)))
    tenant.world.left.person_creates(ITEM)
    tenant.start(tenant.world.integration)

    def arrived(call: str) -> Fate:
        if call == "right.create":
            tenant.came.set()
        return tenant.seen(call)

    tenant.world.right.fate = arrived
    with tenant.thread() as loop:
        tick = threading.Event()
        while scope.sync_state().state != "idle":
            tick.wait(0.01)
        assert tenant.calls == []
        with scope.transaction() as tx:
            connections.change(tx, scope.cipher, right, "right", {}, {}, Schedule())
        loop.wake()
        assert tenant.came.wait(PATIENCE)


class _Wall(datetime):
    """The clock on the wall, as a test sets it."""

    at = datetime(2030, 1, 7, 12, tzinfo=UTC)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # as the passes read it
        assert tz is UTC
        return cls.at


def test_a_window_that_begins_ends_the_pass_at_its_next_page_and_the_rest_follows(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):  # three pages
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    tenant.save(schedule=Schedule(windows=(Window("12:30", "13:30"),)))
    tenant.start(tenant.world.integration)
    monkeypatch.setattr(passes, "datetime", _Wall)

    def fate(call: str) -> Fate:
        if call == "left.changes" and tenant.calls.count(call) == 1:
            _Wall.at = datetime(2030, 1, 7, 12, 45, tzinfo=UTC)
        return tenant.seen(call)

    tenant.world.left.fate = fate
    outcome = work(tenant)
    assert isinstance(outcome, Broken)
    assert (outcome.slowed, outcome.retry_after) == (True, 45 * 60.0)
    assert len(tenant.world.right.records) == 6
    _Wall.at = datetime(2030, 1, 7, 13, 30, tzinfo=UTC)
    assert isinstance(work(tenant), Finished)
    assert len(tenant.world.right.records) == 9
    tenant.world.left.fate = tenant.seen
    [row] = tenant.world.rows("select message, state from runs where message <> '' order by started_at")
    assert row.state == "partial"
    assert "maintenance window" in row.message
    assert "13:30 UTC" in row.message


def test_held_items_are_tried_again_without_a_look_at_the_feeds(tenant: Tenant) -> None:
    tenant.world.right.refuses = frozenset({"bad"})
    tenant.world.left.person_creates(ITEM | {"title": "bad"})
    tenant.save(schedule=Schedule(cron="0 2 * * *"))
    tenant.start(tenant.world.integration)
    work(tenant)
    tenant.world.right.refuses = frozenset()
    tenant.world.rows("update holds set due_at = now() returning item_id")
    tenant.calls.clear()
    outcome = work(tenant, errand=True)
    assert isinstance(outcome, Finished)
    assert len(tenant.world.right.records) == 1
    assert not [call for call in tenant.calls if call.endswith("changes")]
    assert [row.trigger for row in tenant.world.rows("select trigger from runs order by started_at")] == [
        "poll",
        "retry",
    ]


@pytest.mark.parametrize("which", ["one", "all"])
def test_what_a_person_retries_is_tried_at_once_and_not_at_the_next_poll(tenant: Tenant, which: str) -> None:
    scope = tenant.world.scope
    tenant.world.right.refuses = frozenset({"bad"})
    item = tenant.world.left.person_creates(ITEM | {"title": "bad"})
    tenant.save(schedule=Schedule(3600))
    tenant.start(tenant.world.integration)
    with tenant.thread() as loop:
        for _ in range(2):  # the first is refused again, and the second must not wait for what that one learned
            eventually(lambda: tenant.rests() and tenant.world.rows("select 1 from holds where due_at is null"))
            before = len(tenant.world.rows("select 1 from runs"))
            tenant.calls.clear()
            record.retry(scope, "ann", tenant.world.integration, [("left", item)] if which == "one" else None)
            loop.wake()
            eventually(lambda: len(tenant.world.rows("select 1 from runs where state <> 'running'")) > before)  # noqa: B023
            tenant.world.right.refuses = frozenset()
    assert len(tenant.world.right.records) == 1
    assert not [call for call in tenant.calls if call.endswith("changes")]
    assert not tenant.world.rows("select 1 from holds")


def test_what_a_person_retries_goes_between_the_pages_of_a_backfill(tenant: Tenant) -> None:
    scope = tenant.world.scope
    tenant.world.right.refuses = frozenset({"bad"})
    tenant.world.left.person_creates(ITEM | {"title": "bad"})
    tenant.start(tenant.world.integration)
    work(tenant)
    for number in range(60):  # twenty pages
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    tenant.calls.clear()
    with tenant.thread() as loop:

        def fate(call: str) -> Fate:
            if call == "left.changes" and tenant.calls.count(call) == 4:
                tenant.world.right.refuses = frozenset()
                record.retry(scope, "ann", tenant.world.integration, None)
                tenant.calls.append("retried")
                loop.wake()
            return tenant.seen(call)

        def arrived(call: str) -> Fate:
            if any(one.fields["title"] == "bad" for one in tenant.world.right.records.values()):
                tenant.came.set()
            return tenant.seen(call)

        tenant.world.left.fate, tenant.world.right.fate = fate, arrived
        assert tenant.came.wait(PATIENCE)
    between = [call for call in tenant.calls[tenant.calls.index("retried") :] if call == "left.changes"]
    assert len(between) < 16  # the backfill went on beside it, and was not over


def test_a_retry_of_what_is_paused_waits_for_the_start(tenant: Tenant) -> None:
    tenant.world.right.refuses = frozenset({"bad"})
    tenant.world.left.person_creates(ITEM | {"title": "bad"})
    tenant.start(tenant.world.integration)
    work(tenant)
    with tenant.world.scope.transaction() as tx:
        integrations.pause(tx, tenant.world.integration)
    record.retry(tenant.world.scope, "ann", tenant.world.integration, None)
    desk = Desk(tenant.world.scope, tenant.world.epoch, "test", lambda: False)
    assert desk.wanted() == []
    tenant.start(tenant.world.integration)
    assert [one.trigger for one in desk.wanted()] == ["poll", "retry"]


def test_a_set_time_that_was_kept_is_recorded_and_an_interval_is_not(tenant: Tenant) -> None:
    kept = "select worked_at from integrations where id = :integration"
    tenant.start(tenant.world.integration)
    work(tenant)
    assert [row.worked_at for row in tenant.world.rows(kept)] == [None]
    tenant.save(schedule=Schedule(cron="0 2 * * *"))
    work(tenant, errand=True)
    assert [row.worked_at for row in tenant.world.rows(kept)] == [None]
    work(tenant)
    assert [row.worked_at is not None for row in tenant.world.rows(kept)] == [True]


def test_a_nightly_integration_does_not_run_at_noon_because_a_process_started(tenant: Tenant) -> None:
    hour = (datetime.now(UTC) + timedelta(hours=2)).hour
    tenant.world.left.person_creates(ITEM)
    tenant.save(schedule=Schedule(cron=f"0 {hour} * * *"))
    tenant.start(tenant.world.integration)
    with tenant.thread():
        tick = threading.Event()
        while tenant.world.scope.sync_state().state != "idle":
            tick.wait(0.01)
    assert not [call for call in tenant.calls if call.endswith("changes")]
    tenant.world.rows("update integrations set due_at = now() - interval '2 days' returning id")
    with tenant.thread():
        while not tenant.world.right.records:
            tick.wait(0.01)


def test_a_document_of_the_first_version_keeps_its_interval(tenant: Tenant) -> None:
    scope = tenant.world.scope
    with scope.transaction() as tx:
        old = "update integrations set document = (document - 'schedule') || '{\"poll_seconds\": 77}'"
        tx.execute(text(old))
        row = integrations.get(tx, tenant.world.integration)
    assert row.document.schedule == Schedule(77)


def test_live_pages_go_before_a_backfill_which_still_gets_its_share(tenant: Tenant) -> None:
    small = tenant.add_small()
    tenant.start(small)
    with tenant.thread():
        tick = threading.Event()
        while tenant.world.scope.sync_state().state != "idle":
            tick.wait(0.01)
    for number in range(60):  # twenty pages
        tenant.world.left.person_creates(ITEM | {"title": f"item {number}"})
    for number in range(6):  # two pages
        tenant.small[0].person_creates(ITEM | {"title": f"live {number}"})
    tenant.calls.clear()
    tenant.start(tenant.world.integration)

    def done(call: str) -> Fate:
        if len(tenant.world.right.records) == 60:
            tenant.came.set()
        return tenant.seen(call)

    tenant.world.right.fate = done
    with tenant.thread() as loop:
        loop.wake()
        assert tenant.came.wait(PATIENCE)
    pages = [call for call in tenant.calls if call in {"left.changes", "small left.changes"}]
    creates = [at for at, call in enumerate(tenant.calls) if call == "small right.create"]
    between = [call for call in tenant.calls[: creates[-1]] if call == "left.changes"]
    assert len(creates) == 6
    assert len(between) <= 2
    assert pages.count("left.changes") == 20
