"""What the panel says of an item agrees with what it shows of it: the sentence, the marks, the key in the box."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import pictures
from tests.support.browser import Watched

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


def test_a_value_that_the_app_filled_in_is_named_in_the_sentence_and_marked_with_its_reason(
    desk: Watched, integration: str
) -> None:
    """Help desk gives every new issue a status; the bugs of Engineering that were there before have none."""
    page = desk.page
    page.goto("/items")
    page.get_by_role("searchbox", name="Search by key or title").fill("Crash on save")
    page.get_by_role("link", name="Crash on save").click()
    page.get_by_role("table", name="Both sides").wait_for()
    pictures(desk, "item-apart")
    page.get_by_role("link", name="Why", exact=True).last.click()
    expect(page.get_by_role("searchbox", name="Key, id or address")).to_have_value(re.compile(r"issue\d+"))
    verdict = page.get_by_role("status").filter(has_text="In step since")
    expect(verdict).to_contain_text("but for Status: the two sides differ")
    sides = page.get_by_role("table", name="Both sides")
    expect(sides.get_by_text("differs", exact=True)).to_have_count(1)
    expect(sides.get_by_text("nobody has changed it since")).to_be_visible()
    pictures(desk, "why-apart")
    assert integration


def test_another_key_that_is_typed_is_what_is_explained(desk: Watched, integration: str) -> None:
    page = desk.page
    page.goto("/items")
    page.locator("td .row-link").first.click()
    page.get_by_role("table", name="Both sides").wait_for()
    page.get_by_role("link", name="Why", exact=True).last.click()
    page.get_by_role("region", name="Engineering now").wait_for()
    page.get_by_role("searchbox", name="Key, id or address").fill("nothing-77")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("status").filter(has_text="Lockstep knows no such item")).to_be_visible()
    assert integration
