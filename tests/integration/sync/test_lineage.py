"""An item is copied to a container once, whoever is at work there: circles, tenants, a copied database (V6)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from server.domain.errors import NeedsRelease
from server.domain.item import Side
from server.domain.rules import Precedence
from server.services.sync import births
from server.services.sync import look as looking
from server.services.sync.joining import as_pair, soon
from server.services.sync.work import Look
from server.store import holds, integrations, pairs
from tests.property.model import ModelApp
from tests.property.together import (
    PLAIN,
    Together,
    chain,
    circle,
    circle_of_strangers,
    copied,
    join,
    share_time,
    strangers,
    tenants,
)
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres

ORDERS = ((0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1))
ACCOUNTS = ((), ("us", "them", "others"))


@pytest.fixture(scope="module")
def stages(cluster: TestCluster) -> Iterator[list[Stage]]:
    with tenants(cluster, 3) as made:
        yield made


def make(app: ModelApp, *titles: str) -> list[str]:
    return [app.person_creates({**PLAIN, "title": title, "text": f"the text of {title}"}) for title in titles]


def once_each(together: Together, *titles: str) -> None:
    """Every container holds one member of each lineage, and no more."""
    for app in together.apps:
        held = sorted(str(one.fields["title"]) for one in app.records.values())
        assert held == sorted(titles), f"{app.name} holds {held}"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("marks", [True, False])
def test_a_circle_of_three_integrations_copies_each_item_to_each_app_once(
    stages: list[Stage],
    order: tuple[int, ...],
    marks: bool,  # noqa: FBT001 - drawn
) -> None:
    together = circle(stages[0], "left", "middle", "right", marks_items=marks)
    for name in ("left", "middle", "right"):
        make(together.app(name), f"of {name}")
    for _ in range(3):
        together.pass_of(*order)
    together.settle()
    once_each(together, "of left", "of middle", "of right")


@pytest.mark.parametrize("accounts", ACCOUNTS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_circle_of_three_tenants_copies_each_item_to_each_app_once(
    stages: list[Stage], order: tuple[int, ...], accounts: tuple[str, ...]
) -> None:
    together = circle_of_strangers(stages, accounts=accounts)
    for name in ("left", "middle", "right"):
        make(together.app(name), f"of {name}")
    for _ in range(3):
        together.pass_of(*order)
    together.settle()
    once_each(together, "of left", "of middle", "of right")


@pytest.mark.parametrize("accounts", ACCOUNTS)
def test_two_tenants_on_the_same_containers_copy_each_item_once(stages: list[Stage], accounts: tuple[str, ...]) -> None:
    together = strangers(stages[:2], accounts=accounts)
    make(together.app("left"), "one", "two")
    make(together.app("right"), "three")
    together.pass_of(0, 1, 1, 0)
    make(together.app("right"), "four")
    together.pass_of(1, 0)
    together.settle()
    once_each(together, "one", "two", "three", "four")


def test_who_does_not_copy_says_whose_twin_it_is(stages: list[Stage]) -> None:
    together = strangers(stages[:2])
    make(together.app("left"), "one")
    together.pass_of(0, 1)
    held = together.held(1)
    assert held == [
        "left-1 is the twin of right-1 in right by another integration, so it is not copied.",
        "right-1 is the twin of left-1 in left by another integration, so it is not copied.",
    ]


def test_the_dry_run_of_who_was_there_first_counts_what_another_has_copied(stages: list[Stage]) -> None:
    together = strangers(stages[:2])
    make(together.app("left"), "one", "two")
    together.pass_of(1)
    world = together.worlds[0]
    world.answer("dry run")
    [row] = world.rows("select counts from runs where integration_id = :integration and trigger = 'dry run'")
    assert row.counts["twins"] == 4
    assert "create" not in row.counts


def test_within_a_tenant_the_other_integration_is_named(stages: list[Stage]) -> None:
    together = circle(stages[0], "left", "middle", "right")
    make(together.app("left"), "one")
    together.pass_of(0, 1, 2, 0, 1, 2)
    assert any("by the integration “" in one for one in together.held(2)), together.held(2)


def test_the_twin_stays_in_step_with_its_original_alone(stages: list[Stage]) -> None:
    together = strangers(stages[:2])
    [item] = make(together.app("left"), "one")
    together.pass_of(0, 1, 0, 1)
    together.app("left").person_edits(item, "text", "edited")
    together.settle()
    assert [one.fields["text"] for one in together.app("right").records.values()] == ["edited"]


@pytest.mark.parametrize("marks", [True, False])
def test_a_chain_goes_on(stages: list[Stage], marks: bool) -> None:  # noqa: FBT001 - drawn
    together = chain(stages[0], "left", "middle", "right", marks_items=marks)
    [first] = make(together.app("left"), "of left")
    make(together.app("right"), "of right")
    together.settle()
    once_each(together, "of left", "of right")
    together.app("left").person_edits(first, "text", "from the beginning")
    last = next(one for one in together.app("left").records.values() if one.fields["title"] == "of right")
    together.app("left").person_edits(last.id, "text", "back to the end")
    together.settle()
    for app in together.apps:
        texts = {str(one.fields["title"]): one.fields["text"] for one in app.records.values()}
        assert texts == {"of left": "from the beginning", "of right": "back to the end"}


def test_a_chain_of_two_tenants_goes_on(stages: list[Stage]) -> None:
    for stage in stages:
        stage.clear()
    together = chain(stages[0], "left", "middle", "right")
    again = join(stages[1], together.app("middle"), together.app("right"), who="them")
    together = share_time(together.worlds[0], again, apps=together.apps)
    make(together.app("left"), "one")
    make(together.app("right"), "two")
    together.settle()
    once_each(together, "one", "two")


def test_a_copy_of_the_database_beside_the_original_copies_nothing_again(stages: list[Stage]) -> None:
    together = strangers(stages[:1])
    make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as copy:
        both = share_time(together.worlds[0], copy, apps=together.apps)
        make(both.app("left"), "after")
        make(both.app("right"), "later")
        both.pass_of(0, 1, 0, 1)
        [late] = make(both.app("left"), "last")
        both.pass_of(1, 0)
        both.app("left").person_edits(late, "text", "edited")
        both.settle()
        once_each(both, "before", "after", "later", "last")
        assert {one.fields["text"] for one in both.app("right").records.values()} >= {"edited"}


def test_a_copy_of_the_database_at_work_is_noticed_and_told_and_nothing_is_written_until_somebody_has_looked(
    stages: list[Stage],
) -> None:
    together = strangers(stages[:1])
    make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as copy:
        both = share_time(together.worlds[0], copy, apps=together.apps)
        make(both.app("left"), "first")
        both.pass_of(1, 0)  # what was made before the copy's first look may be from before a restore
        assert not copy.stopped
        make(both.app("left"), "second")
        both.tick(10)
        both.pass_of(0)
        make(both.app("left"), "third")
        before, copy.releases = both.writes(), False
        with pytest.raises(NeedsRelease, match="A copy of this database is at work: it made right-3 in right"):
            copy.calm()
        assert both.writes() == before
        copy.releases = copy.stopped = True  # somebody looked, and let it go on
        copy.calm()
        assert both.counts() == {"left": 4, "right": 4}
        both.settle()
        once_each(both, "before", "first", "second", "third")


def test_what_was_made_before_a_restore_is_no_sign_of_a_copy(stages: list[Stage]) -> None:
    together = strangers(stages[:1])
    make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as restored:
        make(together.app("left"), "since")
        together.pass_of(0, 0)
        restored.releases = False
        after = share_time(restored, apps=together.apps)
        make(after.app("left"), "after")
        after.settle()
        once_each(after, "before", "since", "after")


def test_after_a_restore_what_was_made_since_is_paired_again(stages: list[Stage]) -> None:
    together = strangers(stages[:1])
    make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as restored:
        [late] = make(together.app("left"), "since")
        make(together.app("right"), "since, too")
        together.pass_of(0, 0, 0)
        after = share_time(restored, apps=together.apps)
        after.settle()
        once_each(after, "before", "since", "since, too")
        assert len(restored.rows("select 1 from pairs where integration_id = :integration and state = 'linked'")) == 3
        after.app("left").person_edits(late, "text", "edited")
        after.settle()
        assert "edited" in {one.fields["text"] for one in after.app("right").records.values()}


def test_an_integration_that_is_made_anew_finds_its_twins(stages: list[Stage]) -> None:
    together = strangers(stages[:1])
    make(together.app("left"), "one")
    make(together.app("right"), "two")
    together.pass_of(0, 0)
    [before] = together.worlds
    with before.scope.transaction() as tx:
        integrations.remove(tx, before.integration)
    after = share_time(join(stages[0], together.apps[0], together.apps[1]), apps=together.apps)
    after.settle()
    once_each(after, "one", "two")
    paired = after.worlds[0].rows("select 1 from pairs where integration_id = :integration and state = 'linked'")
    assert len(paired) == 2


def test_a_double_that_was_born_all_the_same_is_held_by_name_and_never_multiplies(
    stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = strangers(stages[:2], accounts=("us", "them"))
    make(together.app("left"), "one")
    with monkeypatch.context() as blind:
        blind.setattr(births, "read_on", lambda *_: None)
        together.pass_of(0, 1)
    assert together.counts() == {"left": 1, "right": 2}
    together.settle()
    assert together.counts() == {"left": 1, "right": 2}
    for number in (0, 1):
        [reason] = together.held(number)
        assert "right-" in reason
        assert "comes from the same item as right-" in reason


def test_what_a_person_copied_with_the_correlation_id_in_it_goes_its_own_way(stages: list[Stage]) -> None:
    together = circle(stages[0], "left", "middle", "right")
    make(together.app("left"), "one")
    together.settle()
    middle = together.app("middle")
    [twin] = middle.records.values()
    copy = middle.records[middle.person_creates({**PLAIN, "title": "copied"})]
    copy.marker = twin.marker
    together.settle()
    once_each(together, "one", "copied")


def said_on(app: ModelApp) -> list[list[str]]:
    return [[one.body for one in record.comments] for record in app.records.values()]


HEAD = "Pérson wrote on 2026-11-23 12:0"


@pytest.mark.parametrize("marks", [True, False])
def test_a_comment_goes_along_a_chain_and_names_its_first_author_once(
    stages: list[Stage],
    marks: bool,  # noqa: FBT001 - drawn
) -> None:
    together = chain(stages[0], "left", "middle", "right", marks_comments=marks)
    [item] = make(together.app("left"), "one")
    together.settle()
    together.app("left").person_comments(item, "from the beginning", private=False)
    [last] = together.app("right").records
    together.app("right").person_comments(last, "from the end", private=False)
    together.app("left").person_attaches(item, "one.txt", b"content")
    together.settle()
    for app in together.apps:
        [bodies] = said_on(app)
        assert len(bodies) == 2
        assert all(body.count("wrote on") <= 1 for body in bodies), bodies
        [record] = app.records.values()
        assert [one.name for one in record.attachments] == ["one.txt"]
    assert any(body.startswith(HEAD) and body.endswith("from the beginning") for body in said_on(together.apps[2])[0])


def test_a_comment_along_a_chain_of_two_tenants_names_its_first_author_once(stages: list[Stage]) -> None:
    together = chain(stages[0], "left", "middle", "right", marks_comments=False)
    stages[1].clear()
    again = join(stages[1], together.app("middle"), together.app("right"), who="them")
    together = share_time(together.worlds[0], again, apps=together.apps)
    [item] = make(together.app("left"), "one")
    together.app("left").person_comments(item, "from the beginning", private=False)
    together.settle()
    [[body]] = said_on(together.app("right"))
    assert body.count("wrote on") == 1


@pytest.mark.parametrize("marks", [True, False])
def test_beside_a_copy_of_the_database_comments_and_files_are_carried_once(
    stages: list[Stage],
    marks: bool,  # noqa: FBT001 - drawn
) -> None:
    together = strangers(stages[:1], marks_comments=marks)
    [item] = make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as copy:
        both = share_time(together.worlds[0], copy, apps=together.apps)
        [twin] = both.app("right").records
        for order in ((0, 1), (1, 0)):
            both.app("left").person_comments(item, f"from the left {order}", private=False)
            both.app("right").person_comments(twin, f"from the right {order}", private=False)
            both.app("left").person_attaches(item, f"{order}.txt", str(order).encode())
            both.pass_of(*order)
        both.settle()
        for app in both.apps:
            [bodies] = said_on(app)
            assert len(bodies) == 4, bodies
            assert all(body.count("wrote on") <= 1 for body in bodies), bodies
            [record] = app.records.values()
            assert len(record.attachments) == 2


@pytest.mark.parametrize("marks", [True, False])
def test_after_a_restore_comments_and_files_find_their_twins(
    stages: list[Stage],
    marks: bool,  # noqa: FBT001 - drawn
) -> None:
    together = strangers(stages[:1], marks_comments=marks)
    [old] = make(together.app("left"), "before")
    together.pass_of(0, 0)
    with copied(together.worlds[0], stages[0]) as restored:
        [late] = make(together.app("left"), "since")
        together.pass_of(0)
        for item in (old, late):
            together.app("left").person_comments(item, f"said of {item}", private=False)
            together.app("left").person_attaches(item, f"{item}.txt", item.encode())
        together.pass_of(0, 0)
        after = share_time(restored, apps=together.apps)
        after.settle()
        once_each(after, "before", "since")
        for app in after.apps:
            assert [len(bodies) for bodies in said_on(app)] == [1, 1]
            assert [len(one.attachments) for one in app.records.values()] == [1, 1]


@pytest.mark.parametrize("marks", [True, False])
def test_in_a_circle_that_people_closed_comments_go_round_once(
    stages: list[Stage],
    marks: bool,  # noqa: FBT001 - drawn
) -> None:
    """Somebody matched the two ends of a chain: all three items are twins of each other."""
    together = circle(stages[0], "left", "middle", "right", marks_comments=marks)
    [item] = make(together.app("left"), "one")
    together.settle()
    [last] = together.app("right").records
    world = together.worlds[2]
    made_pair(world, last, item)
    together.app("left").person_comments(item, "said once", private=False)
    together.app("right").person_comments(last, "said at the end", private=False)
    together.app("left").person_attaches(item, "one.txt", b"one")
    together.pass_of(2, 0, 1)
    together.app("left").person_edits(item, "text", "edited")
    together.settle()
    for app in together.apps:
        [bodies] = said_on(app)
        assert len(bodies) == 2, (app.name, bodies)
        [record] = app.records.values()
        assert len(record.attachments) == 1
        assert record.fields["text"] == "edited"


def made_pair(world: World, left: str, right: str) -> None:
    """What a match makes of two items."""
    both = Look(Side.LEFT, left), Look(Side.RIGHT, right)
    work = world._work()
    looking.fetch_items(work, both)
    [mine, theirs] = [one.item for one in both]
    assert mine is not None
    assert theirs is not None
    joined = as_pair(work, work.mapping.types[0], (mine, theirs), Precedence.FILL, str(uuid4()))
    with world.scope.transaction() as tx:
        pairs.reserve(tx, world.integration, [joined.pair])
        holds.clear(tx, world.integration, [(Side.LEFT, left), (Side.RIGHT, right)])
        holds.put(tx, world.integration, [soon(joined.pair)])
