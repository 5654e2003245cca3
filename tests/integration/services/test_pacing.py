"""The pace of a connection over real sockets and a real database: everybody who uses it keeps it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from server.connectors import registry
from server.connectors.pace import Limits, Share
from server.connectors.patience import TRIES
from server.domain.errors import AppError, LostAnswer, NotThatApp, Rejected, Slowed, Transient
from server.domain.schedule import Schedule
from server.services import connections as use_cases
from server.services.outlets import CountedOutlet, open_outlet
from server.services.pacing import Paces, WebPace, limits_of
from server.services.scope import TenantScope
from server.store import connections, paces
from server.store.connections import Connection
from tests.property.world import Stage
from tests.support.webapp import WebApp

pytestmark = pytest.mark.postgres


@pytest.fixture
def app() -> Iterator[WebApp]:
    with WebApp() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with one connection to the app."""

    scope: TenantScope
    connection: str

    def row(self) -> Connection:
        with self.scope.reading() as tx:
            return connections.get(tx, self.connection)

    def outlet(self, held: Paces | None = None, allowed: Limits | None = None) -> CountedOutlet:
        """The way out of the sync process (with ``held``) or of a web process."""
        allowed = allowed or Limits()
        row = self.row()
        pace = WebPace(self.scope, row, allowed) if held is None else held.of(self.scope, row, allowed)
        return open_outlet(self.scope, row.id, row.settings, pace=pace)


@pytest.fixture
def tenant(stage: Stage, app: WebApp) -> Tenant:
    scope = stage.world().scope
    with scope.transaction() as tx:
        made = connections.add(tx, scope.cipher, "desk", "redmine", {"url": app.url}, {"api_key": "k"})
    return Tenant(scope, made)


def test_a_refusal_for_the_pace_pauses_every_thread_and_is_shown_with_its_reason(tenant: Tenant, app: WebApp) -> None:
    held = Paces()
    first, second = tenant.outlet(held), tenant.outlet(held)
    app.answer(429, b"{}", {"Retry-After": "77"})
    with pytest.raises(Transient):
        first.request("GET", "/items")
    for outlet in (first, second):
        with pytest.raises(Slowed, match="desk asks for a slower pace"):
            outlet.request("POST", "/items", json={})
    assert len(app.asked) == 1
    shown = use_cases.get(tenant.scope, tenant.connection)
    assert shown.state == "active"
    assert shown.slowed_reason == "desk asks for a slower pace (HTTP 429)."
    assert shown.slowed_until is not None
    assert timedelta(seconds=60) < shown.slowed_until - datetime.now(UTC) < timedelta(seconds=78)


def test_a_pause_that_the_sync_process_met_holds_in_the_web_process_and_the_other_way_round(
    tenant: Tenant, app: WebApp
) -> None:
    app.answer(429, b"{}", {"Retry-After": "77"})
    with pytest.raises(Transient):
        tenant.outlet().request("GET", "/items")
    held = Paces()
    for outlet in (tenant.outlet(held), tenant.outlet()):
        with pytest.raises(Slowed):
            outlet.request("GET", "/items")
    verdict = use_cases.test(tenant.scope, "anna", tenant.connection)
    assert not verdict.ok
    assert "Nothing is sent there until" in verdict.problem
    assert tenant.row().problem == ""
    assert len(app.asked) == 1


