"""A migration, and a live run that a person ends, from the panel to what both apps and the panel then hold."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import MOVE, World, begin_integration, choose, pictures, report
from tests.support.browser import Watched
from tests.support.testbeds.roundup import Roundup

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]
_MOVED_MS = 120_000
_MANY = 80
"""So many items take a quarter of a minute at the pace that the test sets: time enough to end the run."""


def held(bed: Roundup) -> list[dict[str, str]]:
    """Every item of a tracker as its own interface tells it: id, title and the time of its last change."""
    query = {"@fields": "title,activity", "@page_size": "500"}
    answer = requests.get(f"{bed.url}/rest/data/{bed.container}", query, auth=bed.auth("admin"), timeout=60)
    return list(answer.json()["data"]["collection"])


def said(bed: Roundup, item: str) -> str:
    """All that is said in an item."""
    with requests.Session() as admin:
        admin.auth = bed.auth("admin")
        item_url = f"{bed.url}/rest/data/{bed.container}/{item}"
        messages = admin.get(item_url, timeout=60).json()["data"]["attributes"]["messages"]
        query = {"@fields": "content", "@page_size": "500", "@verbose": "3"}
        texts = admin.get(f"{bed.url}/rest/data/msg", params=query, timeout=60).json()["data"]["collection"]
    mine = {one["id"] for one in messages}
    return "\n".join(one["content"] for one in texts if one["id"] in mine)


def titles(items: list[dict[str, str]]) -> Counter[str]:
    return Counter(one["title"] for one in items)


def delete_every_integration(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("heading", name="Integrations", exact=True).wait_for()
    expect(page.get_by_label("Loading")).to_have_count(0)
    while page.locator(".glance .row-link").count():
        page.locator(".glance .row-link").first.click()
        page.get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Delete").click()
        page.get_by_role("button", name="Delete the integration").click()
        page.get_by_role("heading", name="Integrations", exact=True).wait_for()
        expect(page.get_by_label("Loading")).to_have_count(0)


def test_a_migration_moves_everything_once_and_is_then_no_problem(
    desk: Watched, world: World, integration: str
) -> None:
    page = desk.page
    delete_every_integration(page)
    report(world.desk, "Only the desk has this: größer", "Typed by Alice.")
    left, right = held(world.desk), held(world.engineering)
    begin_integration(page, world)
    page.get_by_label("Name of the integration").fill("The move")
    choose(page, "What it is for", MOVE)
    page.get_by_role("button", name="Save and start").click()
    page.get_by_role("heading", name="The move").wait_for()
    summary = (
        f"The migration has come through: {len(left)} items of Help desk are on Engineering, nothing is held back."
    )
    expect(page.get_by_text(summary).first).to_be_visible(timeout=_MOVED_MS)
    expect(page.get_by_text("Come through", exact=True)).to_be_visible()
    pictures(desk, "migration-over")

    assert held(world.desk) == left, "something was written to the side that everything leaves"
    moved = held(world.engineering)
    assert titles(moved) == titles(right) | titles(left), "what has a twin there already is not copied once more"
    [twin] = [one["id"] for one in moved if one["title"] == "Only the desk has this: größer"]
    stamp = r"Moved from Help desk i\u2060?ssue\d+, where Alice Tést made it on "
    assert re.search(stamp, said(world.engineering, twin)), "the sign that joins words keeps it from being a link there"

    page.goto("/")
    page.get_by_role("heading", name="Overview").wait_for()
    expect(page.get_by_text("Resting", exact=True).first).to_be_visible()
    expect(page.get_by_text("Not in step")).to_have_count(0)
    expect(page.get_by_text("Problem", exact=True)).to_have_count(0)
    pictures(desk, "overview-migration-over")
    assert integration


def slow_down(page: Page, connection: str, rate: str) -> None:
    """Let a connection's app be asked so often a second."""
    page.goto("/connections")
    page.get_by_role("link", name=connection).first.click()
    page.get_by_label("Requests a second").fill(rate)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def test_a_live_run_that_is_ended_takes_its_integration_to_rest_and_says_so(
    desk: Watched, world: World, integration: str
) -> None:
    page = desk.page
    delete_every_integration(page)
    for number in range(_MANY):
        report(world.desk, f"One of many: {number}", "Typed by Alice.")
    begin_integration(page, world)
    page.get_by_label("Name of the integration").fill("Ended by hand")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name="Ended by hand").wait_for()
    path = page.url.removeprefix(world.address)
    slow_down(page, "Engineering", "20")
    page.goto(path)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Engineering is not counted yet").first).to_be_visible(timeout=_MOVED_MS)
    desk.picture("backfill")
    page.get_by_role("table").first.get_by_role("row").last.get_by_role("link").click()
    page.get_by_role("heading", name="Run of").wait_for()
    page.get_by_role("button", name="End this run and pause").click()
    rests = page.get_by_text("This run was ended by hand, so Ended by hand rests: nothing travels until it goes on.")
    expect(rests).to_be_visible()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    pictures(desk, "run-ended")
    made = len(held(world.engineering))

    page.goto(path)
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    pictures(desk, "integration-resting")
    assert len(held(world.engineering)) == made
    slow_down(page, "Engineering", "")
    page.goto(path)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Succeeded").first.wait_for(timeout=_MOVED_MS)
    assert min(titles(held(world.engineering)).values()) >= 1
    assert titles(held(world.engineering)) == titles(held(world.desk))
    assert integration
