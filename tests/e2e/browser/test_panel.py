"""The panel in a real browser: sign in, connect, keep in step, look at it; nothing is asked of any other host."""

from __future__ import annotations

from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, Page, StorageState, expect

from appliance.control.client import Client
from appliance.control.messages import Verb
from tests.e2e.browser.conftest import HOST, NOBODY, PASSWORD, World, choose, fill_in_connection, sign_in
from tests.support.browser import Watched, window

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


def test_a_wrong_password_is_told_in_a_sentence_and_lets_nobody_in(browser: Browser, world: World) -> None:
    with window(browser, world.address) as watched:
        sign_in(watched, "not-the-password")
        expect(watched.page.get_by_role("alert")).to_contain_text("The login or the password is wrong.")
        watched.picture("sign-in-refused")
        expect(watched.page.get_by_role("heading", name="Overview")).to_have_count(0)
        assert watched.complaints == []


def test_one_signs_in_over_tls_too_and_leaves_again(browser: Browser, world: World) -> None:
    with window(browser, world.secure_address) as watched:
        sign_in(watched, PASSWORD)
        page = watched.page
        page.get_by_role("heading", name="Overview").wait_for()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert cookies["__Host-lockstep_session"]["secure"] is True
        assert cookies["__Host-lockstep_session"]["httpOnly"] is True
        page.get_by_role("button", name="Account of").click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.get_by_role("heading", name="Sign in").wait_for()
        assert watched.complaints == []


def test_a_database_that_is_away_is_told_and_the_page_goes_on_by_itself(
    browser: Browser, world: World, signed_in: StorageState
) -> None:
    with Client.of(world.installation.data) as agent, window(browser, world.address, state=signed_in) as watched:
        page = watched.page
        page.goto("/")
        page.get_by_role("heading", name="Overview").wait_for()
        away = page.get_by_role("alert").filter(has_text="The database does not answer")
        agent.await_job(agent.member("postgres", Verb.STOP))
        try:
            expect(away).to_contain_text("goes on by itself", timeout=30_000)
            watched.picture("database-away")
            page.goto("/runs")  # opened meanwhile
            expect(away.first).to_be_visible(timeout=30_000)
        finally:
            agent.await_job(agent.member("postgres", Verb.START))
        page.get_by_role("heading", name="Runs").wait_for(timeout=60_000)
        expect(away).to_have_count(0, timeout=30_000)


def test_a_connection_that_fails_says_exactly_why(desk: Watched, world: World) -> None:
    page = desk.page
    fill_in_connection(page, "Nowhere", f"http://{NOBODY}", "secret")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Nothing listens at http://{NOBODY}")
    fill_in_connection(page, "Inside", "http://127.0.0.1:2", "secret")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("alert")).to_contain_text("lockstep cluster reach")
    desk.picture("connection-refused")
    fill_in_connection(page, "Help desk", world.desk.url, "not-the-password")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("alert")).to_contain_text("refuses the credentials")


def test_the_backfill_is_shown_line_by_line_and_item_by_item(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(integration)
    page.get_by_role("table").first.get_by_role("row").last.get_by_role("link").click()
    page.get_by_role("heading", name="Run of").wait_for()
    expect(page.get_by_text("Created", exact=True)).to_have_count(14)
    desk.picture("run")

    page.goto("/items")
    page.get_by_role("searchbox", name="Search by key or title").fill("Papierstau")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Drucker im Büro").click()
    sides = page.get_by_role("table", name="Both sides")
    expect(sides.get_by_text("Drucker im Büro: Papierstau, größer als gedacht", exact=True)).to_have_count(2)
    expect(sides.get_by_text("differs")).to_have_count(0)
    desk.picture("item")


def test_an_integration_is_paused_and_goes_on(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(integration)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status", name="Resting").or_(page.get_by_text("Resting"))).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Run now")).to_be_visible()


