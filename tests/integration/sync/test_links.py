"""Relations and parents: made when both ends exist, taken away once, whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from server.domain.item import PARENT, Link, Side
from server.domain.mapping import Direction, ValueMapping
from server.domain.rules import FilterRule, LinkRules, Operator, ScopeRules, SideFilter
from server.domain.values import Value
from tests.property import laws
from tests.property.model import Fate, ModelApp
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres

KINDS = (ValueMapping("relates", "relates"), ValueMapping("blocks", "blocked"), ValueMapping("blocked", "blocks"))
BOTH = LinkRules(Direction.BOTH, Direction.BOTH, KINDS)
"""``blocks`` is told the other way round on the right, so that a kind that is only copied shows."""


def item(title: str) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": ()}


@pytest.fixture
def world(stage: Stage) -> World:
    return linked_world(stage)


def linked_world(stage: Stage, rules: LinkRules = BOTH, **quirks: Any) -> World:
    world = stage.world(**quirks)
    world.document = replace(world.document, links=rules)
    return world


def named(app: ModelApp, title: str) -> str:
    [found] = [one.id for one in app.records.values() if one.fields["title"] == title]
    return found


def shown(app: ModelApp) -> set[tuple[str, str, str]]:
    """Every link and parent of an app, by the titles of its ends."""
    titles = {one.id: str(one.fields["title"]) for one in app.records.values()}
    links = {(titles[one.id], link.kind, titles[link.target]) for one in app.records.values() for link in one.links}
    parents = {(titles[one.id], PARENT, titles[one.parent]) for one in app.records.values() if one.parent is not None}
    return links | parents


def holds(world: World) -> list[tuple[str, str, str]]:
    rows = world.rows("select kind, side, item_id, waits_for from holds where integration_id = :integration")
    return [(one.kind, one.item_id, one.waits_for) for one in rows]


def rest(world: World) -> None:
    """Passes as they come by themselves: nobody lets go of what is held. Then time goes by, past every overlap."""
    for _ in range(4):
        world.calm()
    for app in (world.left, world.right):
        app.tick(100)
    world.calm()


def settled(world: World) -> None:
    """At rest, with nothing held, and a pass over everything writes nothing more."""
    world.settle()
    writes = world.left.writes + world.right.writes
    for app in (world.left, world.right):
        for one in list(app.records):
            app.touch(one)
    world.calm()
    assert world.left.writes + world.right.writes == writes, "no echo"
    assert holds(world) == []
    laws.check_all(world)


def test_links_and_parents_of_new_items_reach_the_other_side_by_its_own_names(world: World) -> None:
    epic, task, bug = (world.left.person_creates(item(name)) for name in ("epic", "task", "bug"))
    world.left.person_links(task, PARENT, epic)
    world.left.person_links(bug, "blocks", task)
    world.left.person_links(bug, "relates", epic)
    settled(world)
    assert shown(world.right) == {
        ("task", PARENT, "epic"),
        ("bug", "blocked", "task"),
        ("task", "blocks", "bug"),
        ("bug", "relates", "epic"),
        ("epic", "relates", "bug"),
    }


def test_links_made_and_taken_away_later_travel_both_ways(world: World) -> None:
    for name in ("one", "two"):
        world.left.person_creates(item(name))
    world.settle()
    one, two = named(world.right, "one"), named(world.right, "two")
    world.right.person_links(one, "relates", two)
    world.right.person_links(two, PARENT, one)
    settled(world)
    assert (
        shown(world.left)
        == shown(world.right)
        == {
            ("one", "relates", "two"),
            ("two", "relates", "one"),
            ("two", PARENT, "one"),
        }
    )
    one, two = named(world.left, "one"), named(world.left, "two")
    world.left.person_unlinks(one, "relates", two)
    world.left.person_unlinks(two, PARENT, one)
    settled(world)
    assert shown(world.left) == shown(world.right) == set()


def test_both_sides_add_the_same_link_and_it_is_one(world: World) -> None:
    for name in ("one", "two"):
        world.left.person_creates(item(name))
    world.settle()
    for app in (world.left, world.right):
        app.person_links(named(app, "one"), "relates", named(app, "two"))
    writes = world.left.writes + world.right.writes
    settled(world)
    assert world.left.writes + world.right.writes == writes, "there was nothing to do"


def test_different_links_of_both_sides_are_all_kept(world: World) -> None:
    for name in ("one", "two", "three"):
        world.left.person_creates(item(name))
    world.settle()
    world.left.person_links(named(world.left, "one"), "relates", named(world.left, "two"))
    world.right.person_links(named(world.right, "one"), "relates", named(world.right, "three"))
    settled(world)
    assert shown(world.left) == shown(world.right)
    assert {("one", "relates", "two"), ("one", "relates", "three")} <= shown(world.left)


def test_a_parent_changed_on_both_sides_goes_to_the_later_one_and_the_other_is_on_record(world: World) -> None:
    for name in ("child", "first", "second"):
        world.left.person_creates(item(name))
    world.settle()
    world.left.person_links(named(world.left, "child"), PARENT, named(world.left, "first"))
    world.right.tick()
    world.right.person_links(named(world.right, "child"), PARENT, named(world.right, "second"))
    settled(world)
    assert shown(world.left) == shown(world.right) == {("child", PARENT, "second")}
    [clash] = world.rows("select field_left, left_value, winner from conflicts")
    assert (clash.field_left, clash.left_value, clash.winner) == (PARENT, named(world.left, "first"), "right")


def test_parents_are_made_before_their_children_however_late_the_feed_brings_them(world: World) -> None:
    titles = [f"item {number}" for number in range(6)]  # two pages of the model's feed, the youngest on top
    ids = [world.left.person_creates(item(title)) for title in titles]
    for child, parent in pairwise(ids):
        world.left.person_links(child, PARENT, parent)
    world.calm()
    made = [one.fields["title"] for one in sorted(world.right.records.values(), key=lambda one: int(one.id))]
    assert made == list(reversed(titles))
    assert len(shown(world.right)) == 5, "one pass was enough"
    settled(world)


def test_a_circle_of_parents_comes_to_an_end(world: World) -> None:
    ids = [world.left.person_creates(item(name)) for name in ("one", "two", "three")]
    for child, parent in zip(ids, [*ids[1:], ids[0]], strict=True):
        world.left.person_links(child, PARENT, parent)
    settled(world)
    assert shown(world.right) == shown(world.left)


def test_a_child_is_made_without_a_parent_that_is_refused_and_gets_it_later(stage: Stage) -> None:
    world = linked_world(stage, right_refuses=frozenset({"unwelcome"}))
    parent, child = world.left.person_creates(item("unwelcome")), world.left.person_creates(item("child"))
    world.left.person_links(child, PARENT, parent)
    world.calm()
    assert [one.fields["title"] for one in world.right.records.values()] == ["child"]
    assert shown(world.right) == set()
    assert ("waiting", child, parent) in holds(world)
    assert "it is made as soon as there is one" in world.history()
    assert "parent not carried over yet" in world.history()
    rest(world)
    world.left.person_edits(parent, "title", "welcome")
    rest(world)
    assert shown(world.right) == {("child", PARENT, "welcome")}


def test_a_link_to_an_item_whose_twin_is_refused_for_a_while_waits_and_holds_nothing_else_back(stage: Stage) -> None:
    world = linked_world(stage, right_refuses=frozenset({"unwelcome"}))
    one = world.left.person_creates(item("one"))
    world.settle()
    two = world.left.person_creates(item("unwelcome"))
    world.left.person_links(one, "blocks", two)
    world.calm()
    assert ("waiting", one, two) in holds(world)
    world.left.person_edits(one, "status", "2")
    world.calm()
    [twin] = world.right.records.values()
    assert (twin.fields["status"], twin.links) == ("2", set())
    assert ("waiting", one, two) in holds(world)
    world.left.person_edits(two, "title", "two")
    rest(world)
    assert ("one", "blocked", "two") in shown(world.right)
    settled(world)


def test_what_leads_out_of_the_integration_stays_where_it_is_and_is_told_once(world: World) -> None:
    world.document = replace(
        world.document,
        scope=ScopeRules(left=SideFilter(new=(FilterRule("labels", Operator.LACKS, ("secret",)),))),
    )
    hidden = world.left.person_creates(item("hidden") | {"labels": ("secret",)})
    one = world.left.person_creates(item("one"))
    world.left.person_links(one, "relates", hidden)
    child = world.left.person_creates(item("child"))
    world.left.person_links(child, PARENT, hidden)
    world.settle()
    assert shown(world.right) == set()
    told = world.history().count("not carried over")
    assert told == 2, "the link and the parent"
    for title in ("once", "twice"):
        world.left.person_edits(one, "title", title)
        world.settle()
    assert world.history().count("not carried over") == told
    assert {kind for kind, _, _ in holds(world)} == {"skipped"}
    rest(world)
    # It comes into scope: what led to it is looked at again, without anybody touching it.
    world.left.person_edits(hidden, "labels", ())
    rest(world)
    assert {("twice", "relates", "hidden"), ("child", PARENT, "hidden")} <= shown(world.right)


def test_a_kind_that_is_not_mapped_is_told_once_and_left_alone(stage: Stage) -> None:
    world = linked_world(stage, LinkRules(Direction.BOTH, None, KINDS[:1]))
    one, two = world.left.person_creates(item("one")), world.left.person_creates(item("two"))
    world.left.person_links(one, "blocks", two)
    world.left.person_links(two, PARENT, one)
    world.settle()
    for title in ("uno", "eins"):
        world.left.person_edits(one, "title", title)
        world.settle()
    assert shown(world.right) == set()
    assert world.history().count("not carried over") == 2, "once for each of the two items"


@pytest.mark.parametrize("direction", [Direction.TO_RIGHT, Direction.TO_LEFT])
def test_links_that_go_one_way_only_do_not_come_back(stage: Stage, direction: Direction) -> None:
    world = linked_world(stage, LinkRules(direction, direction, KINDS))
    for name in ("one", "two"):
        world.left.person_creates(item(name))
    world.settle()
    source, target = (world.left, world.right) if direction is Direction.TO_RIGHT else (world.right, world.left)
    for kind in ("relates", PARENT):
        source.person_links(named(source, "one"), kind, named(source, "two"))
    settled(world)
    assert shown(target) == shown(source)
    for kind in ("relates", PARENT):
        target.person_unlinks(named(target, "one"), kind, named(target, "two"))
    settled(world)
    assert shown(target) == set(), "what people took away there is not made anew"
    assert len(shown(source)) == 3, "and stays here"


def test_an_app_whose_links_do_not_count_as_a_change_learns_of_both_ends(stage: Stage) -> None:
    world = linked_world(stage, left_moves_for_links=False, right_moves_for_links=False)
    for name in ("one", "two"):
        world.left.person_creates(item(name))
    rest(world)
    one = named(world.left, "one")
    world.left.person_links(one, "relates", named(world.left, "two"))
    world.left.touch(one)  # as Request Tracker does: only the item at which the link was made
    rest(world)
    assert len(shown(world.right)) == 2
    # People take it away where nothing shows it; then the other end's original is the first to be looked at.
    world.right.person_unlinks(named(world.right, "one"), "relates", named(world.right, "two"))
    world.right.touch(named(world.right, "one"))
    world.left.touch(named(world.left, "two"))
    settled(world)
    assert shown(world.left) == shown(world.right) == set()


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
@pytest.mark.parametrize("step", range(20))
def test_a_death_at_any_step_loses_no_link_and_makes_none_twice(stage: Stage, step: int, bad: Fate) -> None:
    world = linked_world(stage)
    parent, child = world.left.person_creates(item("parent")), world.left.person_creates(item("child"))
    world.left.person_links(child, PARENT, parent)
    world.left.person_links(child, "blocks", parent)
    world.sync([Fate.WELL] * step + [bad])
    settled(world)
    assert len(world.right.records) == 2
    assert shown(world.right) == {
        ("child", PARENT, "parent"),
        ("child", "blocked", "parent"),
        ("parent", "blocks", "child"),
    }


@pytest.mark.parametrize("bad", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY])
@pytest.mark.parametrize("step", range(12))
def test_a_death_at_any_step_never_brings_back_what_was_taken_away(stage: Stage, step: int, bad: Fate) -> None:
    world = linked_world(stage)
    one, two = world.left.person_creates(item("one")), world.left.person_creates(item("two"))
    world.left.person_links(one, "relates", two)
    world.left.person_links(one, PARENT, two)
    world.settle()
    world.left.person_unlinks(one, "relates", two)
    world.left.person_unlinks(one, PARENT, two)
    world.sync([Fate.WELL] * step + [bad])
    settled(world)
    assert shown(world.left) == shown(world.right) == set()


def just_carried(world: World) -> None:
    """A link from a child to its parent was made on the left, after the left had been read and the parent settled."""
    child, parent = world.right.person_creates(item("child")), world.right.person_creates(item("parent"))
    world.right.person_links(child, "relates", parent)
    world.right.person_links(child, PARENT, parent)
    world.sync()
    assert ("parent", "relates", "child") in shown(world.left)


@pytest.mark.parametrize("end", ["child", "parent"])
@pytest.mark.parametrize("side", Side)
def test_a_link_that_was_taken_away_before_its_other_end_was_looked_at_stays_away(
    world: World, end: str, side: Side
) -> None:
    just_carried(world)
    app, other = world.app(side), "parent" if end == "child" else "child"
    app.person_unlinks(named(app, end), "relates", named(app, other))
    settled(world)
    assert shown(world.left) == shown(world.right) == {("child", PARENT, "parent")}


@pytest.mark.parametrize("end", ["child", "parent"])
@pytest.mark.parametrize("side", Side)
def test_a_link_that_a_person_makes_beside_one_that_was_just_carried_is_kept(
    world: World, end: str, side: Side
) -> None:
    just_carried(world)
    app, other = world.app(side), "parent" if end == "child" else "child"
    app.person_links(named(app, end), "blocks", named(app, other))
    settled(world)
    assert len(shown(world.left)) == len(shown(world.right)) == 5
    assert ("parent", "relates", "child") in shown(world.left) & shown(world.right)


@pytest.mark.parametrize("kind", ["relates", PARENT])
def test_a_link_that_was_taken_away_after_a_death_in_its_making_does_not_come_back(world: World, kind: str) -> None:
    first, second = (world.left.person_creates(item(title)) for title in ("one", "two"))
    world.settle()
    world.left.person_links(first, kind, second)
    calm = world.right.fate
    world.right.fate = lambda call: Fate.KILLED_AFTER if call == "right.add_link" else Fate.WELL
    world.sync()
    world.right.fate = calm
    assert shown(world.right)
    world.left.person_unlinks(first, kind, second)
    settled(world)
    assert (shown(world.left), shown(world.right)) == (set(), set())


def test_a_link_to_an_item_that_is_deleted_goes_with_it(world: World) -> None:
    one, two = world.left.person_creates(item("one")), world.left.person_creates(item("two"))
    world.left.person_links(one, "relates", two)
    world.settle()
    world.left.person_deletes(two)
    world.settle()
    assert Link("relates", two) not in world.left.records[one].links
    assert len(world.right.records) == 2, "its twin stays by default"


def test_the_links_of_a_side_are_remembered_in_its_own_terms(world: World) -> None:
    one, two = world.left.person_creates(item("one")), world.left.person_creates(item("two"))
    world.left.person_links(one, "blocks", two)
    world.settle()
    [row] = world.rows(f"select left_links, right_links from pairs where left_id = '{one}'")  # noqa: S608 - a number
    assert row.left_links == {two: ["blocks"]}
    assert row.right_links == {named(world.right, "two"): ["blocked"]}
