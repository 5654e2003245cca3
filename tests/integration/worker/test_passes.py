"""A tenant's desk: what stops a pass becomes a sentence where a person looks for it, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from server.domain.errors import CredentialsRefused
from server.services import record
from server.services.cluster import Tenure, elapsed
from server.services.integrations import pause as paused
from server.services.sync.passes import Broken, Desk, Finished
from server.store import connections, database, integrations, requests
from server.worker.loop import TenantLoop
from server.worker.schedule import Clock, Slot, after_pause
from tests.integration.worker.desks import ITEM, in_the_middle, problem, work
from tests.property import laws
from tests.property.model import Fate, ModelConnector
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres


def test_a_pass_carries_an_item_over_and_says_nothing_is_wrong(world: World, pool: ThreadPoolExecutor) -> None:
    world.left.person_creates(ITEM)
    assert isinstance(work(world, pool), Finished)
    assert len(world.right.records) == 1
    assert problem(world) == ""
    assert [row.state for row in world.rows("select state from runs")] == ["succeeded"]


def test_a_mapped_field_that_is_gone_rests_and_stops_no_pass(world: World, pool: ThreadPoolExecutor) -> None:
    world.left.person_creates(ITEM)
    kept = world.right.fields
    world.right.fields = tuple(one for one in kept if one.id != "labels")
    assert isinstance(work(world, pool), Finished)
    assert [one.fields.get("labels") for one in world.right.records.values()] == [None]
    world.right.fields = kept
    assert isinstance(work(world, pool), Finished)
    assert problem(world) == ""
    world.settle()
    laws.check_all(world)


def test_a_container_that_is_gone_is_named(world: World, pool: ThreadPoolExecutor) -> None:
    world.right.name = "elsewhere"
    assert isinstance(work(world, pool), Broken)
    assert "right has no “right”" in problem(world)


def test_refused_credentials_pause_the_connection_and_say_which(
    world: World, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.left.person_creates(ITEM)

    def refuse(self: ModelConnector, *_: object) -> object:
        if self.app is world.right:
            raise CredentialsRefused("The app says 401: the key is not valid any more.")
        return ()

    monkeypatch.setattr(ModelConnector, "create", refuse)
    monkeypatch.setattr(ModelConnector, "check", refuse)
    assert isinstance(work(world, pool), Broken)
    states = {row.name: row.state for row in world.rows("select name, state from connections")}
    assert states == {"left": "active", "right": "paused"}
    assert "right refuses the account" in problem(world)
    monkeypatch.undo()


def test_a_paused_connection_is_not_asked(world: World, pool: ThreadPoolExecutor) -> None:
    world.left.person_creates(ITEM)
    with world.scope.transaction() as tx:
        connections.pause(tx, world.document.right.connection, "The key is not valid any more.")
    outcome = work(world, pool)
    assert isinstance(outcome, Broken)
    assert "is paused" in outcome.reason
    assert world.right.writes == 0


def test_a_feed_that_breaks_off_is_retried_and_the_reason_is_shown(world: World, pool: ThreadPoolExecutor) -> None:
    world.left.person_creates(ITEM)
    world.left.fate = lambda call: Fate.BUSY if call == "left.changes" else Fate.WELL
    assert isinstance(work(world, pool), Broken)
    assert "left is busy" in problem(world)
    world.left.fate = lambda _call: Fate.WELL
    assert isinstance(work(world, pool), Finished)
    world.settle()
    laws.check_all(world)


def test_a_pass_that_lost_the_database_comes_back_in_a_moment_however_often(
    world: World, stage: Stage, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.left.person_creates(ITEM)

    def restart(call: str) -> Fate:
        if call == "right.create":
            with psycopg.connect(stage.cluster.server.dsn("postgres")) as superuser:
                ended = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s"
                superuser.execute(ended, (world.scope.login.role,))
        return Fate.WELL

    world.right.fate = restart
    outcome = work(world, pool)
    assert isinstance(outcome, Broken)
    assert (outcome.retry_after, outcome.slowed) == (2.0, True)
    slot = Slot(0.0, failures=6)
    clock = Clock(0.0, datetime.now(UTC))
    assert after_pause(clock, slot, outcome.retry_after or 0.0) == Slot(2.0, failures=6)
    monkeypatch.setattr(database, "_RESTED_SECONDS", 0.0)  # what was ended is noticed when it is taken up again
    world.right.fate = lambda _call: Fate.WELL
    assert isinstance(work(world, pool), Finished)
    world.settle()
    laws.check_all(world)
    assert len(world.right.records) == 1


@pytest.mark.parametrize("others_wait", [True, False])
def test_an_integration_that_was_paused_meanwhile_stops_at_its_next_page(
    world: World,
    pool: ThreadPoolExecutor,
    others_wait: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    for number in range(9):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False, waited_for=lambda: others_wait)
    desk.open()
    [wanted] = desk.wanted()
    one = desk.start(wanted, pool)
    if others_wait:
        assert one.step() is None
        with world.scope.transaction() as tx:
            integrations.pause(tx, world.integration)
    else:  # the pass makes no stop by itself
        world.right.fate = lambda _call: pause(world)
        assert one.step() is None
    assert isinstance(one.step(), Finished)
    assert 0 < len(world.right.records) < 9
    [run] = world.rows("select state, message from runs")
    assert (run.state, "paused or changed" in run.message) == ("partial", True)


@pytest.mark.parametrize("kind", ["poll", "now"])
def test_a_live_run_that_a_person_ends_is_cancelled_and_the_next_waits_for_a_start(
    world: World, pool: ThreadPoolExecutor, kind: str
) -> None:
    for number in range(9):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    if kind == "now":
        with world.scope.transaction() as tx:
            requests.ask(tx, world.integration, "now", {}, "test")
    desk, one = in_the_middle(world, pool)
    record.cancel_run(world.scope, "test", world.last_run())
    assert isinstance(one.step(), Finished)
    assert 0 < len(world.right.records) < 9
    assert [(row.state, row.message) for row in world.rows("select state, message from runs")] == [("cancelled", "")]
    assert world.rows("select id from run_requests") == []
    assert desk.wanted() == []
    with world.scope.transaction() as tx:
        integrations.start(tx, world.integration)
    assert isinstance(work(world, pool), Finished)
    assert len(world.right.records) == 9


def test_a_request_that_a_pause_took_back_does_not_promise_to_be_taken_up(
    world: World, pool: ThreadPoolExecutor
) -> None:
    for number in range(9):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "now", {}, "test")
    _, one = in_the_middle(world, pool)
    paused(world.scope, "test", world.integration)
    assert isinstance(one.step(), Finished)
    [run] = world.rows("select state, message from runs")
    assert (run.state, "paused or changed" in run.message) == ("partial", True)


def pause(world: World) -> Fate:
    with world.scope.transaction() as tx:
        integrations.pause(tx, world.integration)
    return Fate.WELL


def test_a_run_that_a_person_asked_for_is_on_record_even_if_it_found_nothing(
    world: World, pool: ThreadPoolExecutor
) -> None:
    work(world, pool)
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "now", {}, "test")
    work(world, pool)
    assert [(row.trigger, row.state) for row in world.rows("select trigger, state from runs")] == [("now", "succeeded")]
    assert world.rows("select id from run_requests") == []


def test_a_request_outlives_the_process_that_was_killed_over_it(world: World, pool: ThreadPoolExecutor) -> None:
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "now", {}, "test")
    world.epoch += 1
    killed = Desk(world.scope, world.epoch, "test", lambda: False)
    killed.open()
    [asked] = [one for one in killed.wanted() if one.request is not None]
    killed.start(asked, pool).step()
    work(world, pool)
    assert [row.state for row in world.rows("select state from runs order by started_at")] == ["partial", "succeeded"]
    assert world.rows("select id from run_requests") == []


def test_a_request_waits_for_an_app_that_is_busy(world: World, pool: ThreadPoolExecutor) -> None:
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "now", {}, "test")
    world.left.fate = lambda _call: Fate.BUSY
    work(world, pool)
    assert len(world.rows("select id from run_requests")) == 1
    world.left.fate = lambda _call: Fate.WELL
    work(world, pool)
    assert world.rows("select id from run_requests") == []


def test_a_draft_is_worked_for_a_dry_run_and_for_nothing_else(world: World, pool: ThreadPoolExecutor) -> None:
    world.left.person_creates(ITEM)
    world.rows("update integrations set state = 'draft' returning id")
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "dry run", {}, "test")
    assert isinstance(work(world, pool), Finished)
    assert [(row.trigger, row.state) for row in world.rows("select trigger, state from runs")] == [
        ("dry run", "succeeded")
    ]
    assert world.right.records == {}
    assert Desk(world.scope, world.epoch, "test", lambda: False).wanted() == []


def test_a_dry_run_begins_anew_when_the_integration_is_changed_under_it(world: World, pool: ThreadPoolExecutor) -> None:
    for number in range(9):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "dry run", {}, "test")
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    one = desk.start(desk.wanted()[-1], pool)
    assert one.step() is None
    world.rows("update integrations set version = version + 1 returning id")
    assert isinstance(one.step(), Finished)
    assert isinstance(work(world, pool), Finished)
    found = world.rows("select state, counts from runs order by started_at")
    assert [(row.state, row.counts.get("creates")) for row in found] == [("partial", 3), ("succeeded", 9)]


def test_a_preview_of_a_mapping_that_is_not_saved_is_worked_while_the_integration_rests(
    world: World, pool: ThreadPoolExecutor
) -> None:
    item = world.left.person_creates(ITEM | {"due": "2031-01-31"})
    world.settle()
    (types,) = world.document.types
    fewer = replace(types, fields=tuple(one for one in types.fields if one.left != "title"))
    world.rows("update integrations set state = 'paused' returning id")
    world.left.person_edits(item, "title", "typed")
    for kept, updates in ((world.document, 1), (replace(world.document, types=(fewer,)), None)):
        argument = {"dry": True, "document": integrations.json_of(kept)}
        with world.scope.transaction() as tx:
            requests.ask(tx, world.integration, "reconcile", argument, "test")
        assert isinstance(work(world, pool), Finished)
        [run] = world.rows("select counts from runs where trigger = 'reconcile' order by started_at desc limit 1")
        assert run.counts.get("updates") == updates
    assert "typed" not in {one.fields["title"] for one in world.right.records.values()}


def test_a_first_run_that_goes_beyond_its_dry_run_pauses_and_says_so(world: World, pool: ThreadPoolExecutor) -> None:
    with world.scope.transaction() as tx:
        integrations.set_cap(tx, world.integration, {})
    for number in range(30):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
    assert isinstance(work(world, pool), Broken)
    assert "release the integration" in problem(world)
    assert [row.state for row in world.rows("select state from integrations")] == ["paused"]
    assert 0 < len(world.right.records) <= 25


def test_a_long_run_holds_back_no_live_pass(world: World) -> None:
    for number in range(60):
        world.left.person_creates(ITEM | {"title": f"item {number}"})
        world.left.tick()
        world.calm()
    world.rows("""update integrations set document = document || '{"schedule": {"every_seconds": 0}}' returning id""")
    with world.scope.transaction() as tx:
        requests.ask(tx, world.integration, "dry run", {}, "test")
    tenure = Tenure()
    tenure.renewed(elapsed() + 3600)
    loop = TenantLoop(world.scope, world.epoch + 1, "test", 2, tenure)
    seen: list[int] = []

    def fate(call: str) -> Fate:
        done = world.rows("select done, finished_at from runs where trigger = 'dry run'")
        if done and done[0].finished_at is not None:
            loop.stop()
        elif done and call == "left.changes":
            if done[0].done >= 9 and not seen:
                world.left.tick()
                world.left.person_creates(ITEM | {"title": "typed meanwhile"})
            if done[0].done >= 9:
                seen.append(len(world.right.records))
        return Fate.WELL

    world.left.fate = fate
    loop.run()
    assert (seen[0], seen[-1]) == (60, 61)


def test_a_run_that_a_killed_process_left_open_is_closed_by_the_next(world: World, pool: ThreadPoolExecutor) -> None:
    world.rows("insert into runs (integration_id, trigger) values (:integration, 'poll') returning id")
    work(world, pool)
    [row] = world.rows("select state, message from runs")
    assert row.state == "partial"
    assert "goes on from there" in row.message


def test_the_news_of_a_quiet_thread_is_not_written_again_and_again(world: World) -> None:
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.say("idle", "", 30.0)
    first = world.scope.sync_state()
    desk.say("idle", "", 30.0)
    assert world.scope.sync_state() == first
    desk.say("problem", "Something.", None)
    assert world.scope.sync_state().message == "Something."


def test_a_full_scan_is_due_by_the_clock_of_the_database_and_asked_for_once(
    world: World, pool: ThreadPoolExecutor
) -> None:
    item, _ = world.left.person_creates(ITEM), world.left.person_creates(ITEM)
    work(world, pool)
    world.left.person_deletes(item)
    world.rows("update integrations set updated_at = now() - interval '25 hours' returning id")
    world.epoch += 1
    desk = Desk(world.scope, world.epoch, "test", lambda: False)
    desk.open()
    [live, asked] = desk.wanted()
    assert (live.request, asked.request and asked.request.kind) == (None, "scan")
    assert [one.name for one in desk.wanted()] == [live.name, asked.name]
    work(world, pool)
    assert [row.state for row in world.rows("select state from pairs order by state")] == ["ended", "linked"]
    assert [one.request for one in desk.wanted()] == [None]
