"""Where an app keeps no word of whose twin an item is, its texts tell; and a person is told what that leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.property.model import ModelApp
from tests.property.together import (
    PLAIN,
    Together,
    chain,
    circle_of_strangers,
    join,
    share_time,
    strangers,
    tenants,
)
from tests.property.world import Stage
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres

ACCOUNTS = ("us", "them", "others")
MUTE = ((0,), (1,), (2,), (0, 2), (0, 1, 2))


@pytest.fixture(scope="module")
def stages(cluster: TestCluster) -> Iterator[list[Stage]]:
    with tenants(cluster, 3) as made:
        yield made


def make(app: ModelApp, title: str) -> str:
    return app.person_creates({**PLAIN, "title": title, "text": f"the text of {title}"})


def once(together: Together, many: int) -> None:
    together.settle()
    assert set(together.counts().values()) == {many}, together.counts()


def without_marks(together: Together, which: Sequence[int]) -> Together:
    for number in which:
        together.apps[number].marks_items = False
    return together


@pytest.mark.parametrize("accounts", [("us", "us"), ("us", "them")])
@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_two_tenants_with_accounts_of_their_own_copy_each_item_once(
    stages: list[Stage], accounts: Sequence[str], which: Sequence[int]
) -> None:
    together = without_marks(strangers(stages[:2], accounts=accounts), which)
    for number, app in enumerate(together.apps):
        make(app, f"of {app.name}")
        together.pass_of(number, 1 - number)
    make(together.apps[0], "later")
    together.pass_of(1, 0)
    once(together, 3)


@pytest.mark.parametrize("accounts", [("us", "us", "us"), ACCOUNTS])
@pytest.mark.parametrize("which", MUTE)
def test_in_a_circle_of_tenants_nothing_comes_round_through_an_app_that_keeps_no_word(
    stages: list[Stage], which: Sequence[int], accounts: Sequence[str]
) -> None:
    together = without_marks(circle_of_strangers(stages, accounts=accounts), which)
    for app in together.apps:
        make(app, f"of {app.name}")
    for order in ((0, 1, 2), (2, 1, 0)):
        together.pass_of(*order)
    once(together, 3)


def test_who_does_not_copy_says_that_the_texts_are_the_same(stages: list[Stage]) -> None:
    together = without_marks(strangers(stages[:2], accounts=("us", "them")), (1,))
    make(together.apps[0], "one")
    together.pass_of(1, 0)
    assert all("says the same as" in one and "match the two" in one for one in together.held(0)), together.held(0)
    assert len(together.held(0)) == 2


def test_what_has_the_same_title_and_says_something_else_is_copied(stages: list[Stage]) -> None:
    together = without_marks(strangers(stages[:1]), (0, 1))
    for app in together.apps:
        app.person_creates({**PLAIN, "title": "one", "text": f"seen on {app.name}"})
    once(together, 2)


def test_a_chain_through_an_app_that_keeps_no_word_goes_on(stages: list[Stage]) -> None:
    together = without_marks(chain(stages[0], "left", "middle", "right"), (1,))
    stages[1].clear()
    again = join(stages[1], together.app("middle"), together.app("right"), who="them")
    together = share_time(together.worlds[0], again, apps=together.apps)
    make(together.app("left"), "one")
    make(together.app("right"), "two")
    once(together, 2)


def test_the_dry_run_says_which_app_keeps_no_word(stages: list[Stage]) -> None:
    together = without_marks(strangers(stages[:1]), (1,))
    [world] = together.worlds
    world.answer("dry run")
    [row] = world.rows("select message from runs where integration_id = :integration and trigger = 'dry run'")
    assert row.message.startswith("right keeps no word of whose twin an item is.")
    assert "the test of the connection says which" in row.message
