"""Whoever else is at work in the midst of a pass, and whatever ends it, an item is copied to a container once.

Each law is the sentence of ``services/sync/makings`` that it names. A pass is stopped at each of its points in turn
(every call to an app, every step), whole passes of the others follow there, and then it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from server.services.sync import makings
from tests.property.model import Fate
from tests.property.together import PLAIN, Together, circle, circle_of_strangers, strangers, tenants, web
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres

ONE_WITHOUT_A_MARK = (True, False, True)
"""Of three apps the middle one keeps no correlation id."""
_MOST_POINTS = 40


@pytest.fixture(scope="module")
def stages(cluster: TestCluster) -> Iterator[list[Stage]]:
    with tenants(cluster, 3) as made:
        yield made


def a_circle(stage: Stage, marks: Sequence[bool] = ONE_WITHOUT_A_MARK) -> Together:
    """The circle, with an item that a person made in the middle."""
    together = circle(stage, "left", "middle", "right")
    for app, keeps in zip(together.apps, marks, strict=True):
        app.marks_items = keeps
    make(together)
    return together


def make(together: Together) -> None:
    together.apps[1].person_creates({**PLAIN, "title": "one", "text": "the text of one"})


def once(together: Together) -> bool:
    together.settle()
    return set(together.counts().values()) == {1}


def at_every_point(together: Iterator[Together], outer: int, inner: Sequence[int]) -> list[str]:
    """The points of a pass of ``outer`` at which passes of ``inner`` make a second copy of the one item."""
    doubled = []
    for number in range(1, _MOST_POINTS):
        apps = next(together)
        point = apps.interrupted(outer, number, inner)
        if not once(apps):
            doubled.append(f"{number} {point} {apps.counts()}")
        if not point:
            return doubled
    raise AssertionError(f"a pass has more than {_MOST_POINTS} points")


def circles(stage: Stage, marks: Sequence[bool] = ONE_WITHOUT_A_MARK) -> Iterator[Together]:
    while True:
        yield a_circle(stage, marks)


@pytest.mark.parametrize(("outer", "inner"), [(0, (1, 2, 1, 2)), (1, (0, 2, 0, 2)), (1, (2, 0, 2))])
def test_others_who_work_in_the_midst_of_a_pass_copy_nothing_twice(
    stages: list[Stage], outer: int, inner: Sequence[int]
) -> None:
    assert at_every_point(circles(stages[0]), outer, inner) == []


def test_nor_where_no_app_keeps_a_mark(stages: list[Stage]) -> None:
    assert at_every_point(circles(stages[0], (False, False, False)), 0, (1, 2, 1, 2)) == []


def test_nor_where_each_is_another_tenant(stages: list[Stage]) -> None:
    def strange_circles() -> Iterator[Together]:
        while True:
            together = circle_of_strangers(stages, accounts=("us", "them", "others"))
            make(together)
            yield together

    assert at_every_point(strange_circles(), 0, (1, 2, 1, 2)) == []


def test_nor_where_two_tenants_share_both_containers(stages: list[Stage]) -> None:
    def pairs_of_strangers() -> Iterator[Together]:
        while True:
            together = strangers(stages[:2], accounts=("us", "them"))
            make(together)
            yield together

    assert at_every_point(pairs_of_strangers(), 0, (1, 1)) == []


@pytest.mark.parametrize("end", [Fate.REFUSED, Fate.BUSY, Fate.LOST, Fate.KILLED_BEFORE, Fate.KILLED_AFTER])
def test_what_a_pass_could_not_make_and_tries_again_is_looked_for_before(stages: list[Stage], end: Fate) -> None:
    """Another integration has made it in between, or waits for as long as nobody knows whether it was made."""
    for calls in range(1, 8):
        together = a_circle(stages[0])
        together.sync(0, [Fate.WELL] * calls + [end])
        together.pass_of(1, 2, 1, 2)
        assert once(together), f"{end} after {calls} calls: {together.counts()}"


@pytest.mark.parametrize("end", [Fate.LOST, Fate.KILLED_AFTER])
def test_who_waits_says_so_and_finds_the_twin_when_it_is_over(stages: list[Stage], end: Fate) -> None:
    together = a_circle(stages[0])
    together.pass_of(1)
    app, well = together.app("left"), together.app("left").fate
    app.lag = 30  # so long it is not known whether the create arrived
    app.fate = lambda call: end if call == "left.create" else Fate.WELL
    together.sync(0)
    app.fate = well
    together.pass_of(2)
    assert any("Another integration is about to copy" in one for one in together.held(2)), together.held(2)
    assert once(together)


def test_nothing_else_waits_for_another_integrations_answer(stages: list[Stage]) -> None:
    together = a_circle(stages[0], (False, False, False))
    app, well = together.app("left"), together.app("left").fate
    app.lag = 30
    app.fate = lambda call: Fate.KILLED_AFTER if call == "left.create" else Fate.WELL
    together.sync(0)
    app.fate, app.lag = well, 0
    together.tick(5)
    app.person_creates({**PLAIN, "title": "another", "text": "the text of another"})
    together.pass_of(2)
    assert [one.fields["title"] for one in together.app("right").records.values()] == ["another"]


def test_what_was_said_and_never_planned_is_dropped_by_the_next_holder(stages: list[Stage]) -> None:
    together = a_circle(stages[0])
    world = together.worlds[0]
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(makings, "over", lambda _work: None)
        together.sync(0)
    assert said(stages[0], world)
    assert makings.take_over(world.scope, world.epoch + 1)[world.integration] == set()
    assert said(stages[0], world) == []


def said(stage: Stage, world: World) -> list[object]:
    with stage.database.control() as control:
        rows = control.exec_driver_sql("select integration_id from control.makings").scalars()
        return [one for one in rows if str(one) == world.integration]


@pytest.mark.parametrize("outer", range(5))
def test_a_square_with_a_chord_copies_each_item_to_each_app_once(stages: list[Stage], outer: int) -> None:
    others = [one for one in range(5) if one != outer]
    for number in (6, 9, 12):
        together = web(stages[0], ("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c"))
        for app in together.apps[::2]:
            app.marks_items = False
        for app in together.apps:
            app.person_creates({**PLAIN, "title": f"of {app.name}", "text": f"the text of {app.name}"})
        together.interrupted(outer, number, others)
        together.settle()
        assert set(together.counts().values()) == {4}, together.counts()