def test_a_write_that_was_refused_for_its_pace_is_sent_again_because_nothing_was_done(
    tenant: Tenant, app: WebApp
) -> None:
    outlet = tenant.outlet(Paces())
    app.answer(429, b"{}")
    assert outlet.request("POST", "/items", json={"title": "one"}).status == 200
    app.answer(403, b"{}", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"})
    assert outlet.request("PUT", "/items/1", data=b"{}").status == 200
    app.answer(429, b"{}")
    assert b"".join(outlet.stream("/file"))
    assert [one.method for one in app.asked] == ["POST", "POST", "PUT", "PUT", "GET", "GET"]


def test_what_cannot_be_sent_twice_is_not(tenant: Tenant, app: WebApp) -> None:
    outlet = tenant.outlet(Paces())
    for given in ({"data": io.BytesIO(b"content")}, {"files": {"file": ("a.txt", b"content", "text/plain")}}):
        app.answer(429, b"{}")
        with pytest.raises(Transient):
            outlet.request("POST", "/files", **given)
    assert len(app.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (500, b"{}", {}),
        (200, b"<!DOCTYPE html><title>Log in</title>", {"Content-Type": "text/html"}),
        (200, b'{"items": [{"id": 1}, {"i', {"Content-Type": "application/json"}),
        (200, b"", {}),
        (302, b"", {"Location": "/login"}),
        (302, b"", {"Location": "http://login.example/"}),
        (302, b"", {}),
    ],
)
def test_a_read_that_was_not_answered_well_is_sent_again_and_a_write_is_not(
    tenant: Tenant, app: WebApp, status: int, body: bytes, headers: dict[str, str]
) -> None:
    outlet = tenant.outlet(Paces())
    page = (200, b"<html>log in</html>", {"Content-Type": "text/html"})

    def answered_badly(times: int) -> None:
        for _ in range(times):
            app.answer(status, body, headers)
            if headers.get("Location") == "/login":
                app.answer(*page)

    answered_badly(2)
    assert outlet.request("GET", "/items").json() == {"ok": True}
    app.answer(status, body, headers)
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/items", json={"title": "one"}).json()
    assert [one.method for one in app.asked].count("POST") == 1
    answered_badly(TRIES)
    with pytest.raises(AppError):
        outlet.request("GET", "/items")
    assert not app.answers, "it was tried as often as it may be"


def test_a_read_is_sent_again_after_an_answer_of_another_shape(tenant: Tenant, app: WebApp) -> None:
    def shape(body: object) -> None:
        if body != {"ok": True}:
            raise NotThatApp("not the app")

    outlet = tenant.outlet(Paces())
    app.answer(body=b'{"login": "please"}')
    assert outlet.request("GET", "/items", shape=shape).json() == {"ok": True}
    app.answer(body=b'{"login": "please"}')
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/items", json={}, shape=shape)


def test_an_app_that_answers_nothing_well_is_asked_once_before_long(tenant: Tenant, app: WebApp) -> None:
    outlet = tenant.outlet(Paces())
    for _ in range(200):
        app.answer(body=b"<html>", headers={"Content-Type": "text/html"})
    for _ in range(30):
        with pytest.raises(NotThatApp):
            outlet.request("GET", "/items")
    before = len(app.asked)
    with pytest.raises(NotThatApp):
        outlet.request("GET", "/items")
    assert len(app.asked) == before + 1
    assert before < 30 + 25
    app.answers.clear()
    for _ in range(4):
        outlet.request("GET", "/items")
    app.answer(body=b"<html>", headers={"Content-Type": "text/html"})
    assert outlet.request("GET", "/items").status == 200, "good answers have filled the budget again"


def test_a_right_that_is_missing_is_no_matter_of_pace(tenant: Tenant, app: WebApp) -> None:
    app.answer(403, b"{}")
    with pytest.raises(Rejected):
        tenant.outlet(Paces()).request("GET", "/items")
    assert len(app.asked) == 1


def test_an_app_that_never_stops_refusing_is_left_alone_in_the_end(tenant: Tenant, app: WebApp) -> None:
    outlet = tenant.outlet(Paces())
    for _ in range(4):
        app.answer(429, b"{}")
    with pytest.raises(Transient):
        outlet.request("GET", "/items")
    assert len(app.asked) == 4