def test_a_dry_run_shows_what_would_be_done_and_writes_nothing(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(integration)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Show what a run would do").click()
    page.get_by_role("row").filter(has_text="dry run").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Nothing would be done")).to_be_visible()
    desk.picture("dry-run")


def test_a_filter_is_put_together_and_said_in_plain_words(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(f"{integration}/edit")
    page.get_by_role("button", name="Add a rule for items of Help desk").click()
    choose(page, "Field of a rule for items of Help desk", "Title")
    choose(page, "Comparison of a rule for items of Help desk", "contains")
    page.get_by_label("Values of a rule for items of Help desk").first.fill("Drucker")
    page.keyboard.press("Enter")
    choose(page, "An item of Help desk was deleted", "Delete the twin")
    expect(page.get_by_text("A filter decides which items of Help desk belong")).to_be_visible()
    expect(page.get_by_text("is deleted if Lockstep made it and nobody has touched it")).to_be_visible()
    desk.picture("edit-rules")


def test_links_are_paired_from_what_the_apps_offer(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(f"{integration}/edit")
    choose(page, "Links between items travel", "Both ways")
    for _ in range(page.get_by_role("button", name="Take this pair of links out").count()):
        page.get_by_role("button", name="Take this pair of links out").first.click()
    another = page.get_by_role("button", name="Add a pair of links")
    another.click()
    expect(page.get_by_text("A pair of links is not complete")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    for side in ("Help desk", "Engineering"):
        choose(page, f"Link of {side}", "superseder")
    expect(page.get_by_text("A pair of links is not complete")).to_have_count(0)
    another.click()
    page.get_by_role("combobox", name="Link of Help desk").last.click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("option", name="superseder", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    desk.picture("edit-links")
    assert desk.too_wide() <= 0
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    desk.picture("edit-links-dark-390")
    assert desk.too_wide() <= 0


def call_webhook(world: World, address: str) -> int:
    """Call it as an app does, which has no session; the answer's status."""
    there = address.replace(HOST, "127.0.0.1")
    named = {"Host": f"{HOST}:{world.installation.http_port}"}
    return requests.post(there, json={}, headers=named, timeout=60).status_code


def test_a_webhooks_address_is_shown_once_works_and_is_taken_away(
    desk: Watched, world: World, integration: str
) -> None:
    page = desk.page
    page.goto("/connections")
    page.get_by_role("link", name="Help desk").first.click()
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("pre code, pre, code").filter(has_text="/hooks/").first.inner_text()
    assert address.startswith(f"{world.address}/api/v1/hooks/")
    desk.picture("webhook-made")
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text(address)).to_have_count(0)
    assert call_webhook(world, address) == 202
    page.reload()
    expect(page.get_by_text("The app has called once")).to_be_visible()
    expect(page.get_by_text(address)).to_have_count(0)
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        desk.picture(f"webhook-{scheme}-{width}")
        assert desk.too_wide() <= 0
    page.get_by_role("button", name="Take it away").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it away").click()
    expect(page.get_by_role("button", name="Make an address")).to_be_visible()
    assert call_webhook(world, address) == 404
    assert integration


def backfill(page: Page) -> None:
    """Open the run that made the twins."""
    page.goto("/runs")
    page.get_by_role("row", name="14 items created").get_by_role("link").click()
    page.get_by_role("heading", name="Run of").wait_for()


def test_an_item_is_explained_by_its_address_and_a_stranger_says_where_was_looked(
    desk: Watched, world: World, integration: str
) -> None:
    page = desk.page
    page.goto("/items")
    page.get_by_role("searchbox", name="Search by key or title").fill("VPN bricht")
    expect(page.get_by_role("row")).to_have_count(2)
    address = page.locator("td .app-link").first.get_attribute("href")
    assert address is not None
    page.goto("/why")
    page.get_by_role("searchbox", name="Key, id or address").fill(address)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("status").filter(has_text="In step since")).to_be_visible()
    now = page.get_by_role("region", name="Engineering now")
    expect(now.get_by_text("VPN bricht nach genau 30 Minuten ab", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Open the pair")).to_be_visible()
    desk.picture("why")
    page.get_by_role("searchbox", name="Key, id or address").fill("nothing-77")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("status").filter(has_text="Lockstep knows no such item")).to_contain_text(
        f"looks only at “{world.desk.container}” of Help desk"
    )
    desk.picture("why-unknown")
    assert integration


def test_an_undo_is_explained_and_shown_before_it_is_done(desk: Watched, integration: str) -> None:
    page = desk.page
    backfill(page)
    page.get_by_role("button", name="Undo this run").click()
    expect(page.get_by_role("dialog")).to_contain_text("What somebody changed since stays")
    desk.picture("undo-asked")
    page.get_by_role("button", name="Show what would change").click()
    later = page.get_by_role("heading", name="Undo of this run")
    expect(later).to_be_visible()
    expect(page.get_by_role("cell", name="preview: undo")).to_be_visible()
    expect(page.get_by_text("14 ended")).to_be_visible()
    desk.picture("undo-shown")
    page.get_by_role("row", name="preview: undo").get_by_role("link").click()
    page.get_by_role("heading", name="What it would do").wait_for()
    expect(page.get_by_text("no longer kept in step").first).to_be_visible()
    desk.picture("undo-preview")
    page.goto(integration)
    expect(page.get_by_role("link", name="14 pairs")).to_be_visible()


def test_a_pair_is_compared_again_and_carried_over_after_asking(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto("/items")
    page.locator("td .row-link").first.click()
    page.get_by_role("table", name="Both sides").wait_for()
    page.get_by_role("button", name="Sync again").click()
    page.get_by_role("menuitem", name="Compare both sides").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("It is looked at with the next run.")).to_be_visible()
    page.get_by_role("button", name="Sync again").click()
    page.get_by_role("menuitem", name="Carry every field over").click()
    expect(page.get_by_role("radio", name="Engineering")).to_be_visible()
    desk.picture("hard-resync-asked")
    page.get_by_role("button", name="Carry it over").click()
    page.goto("/runs")
    expect(page.get_by_role("cell", name="hard resync")).to_be_visible()
    assert integration


def test_people_are_matched_and_kept(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto("/people")
    page.get_by_role("button", name="Match them").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.reload()
    expect(page.get_by_role("combobox", name="Alice Tést is, in Engineering")).to_have_value("Alice Tést")
    assert integration


PAGES = {
    "/": "Overview",
    "/integrations": "Integrations",
    "/integrations/new": "New integration",
    "/items": "Items",
    "/holds": "Held back",
    "/runs": "Runs",
    "/why": "Why",
    "/connections": "Connections",
    "/connections/new": "Add a connection",
    "/people": "People",
    "/access": "Users and tokens",
    "/contacted": "What was contacted",
    "/audit": "Audit",
    "/not/a/page": "Nothing is here",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_its_window_and_keeps_its_policy(
    browser: Browser,
    world: World,
    signed_in: StorageState,
    integration: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    with window(browser, world.address, state=signed_in, width=width, height=844, scheme=scheme) as watched:
        page = watched.page
        for path, heading in {**PAGES, integration: "Help desk and Engineering"}.items():
            page.goto(path)
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            expect(page.get_by_label("Loading")).to_have_count(0)
            name = "integration" if path == integration else path.strip("/").replace("/", "-") or "overview"
            watched.picture(f"{scheme}-{width}-{name}")
            assert watched.too_wide() <= 0, f"{path} is wider than its window of {width}"
        page.goto(f"{integration}/edit")
        page.get_by_role("heading", name="When an item goes").wait_for()
        expect(page.get_by_label("Loading")).to_have_count(0)
        watched.picture(f"{scheme}-{width}-edit")
        assert watched.too_wide() <= 0
        page.goto("/connections")
        page.get_by_role("link", name="Help desk").first.click()
        page.get_by_role("heading", name="When", exact=True).wait_for()
        expect(page.get_by_label("Loading")).to_have_count(0)
        watched.picture(f"{scheme}-{width}-connection")
        assert watched.too_wide() <= 0
        page.goto("/items")
        page.locator("td .row-link").first.click()
        page.get_by_role("table", name="Both sides").wait_for()
        watched.picture(f"{scheme}-{width}-item")
        assert watched.too_wide() <= 0
        page.get_by_role("link", name="Why", exact=True).last.click()
        page.get_by_role("region", name="Engineering now").wait_for()
        watched.picture(f"{scheme}-{width}-why-item")
        assert watched.too_wide() <= 0
        assert watched.complaints == []
