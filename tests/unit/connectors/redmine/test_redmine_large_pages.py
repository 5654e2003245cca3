"""Issues so large that a hundred of them are too much for one answer still come, all of them, in smaller pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from server.connectors.redmine.feed import walk_census, walk_changes
from server.connectors.redmine.read import Json
from server.domain.errors import TooLarge

START = datetime(2031, 1, 1, tzinfo=UTC)


def issue(number: int) -> Json:
    """All of the even ones changed within one second, as a bulk edit does it."""
    changed = START if number % 2 == 0 else START + timedelta(seconds=number)
    return {"id": number, "updated_on": changed.strftime("%Y-%m-%dT%H:%M:%SZ"), "subject": "x"}


class Heavy:
    """A Redmine with 90 issues, of which an answer holds at most ``most``."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.issues = [issue(number) for number in range(1, 91)]

    def __call__(self, wish: Mapping[str, str]) -> tuple[list[Json], int]:
        found = [one for one in self.issues if _matches(one, wish)]
        by_time = "updated_on" in wish["sort"]
        found.sort(key=lambda one: (one["updated_on"], one["id"]) if by_time else (one["id"],))
        page = found[: int(wish["limit"])]
        if len(page) > self.most:
            raise TooLarge("more than the connection takes")
        return page, len(found)


def _matches(one: Json, wish: Mapping[str, str]) -> bool:
    number = int(wish.get("issue_id", ">=0").removeprefix(">="))
    changed = wish.get("updated_on", ">=")
    if changed.startswith("><"):
        first, last = changed.removeprefix("><").split("|")
        return bool(number <= one["id"] and first <= one["updated_on"] <= last)
    return bool(number <= one["id"] and changed.removeprefix(">=") <= one["updated_on"])


@pytest.mark.parametrize("most", [2, 3, 30, 100])
def test_every_issue_comes_whatever_fits_into_an_answer(most: int) -> None:
    everything = {str(number) for number in range(1, 91)}
    now = START + timedelta(days=1)
    pages = list(walk_changes(Heavy(most), "demo", None, lambda: now))
    assert {head.id for page in pages for head in page.heads} == everything
    assert {number for numbers in walk_census(Heavy(most), "demo") for number in numbers} == everything


def test_one_issue_that_is_too_large_is_told() -> None:
    with pytest.raises(TooLarge):
        list(walk_changes(Heavy(1), "demo", None, lambda: START))