def test_settings_of_another_address_do_not_wait_for_the_old_one(tenant: Tenant, app: WebApp) -> None:
    held = Paces()
    app.answer(429, b"{}", {"Retry-After": "77"})
    with pytest.raises(Transient):
        tenant.outlet(held).request("GET", "/items")
    with tenant.scope.transaction() as tx:
        connections.change(
            tx, tenant.scope.cipher, tenant.connection, "desk", {"url": app.url}, {"api_key": "other"}, Schedule()
        )
    held.resume(tenant.connection)
    assert tenant.outlet(held).request("GET", "/items").status == 200


def test_a_tenant_that_is_stopped_lets_go_of_whoever_waits(tenant: Tenant, app: WebApp) -> None:
    held = Paces()
    outlet = tenant.outlet(held, Limits(0.001, 2.0))
    outlet.request("GET", "/items")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(outlet.request, "GET", "/items")
        tick = threading.Event()
        while not any(held._buckets[tenant.connection]._waiting.values()):
            tick.wait(0.001)
        held.stop()
        assert isinstance(asked.exception(5), Slowed)
    assert len(app.asked) == 1


def test_the_pool_works_for_what_its_customer_works_for() -> None:
    held = Paces()
    with ThreadPoolExecutor(3) as threads:
        pool = held.pool(threads)
        for share in (Share.BACKFILL, Share.LIVE, Share.RETRY):
            held.caller.share = share
            assert set(pool.map(lambda _: held.caller.share, range(20))) == {share}


def test_all_web_processes_together_send_no_more_than_their_part(tenant: Tenant) -> None:
    """Many processes are many transactions: what they were allowed is held against the clock of the database."""
    rate, burst, patience = 50.0, 3.0, timedelta(seconds=0.5)

    def take(_: int) -> tuple[datetime, timedelta | None]:
        with tenant.scope.transaction() as tx:
            now = tx.execute(text("select now()")).scalar_one()
            return now, paces.take(tx, tenant.connection, rate, burst, patience)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(120)))
    times = sorted(now + wait for now, wait in taken if wait is not None)
    assert len(times) > burst
    assert any(wait is None for _, wait in taken) or times[-1] - times[0] > patience / 2
    for first, began in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + (times[last] - began).total_seconds() * rate + 1e-3


def test_a_person_waits_for_a_moment_and_then_is_told(tenant: Tenant, app: WebApp) -> None:
    slow = tenant.outlet(None, Limits(0.01, 2.0))
    slow.request("GET", "/items")
    with pytest.raises(Slowed, match="as often as its pace allows"):
        slow.request("GET", "/items")
    assert len(app.asked) == 1


def test_a_connection_without_a_limit_costs_the_database_nothing(
    tenant: Tenant, app: WebApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(paces, "take", lambda *_: taken.append("row"))
    tenant.outlet().request("GET", "/items")
    assert (taken, len(app.asked)) == ([], 1)


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, Limits()),
        ({"requests_per_second": "5"}, Limits(5.0, 5.0)),
        ({"requests_per_second": "0.5"}, Limits(0.5, 2.0)),
        ({"requests_per_second": "5", "request_burst": "20"}, Limits(5.0, 20.0)),
    ],
)
def test_the_settings_say_the_pace(given: dict[str, str], allowed: Limits) -> None:
    assert limits_of(registry.manifest("redmine"), given) == allowed


def test_a_dead_app_costs_the_first_requests_their_patience_and_not_every_item(tenant: Tenant, app: WebApp) -> None:
    held = Paces()
    outlet = tenant.outlet(held)
    app.misbehave("close")
    for _ in range(3):
        with pytest.raises(Transient):
            outlet.request("POST", "/items", json={})
    for _ in range(20):
        with pytest.raises(Slowed, match="desk gave no answer several times in a row"):
            outlet.request("POST", "/items", json={})
    assert len(app.asked) == 3
    app.misbehave("", 1)
    assert tenant.outlet().request("GET", "/items").status == 200  # a person looks for himself
    held.resume(tenant.connection)
    assert outlet.request("GET", "/items").status == 200
