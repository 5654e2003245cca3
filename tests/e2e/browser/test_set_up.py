"""What an integration's administrator sets up besides fields and rules, in a real browser and without a program."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import MOVE, World, begin_integration, choose, pictures, report
from tests.support.browser import Watched

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


def test_a_connection_has_times_of_its_own_that_saving_its_settings_keeps(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto("/connections")
    page.get_by_role("link", name="Engineering").first.click()
    when = page.locator("section").filter(has=page.get_by_role("heading", name="When", exact=True))
    expect(when.get_by_text("neither the integration nor a connection names a time")).to_be_visible()
    expect(when.get_by_role("button", name="Save the times")).to_be_disabled()

    when.get_by_label("Or at set times").fill("every night")
    when.get_by_role("button", name="Save the times").click()
    expect(when.get_by_text("cannot be used as set times")).to_be_visible()
    when.get_by_label("Or at set times").fill("")
    when.get_by_label("Look at the app every").fill("7")
    when.get_by_role("button", name="Add a window").click()
    choose(page, "Days of the window", "Sunday")
    page.keyboard.press("Escape")
    when.get_by_label("Begins").fill("03:00")
    when.get_by_label("Ends", exact=True).fill("03:30")
    expect(when.get_by_text("Both sides are looked at as Engineering says, every 7 s.")).to_be_visible()
    when.get_by_role("button", name="Save the times").click()
    expect(when.get_by_text("Saved. It counts from the next look on.")).to_be_visible()
    pictures(desk, "connection-when")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.reload()
    expect(when.get_by_label("Look at the app every")).to_have_value("7 s")
    expect(when.get_by_label("Begins")).to_have_value("03:00")
    page.goto(integration)
    expect(
        page.get_by_text("as Engineering says, every 7 s. Nothing is sent within 1 maintenance window")
    ).to_be_visible()


def draft(watched: Watched, world: World, name: str) -> None:
    """A migration of the same two, made by the wizard and not started; its page is open."""
    page = watched.page
    begin_integration(page, world)
    page.get_by_label("Name of the integration").fill(name)
    choose(page, "What it is for", MOVE)
    expect(page.get_by_text("so a comment on each says who made it and when")).to_be_visible()
    expect(page.get_by_text("This is a migration: everything of Help desk moves to Engineering once")).to_be_visible()
    pictures(watched, "wizard-migration")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("heading", name=name).wait_for()


def test_pairs_are_brought_in_step_after_a_look_at_what_a_changed_mapping_does(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto(f"{integration}/edit")
    page.get_by_role("button", name="Take Priority out").first.click()
    page.get_by_role("heading", name="Pairs that exist already").wait_for()
    page.get_by_role("radio", name="Help desk").check()
    page.get_by_role("button", name="Show what saving this would change").click()
    page.get_by_role("heading", name="What would change").wait_for()
    expect(page.get_by_text(re.compile(r"[1-9]\d* updates?"))).to_be_visible()
    expect(page.get_by_text("the two values were never in step")).to_have_count(0)
    pictures(desk, "edit-pairs")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Bring all pairs in step", level=1).wait_for()
    expect(page.get_by_role("radio", name="Help desk")).to_be_checked()
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("heading", name="Bring them in step").wait_for()
    pictures(desk, "reconcile")
    page.get_by_role("button", name="Bring all pairs in step").click()
    page.get_by_role("heading", name="Brought in step").wait_for()
    expect(page.get_by_text("Succeeded")).to_be_visible()


def test_a_migration_is_explained_and_what_is_on_both_sides_already_is_shown_and_then_joined(
    desk: Watched, world: World, integration: str
) -> None:
    for bed in (world.desk, world.desk, world.engineering):
        report(bed, "Two that read alike", "Which is which?")
    page = desk.page
    page.goto(integration)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete the integration").click()
    page.get_by_role("heading", name="Integrations", exact=True).wait_for()
    draft(desk, world, "Moving house")
    page.get_by_role("link", name="join them").click()
    page.get_by_role("heading", name="Items that are on both sides already").wait_for()
    expect(page.get_by_role("combobox", name="What of Help desk")).to_have_value("Title")
    expect(page.get_by_text("writes anything to an app")).to_be_visible()
    page.get_by_role("button", name="Add another rule").click()
    expect(page.get_by_role("button", name="Show what would be joined")).to_be_disabled()
    page.get_by_role("button", name="Take this out").last.click()
    page.get_by_role("button", name="Show what would be joined").click()
    expect(page.get_by_text(re.compile(r"1[4-7] pairs would be joined"))).to_be_visible()
    expect(page.get_by_text("could be one with several")).to_be_visible()
    page.get_by_text("Could be several", exact=True).click()
    expect(page.get_by_text("which are one is not certain").first).to_be_visible()
    page.get_by_role("radio", name="Help desk").check()
    pictures(desk, "match")
    page.get_by_role("button", name=re.compile(r"Join 1[4-7] pairs")).click()
    expect(page.get_by_text(re.compile(r"1[4-7] pairs joined"))).to_be_visible()
    pictures(desk, "match-joined")
    page.get_by_role("link", name="Moving house").first.click()
    expect(page.get_by_role("link", name=re.compile(r"1[4-7] pairs"))).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("combobox", name="What it is for")).to_have_value(MOVE)
    expect(page.get_by_role("combobox", name="New items get a twin")).to_be_disabled()
