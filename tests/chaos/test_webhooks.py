"""Webhooks through the real processes: told over HTTP, on the other side in a moment, with no poll due for an hour."""

from __future__ import annotations

import time
from statistics import median

import pytest
import requests

from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage, item
from tests.support.fakeapp.running import Running

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def webhook(stage: Stage, name: str) -> str:
    """The address of a connection, on loopback."""
    [connection] = [one["id"] for one in stage.panel.ask("GET", "/connections") if one["name"] == name]
    url: str = stage.panel.ask("POST", f"/connections/{connection}/webhook")["url"]
    return f"http://127.0.0.1:{stage.house.settings.web.port}/t/{stage.tenant}/api/v1/hooks/{url.rpartition('/')[2]}"


def hourly(stage: Stage) -> None:
    """The integration, worked by the clock once an hour, at rest after its first pass."""
    draft = stage.document()
    draft["schedule"] = {"every_seconds": 3600}
    made = stage.panel.ask("POST", "/integrations", {"name": "both", "document": draft})
    stage.panel.integration = made["id"]
    stage.panel.ask("POST", f"/integrations/{made['id']}/start")


def titles(app: Running) -> set[str]:
    return {str(one["fields"]["title"]) for one in app.items()}


def test_a_change_that_is_told_is_on_the_other_side_in_a_moment(stage: Stage) -> None:
    hourly(stage)
    with stage.start_sync() as sync:
        item(stage.left, "the first")
        stage.rest(sync)
        url = webhook(stage, "left")
        waits, answers = [], []
        for number in range(15):
            title = f"told {number}"
            made = item(stage.left, title)
            began = time.monotonic()
            told = requests.post(url, json={"items": [made]}, timeout=10)
            answers.append(time.monotonic() - began)
            assert told.status_code == 202
            wait_until(lambda title=title: title in titles(stage.right), title)  # type: ignore[misc]
            waits.append(time.monotonic() - began)
        print(f"answered {median(answers) * 1000:.1f} ms, arrived {median(waits) * 1000:.1f} ms (medians)")  # noqa: T201
        assert median(waits) < 5
    assert stage.sql("select count(*) from inbox") == [(0,)]


def test_what_was_told_to_a_dead_process_is_looked_at_by_the_next(stage: Stage) -> None:
    hourly(stage)
    with stage.start_sync() as sync:
        item(stage.left, "the first")
        stage.rest(sync)
    made = item(stage.left, "told to nobody")
    assert requests.post(webhook(stage, "left"), json={"items": [made]}, timeout=10).status_code == 202
    with stage.start_sync(fault="page.looked:kill") as first:
        wait_until(lambda: not first.alive(), "the process to die over what was told")
    assert stage.sql("select item_id from inbox") == [(made,)]
    stage.let_the_lease_run_out()
    with stage.start_sync(node="two"):
        wait_until(lambda: "told to nobody" in titles(stage.right), "the item to arrive")
        wait_until(lambda: stage.sql("select count(*) from inbox") == [(0,)], "the inbox to be empty")
    assert len(stage.right.items()) == 2
