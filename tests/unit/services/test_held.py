"""What is kept of apps, and what a page has of their items, counts among what the tenant holds, and no longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from server.connectors.room import ROOM, Limits
from server.domain.errors import Crammed, TooLarge
from server.domain.item import Item, Side
from server.domain.values import AppUser
from server.services import labels
from server.services.sync.guarded import in_parallel
from server.services.sync.weight import Pages, TooMuchAtOnce
from server.services.sync.work import Look, Work

LIMITS = Limits(tenant=3_000_000, whole=9_000_000, little=100_000, patience=0.1)


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, as far as holding goes."""

    id: str = "held"


@dataclass(slots=True)
class Some:
    """As much of a pass as looks at items."""

    pool: ThreadPoolExecutor
    scope: Scope = field(default_factory=Scope)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ROOM, "limits", LIMITS)


def people(count: int) -> tuple[AppUser, ...]:
    return tuple(AppUser(str(number), f"person {number}") for number in range(count))


def hold(count: int) -> Any:
    return labels.hold(cast(Any, Scope()), (), people(count))


def an_item(size: int) -> Item:
    return Item("1", "1", "", "main", "item", datetime.now(UTC), {"text": "x" * size})


def look(looks: list[Look], size: int) -> None:
    def fetch(one: Look) -> None:
        one.item = replace(an_item(size), id=one.item_id)

    with ThreadPoolExecutor(2) as pool:
        in_parallel(cast(Work, Some(pool)), looks, fetch)


def test_what_is_kept_of_an_apps_people_is_counted_until_it_is_let_go() -> None:
    first = hold(3000)
    assert ROOM.holds("held") > 1_500_000
    kept = [first, hold(1500)]
    with pytest.raises(Crammed, match="asked again"):
        hold(3000)
    with pytest.raises(TooLarge):
        hold(50_000)
    kept.clear()
    del first
    assert ROOM.holds("held") == 0
    assert hold(3000).size > 0


def test_a_page_of_items_that_are_too_much_together_ends_and_the_next_one_is_smaller() -> None:
    looks = [Look(Side.LEFT, str(number)) for number in range(10)]
    with pytest.raises(TooMuchAtOnce, match="smaller pages"):
        look(looks, 1_000_000)
    pages = Pages()
    assert pages.size("one", 10_000) == 10_000
    sizes = []
    for _ in range(5):
        pages.narrow("one")
        sizes.append(pages.size("one", 10_000))
    assert sizes == [32, 8, 2, 1, 1]
    assert pages.size("another", 10_000) == 10_000
    del looks
    assert ROOM.holds("held") == 0
    alone = [Look(Side.LEFT, "1")]
    look(alone, 1_000_000)
    assert alone[0].failure is None


def test_an_item_that_alone_is_more_than_may_be_held_is_left_out_with_a_reason_and_no_other_is() -> None:
    looks = [Look(Side.LEFT, "huge")]
    look(looks, 4_000_000)
    assert isinstance(looks[0].failure, TooLarge)
    assert looks[0].item is None
    other = [Look(Side.LEFT, "2")]
    look(other, 2_000_000)
    assert other[0].failure is None
