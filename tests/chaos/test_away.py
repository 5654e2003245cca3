"""PostgreSQL is away, or hangs: people are told so plainly, nobody waits for ever, and all comes back by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
import requests

from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage, item
from tests.support.processes import Process

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

_AT_ONCE = 40
"""More than the web process has threads."""


def begun(stage: Stage) -> Process:
    """A tenant at work: its first item has a twin."""
    sync = stage.start_sync()
    stage.integrate()
    item(stage.left, "before")
    wait_until(lambda: stage.right.counts()["items"] == 1, "the first twin")
    return sync


def goes_on(stage: Stage, sync: Process) -> None:
    """What was made meanwhile arrives once, and the same two processes serve."""
    wait_until(lambda: stage.panel.answer("GET", "/overview").ok, "the panel to be back")
    wait_until(lambda: stage.right.counts()["items"] == 2, "what was made meanwhile")
    stage.rest(sync)
    assert stage.right.counts()["items"] == 2
    assert sync.alive()
    assert stage.house.web.alive()


def told(stage: Stage) -> bool:
    """Whether the panel says that the database is away."""
    return stage.panel.answer("GET", "/overview").status_code == HTTPStatus.SERVICE_UNAVAILABLE


def test_a_database_that_is_away_is_told_in_plain_words_and_fills_no_log(stage: Stage) -> None:
    sync = begun(stage)
    logs = (sync.log, stage.house.web.log)
    written = sum(one.stat().st_size for one in logs)
    root = f"http://127.0.0.1:{stage.house.settings.web.port}"
    stage.house.server.stop("fast")
    try:
        wait_until(lambda: told(stage), "the panel to say so")
        answer = stage.panel.answer("GET", "/overview")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert "goes on by itself as soon as PostgreSQL is back" in answer.json()["detail"]
        page = requests.get(f"{root}/t/{stage.tenant}/runs", timeout=10)
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (HTTPStatus.OK, "text/html")
        assert requests.get(f"{root}/-/node/alive", timeout=10).ok
        health = requests.get(f"{root}/-/node/health", timeout=10)
        assert (health.status_code, health.json()["ok"]) == (HTTPStatus.SERVICE_UNAVAILABLE, False)
        item(stage.left, "meanwhile")
        wait_until(lambda: "no longer ours" in sync.said(), "the lease to be over")
        with ThreadPoolExecutor(_AT_ONCE) as people:
            codes = {one.status_code for one in people.map(lambda _: stage.panel.answer("GET", "/runs"), range(200))}
        assert codes == {HTTPStatus.SERVICE_UNAVAILABLE}
    finally:
        stage.house.server.start()
    goes_on(stage, sync)
    assert sum(one.stat().st_size for one in logs) - written < 30_000


def test_a_database_that_hangs_holds_nobody_for_long(stage: Stage) -> None:
    sync = begun(stage)
    with ThreadPoolExecutor(_AT_ONCE) as people:
        with stage.house.server.hanging():
            first = people.submit(stage.panel.answer, "GET", "/overview")
            item(stage.left, "meanwhile")
            wait_until(lambda: told(stage), "the panel to say so", 60)
            assert first.result().status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert first.result().elapsed.total_seconds() < 25
            asked = time.monotonic()
            answers = list(people.map(lambda _: stage.panel.answer("GET", "/runs"), range(_AT_ONCE)))
            # A tenant whose share of the threads is taken by those who wait is told to come back, too.
            told_so = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
            assert {one.status_code for one in answers} <= told_so
            assert time.monotonic() - asked < 20
            wait_until(lambda: "could not be renewed" in sync.said(), "the sync process to say so")
        goes_on(stage, sync)
    held = stage.sql("select count(*) from pg_stat_activity where application_name like 'lockstep%'")
    assert held[0][0] < 60
