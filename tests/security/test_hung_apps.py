"""Fifty apps of one tenant hang: its people are told so at once, and everybody else's panel and API go on."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import requests

from tests.chaos.panel import Panel, wait_until
from tests.chaos.stage import House
from tests.security.besieged import Tenant, asked_all_the_time, settings, trial
from tests.security.hung import WAYS, hung_apps

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

HUNG = 50
AT_ONCE = 4
"""As many questions of one tenant run at once (``server.web.questions``)."""
SLOWEST = 5.0
"""Seconds. Before, it was 40 and then none at all; here it is a hundredth of a second on an idle machine."""


def look(panel: Panel, path: str = "/session", times: int = 1) -> list[tuple[int, float]]:
    """Requests of a person one after the other: status and seconds of each."""
    found = []
    for _ in range(times):
        begun = time.monotonic()
        answer = panel.once("GET", path)
        found.append((answer.status_code, time.monotonic() - begun))
    return found


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    with hung_apps(HUNG) as there:
        yield there


@pytest.fixture(scope="module")
def loud(house: House) -> Tenant:
    return Tenant(house)


@pytest.fixture(scope="module")
def quiet(house: House) -> Tenant:
    return Tenant(house)


def _others_are_served(loud: Tenant, quiet: Tenant, asks: list[Callable[[], requests.Response]]) -> Counter[int]:
    with asked_all_the_time(asks) as statuses:
        wait_until(lambda: statuses.total() >= 2 * len(asks), "everybody to have been answered twice")
        theirs = look(quiet.admin, times=40) + look(quiet.viewer, "/overview", times=20)
        own = look(loud.admin, times=10)
    assert {status for status, _ in theirs} == {200}
    assert max(seconds for _, seconds in theirs) < SLOWEST
    # Its own people may be told that too much is asked at once, and at once they are told.
    assert {status for status, _ in own} <= {200, 429}
    assert max(seconds for _, seconds in own) < SLOWEST
    return statuses


def test_an_administrator_tries_fifty_apps_that_hang_and_everybody_else_is_served(
    loud: Tenant, quiet: Tenant, urls: list[str]
) -> None:
    statuses = _others_are_served(loud, quiet, [trial(loud.admin, url) for url in urls])
    assert set(statuses) == {202, 429}, statuses
    assert _held_open(loud.house) == []


def test_a_viewer_asks_why_sixteen_times_at_once_and_everybody_else_is_served(
    loud: Tenant, quiet: Tenant, urls: list[str]
) -> None:
    loud.integrate(*urls[:2])

    def why(number: int) -> Callable[[], requests.Response]:
        panel = loud.viewer.again()
        return lambda: panel.once("GET", f"/explain?key={number + 1}")

    statuses = _others_are_served(loud, quiet, [why(number) for number in range(16)])
    assert set(statuses) <= {200, 202, 429}, statuses
    assert _held_open(loud.house) == []


def test_who_waits_for_an_app_that_hangs_is_told_in_the_end(quiet: Tenant, urls: list[str]) -> None:
    begun = []
    for url in urls[: len(WAYS)]:
        first = quiet.admin.once("POST", "/connections/test", {"kind": "redmine", "settings": settings(url)})
        assert first.status_code == 202
        assert first.headers["Retry-After"] == "1"
        assert first.headers["Location"].endswith(first.json()["answer"])
        begun.append(first.json()["answer"].removeprefix("/api/v1"))
    for path in begun:
        verdict = quiet.admin.ask("GET", path)
        assert not verdict["ok"]
        assert re.search(r"took too long|within 5 seconds", verdict["problem"]), verdict


def test_an_answer_is_for_who_asked(loud: Tenant, quiet: Tenant, urls: list[str]) -> None:
    given = {"kind": "redmine", "settings": settings(urls[1])}
    wait_until(lambda: quiet.admin.once("POST", "/connections/test", given).status_code == 202, "a free turn")
    first = quiet.admin.once("POST", "/connections/test", given)
    path = first.json()["answer"].removeprefix("/api/v1")
    assert quiet.admin.once("GET", path).status_code in {200, 202}
    for panel in (quiet.viewer, loud.admin, loud.viewer):
        refused = panel.once("GET", path)
        assert refused.status_code == 404
        assert "There is no such question (any more)" in refused.json()["detail"]
    assert quiet.admin.once("GET", "/answers/../../session").status_code in {200, 404}


def test_a_question_of_a_tenant_that_is_suspended_meanwhile_ends_with_a_sentence(house: House, urls: list[str]) -> None:
    tenant = Tenant(house)
    first = tenant.admin.once("POST", "/connections/test", {"kind": "redmine", "settings": settings(urls[0])})
    with psycopg.connect(house.server.dsn(house.cluster.settings.name), autocommit=True) as superuser:
        superuser.execute("update control.tenants set state = 'suspended' where name = %s", (tenant.name,))

    def told() -> Any:
        answer = tenant.admin.once("GET", first.json()["answer"].removeprefix("/api/v1"))
        return answer.json()["detail"] if answer.status_code == 423 else ""

    wait_until(lambda: "suspended" in told(), "the tenant to be told")


def test_after_a_restart_a_question_is_told_as_forgotten_and_nothing_half_is_left(
    house: House, quiet: Tenant, urls: list[str]
) -> None:
    given = {"kind": "redmine", "settings": settings(urls[0])}
    wait_until(lambda: quiet.admin.once("POST", "/connections/test", given).status_code == 202, "a free turn")
    first = quiet.admin.once("POST", "/connections/test", given)
    house.web.kill()
    house.web = house.start_web()
    quiet.admin.wait()
    answer = quiet.admin.once("GET", first.json()["answer"].removeprefix("/api/v1"))
    assert answer.status_code == 404
    assert "none outlives a restart" in answer.json()["detail"]


def _held_open(house: House) -> list[Any]:
    """Transactions of this cluster that are open and do nothing, while apps are waited for."""
    with psycopg.connect(house.server.dsn(house.cluster.settings.name), autocommit=True) as superuser:
        return superuser.execute(
            "select usename, query from pg_stat_activity where datname = %s and state like 'idle in transaction%%'"
            " and state_change < now() - interval '1 second'",
            (house.cluster.settings.name,),
        ).fetchall()
