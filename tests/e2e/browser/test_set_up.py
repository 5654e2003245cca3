"""What an integration's administrator sets up besides fields and rules, in a real browser and without a program."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import choose
from tests.support.browser import Watched

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


def pictures(watched: Watched, name: str) -> None:
    """As it is seen in a large light and in a narrow dark window; it fits both."""
    page = watched.page
    for width, scheme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        watched.picture(f"{name}-{scheme}-{width}")
        assert watched.too_wide() <= 0, f"{name} is wider than its window of {width}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


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
