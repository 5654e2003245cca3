"""Relations and parents merge an element at a time, in each side's own terms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.item import PARENT, Item, Link, Side
from server.domain.mapping import Direction, ValueMapping
from server.domain.operation import AddLink, RemoveLink
from server.domain.rules import LinkRules
from server.engine.links import Relatives, links_unchanged
from server.engine.plan import Plan
from server.engine.reconcile import reconcile, unchanged
from tests.unit.engine.build import NOON, document, ids, item, linked, mapping

RULES = LinkRules(Direction.BOTH, Direction.BOTH, (ValueMapping("blocks", "needed-by"), ValueMapping("relates", "see")))
KNOWN = Relatives(
    twins={Side.LEFT: {"2": "8", "3": "7"}, Side.RIGHT: {"8": "2", "7": "3"}},
    waiting={Side.LEFT: frozenset({"4"})},
    outside={Side.LEFT: {"5": "it is somewhere else"}},
)
TITLES = {Side.LEFT: {"title": "Title"}, Side.RIGHT: {"subject": "Title"}}


def plan(
    left: frozenset[Link],
    right: frozenset[Link],
    seen: tuple[frozenset[Link], frozenset[Link]] = (frozenset(), frozenset()),
    rules: LinkRules = RULES,
    minutes: tuple[int, int] = (0, 0),
) -> Plan:
    """What is done about two items with these links that were last seen with those."""
    items = [with_links(side, links, at) for side, links, at in zip(Side, (left, right), minutes, strict=True)]
    pair = linked(with_links(Side.LEFT, frozenset()), with_links(Side.RIGHT, frozenset()))
    pair = replace(pair, left=replace(pair.left, links=seen[0]), right=replace(pair.right, links=seen[1]))
    compiled = mapping(document().types[0].fields[:1])
    compiled = replace(compiled, document=replace(compiled.document, links=rules))
    return reconcile(pair, compiled.types[0], items[0], items[1], compiled, ids(), (), KNOWN)


def with_links(side: Side, links: frozenset[Link], minutes: int = 0) -> Item:
    parent = next((one.target for one in links if one.kind == PARENT), None)
    others = tuple(one for one in links if one.kind != PARENT)
    return replace(item(side, TITLES[side], minutes=minutes), links=others, parent=parent)


def steps(done: Plan) -> list[tuple[str, str, str, str]]:
    return [
        (one.side.value, one.step.kind, one.step.link.kind, one.step.link.target)
        for one in done.operations
        if isinstance(one.step, AddLink | RemoveLink)
    ]


def of(*links: tuple[str, str]) -> frozenset[Link]:
    return frozenset(Link(kind, target) for kind, target in links)


NONE = of()


def test_a_new_link_is_made_on_the_other_side_in_its_terms() -> None:
    done = plan(of(("blocks", "2")), NONE)
    assert steps(done) == [("right", "add_link", "needed-by", "8")]
    assert done.pair.left.links == of(("blocks", "2"))
    assert done.pair.right.links == of(("needed-by", "8"))
    back = plan(NONE, of(("see", "7")))
    assert steps(back) == [("left", "add_link", "relates", "3")]


def test_a_link_that_was_taken_away_goes_on_the_other_side_too() -> None:
    seen = (of(("blocks", "2")), of(("needed-by", "8")))
    assert steps(plan(NONE, seen[1], seen)) == [("right", "remove_link", "needed-by", "8")]
    assert steps(plan(seen[0], NONE, seen)) == [("left", "remove_link", "blocks", "2")]
    assert steps(plan(NONE, NONE, seen)) == []


def test_links_of_one_pair_are_merged_each_for_itself() -> None:
    seen = (of(("blocks", "2"), ("relates", "3")), of(("needed-by", "8"), ("see", "7")))
    done = plan(of(("relates", "3"), ("relates", "2")), of(("needed-by", "8")), seen)
    assert sorted(steps(done)) == [
        ("left", "remove_link", "relates", "3"),
        ("right", "add_link", "see", "8"),
        ("right", "remove_link", "needed-by", "8"),
    ]


def test_the_same_link_on_both_sides_is_only_remembered() -> None:
    done = plan(of(("blocks", "2")), of(("needed-by", "8")))
    assert steps(done) == []
    assert (done.pair.left.links, done.pair.right.links) == (of(("blocks", "2")), of(("needed-by", "8")))


def test_a_link_that_was_taken_away_and_made_again_is_made_again() -> None:
    seen = (NONE, of(("needed-by", "8")))
    assert steps(plan(of(("blocks", "2")), NONE, seen)) == [("right", "add_link", "needed-by", "8")]


def test_what_cannot_be_linked_yet_waits_and_is_not_remembered() -> None:
    done = plan(of(("blocks", "4"), (PARENT, "4"), ("relates", "2")), NONE)
    assert steps(done) == [("right", "add_link", "see", "8")]
    assert [(one.side, one.target) for one in done.waits] == [(Side.LEFT, "4"), (Side.LEFT, "4")]
    assert "it is made as soon as there is one" in done.waits[0].reason
    assert done.pair.left.links == of(("relates", "2"))


def test_what_leads_outside_and_what_is_not_mapped_is_noted_once() -> None:
    links = of(("blocks", "5"), ("copied", "2"), (PARENT, "5"))
    done = plan(links, NONE)
    assert steps(done) == []
    assert [(one.what, one.reason) for one in done.notes] == [
        ("link “blocks” not carried over", "it is somewhere else"),
        ("link “copied” not carried over", "its kind has no counterpart in the integration"),
        ("parent not carried over", "it is somewhere else"),
    ]
    assert plan(links, NONE, (links, NONE)).notes == ()


def test_a_link_that_has_a_counterpart_by_now_is_made_although_it_was_seen_before() -> None:
    links = of(("blocks", "2"), (PARENT, "3"))
    assert steps(plan(links, NONE, (links, NONE))) == [
        ("right", "add_link", "needed-by", "8"),
        ("right", "add_link", PARENT, "7"),
    ]


def test_a_parent_takes_the_place_of_another() -> None:
    seen = (of((PARENT, "2")), of((PARENT, "8")))
    done = plan(of((PARENT, "3")), seen[1], seen)
    assert steps(done) == [("right", "add_link", PARENT, "7")]
    assert done.pair.right.links == of((PARENT, "7"))
    assert steps(plan(NONE, seen[1], seen)) == [("right", "remove_link", PARENT, "8")]
    assert steps(plan(seen[0], of((PARENT, "7")), seen)) == [("left", "add_link", PARENT, "3")]


@pytest.mark.parametrize(("minutes", "winner"), [((1, 0), "left"), ((0, 1), "right"), ((0, 0), "left")])
def test_parents_changed_on_both_sides_go_to_the_later_one(minutes: tuple[int, int], winner: str) -> None:
    done = plan(of((PARENT, "2")), of((PARENT, "7")), minutes=minutes)
    loser = "right" if winner == "left" else "left"
    assert [one[0] for one in steps(done)] == [loser]
    [clash] = done.conflicts
    assert (clash.field_left, clash.left_value, clash.right_value, clash.winner) == (PARENT, "2", "7", winner)
    assert NOON.tzinfo is not None


def test_a_twin_does_not_keep_a_parent_that_the_original_left_for_one_outside() -> None:
    seen = (of((PARENT, "2")), of((PARENT, "8")))
    done = plan(of((PARENT, "5")), seen[1], seen)
    assert steps(done) == [("right", "remove_link", PARENT, "8")]
    assert done.pair.right.links == NONE
    unrelated = plan(of((PARENT, "5")), of((PARENT, "7")), seen)
    assert steps(unrelated) == [], "one that people chose on the other side stays"


@pytest.mark.parametrize("kind", [("blocks", "needed-by"), (PARENT, PARENT)])
def test_what_goes_one_way_only_is_neither_brought_back_nor_made_anew(kind: tuple[str, str]) -> None:
    rules = LinkRules(Direction.TO_RIGHT, Direction.TO_RIGHT, RULES.kinds)
    left, right = of((kind[0], "2")), of((kind[1], "8"))
    taken = plan(left, NONE, (left, right), rules)
    assert steps(taken) == []
    again = plan(left, NONE, (taken.pair.left.links, taken.pair.right.links), rules)
    assert steps(again) == []
    assert steps(plan(NONE, right, (NONE, NONE), rules)) == []


def test_without_rules_nothing_is_looked_at_or_remembered() -> None:
    off = LinkRules()
    done = plan(of(("blocks", "2"), (PARENT, "3")), NONE, (NONE, NONE), off)
    assert (steps(done), done.notes, done.pair.left.links) == ([], (), NONE)
    one = with_links(Side.LEFT, of(("blocks", "2")))
    assert links_unchanged(done.pair, Side.LEFT, one, off)
    assert not links_unchanged(done.pair, Side.LEFT, one, RULES)


def test_a_new_link_alone_is_a_change_of_its_item() -> None:
    compiled = mapping(document().types[0].fields[:1])
    compiled = replace(compiled, document=replace(compiled.document, links=RULES))
    pair = linked(with_links(Side.LEFT, NONE), with_links(Side.RIGHT, NONE))
    assert unchanged(compiled.types[0], pair, Side.LEFT, with_links(Side.LEFT, NONE), compiled)
    assert not unchanged(compiled.types[0], pair, Side.LEFT, with_links(Side.LEFT, of(("blocks", "2"))), compiled)
    assert not unchanged(compiled.types[0], pair, Side.LEFT, with_links(Side.LEFT, of((PARENT, "2"))), compiled)


def test_a_new_twin_gets_the_links_of_the_original_after_it_was_made() -> None:
    compiled = mapping(document().types[0].fields[:1])
    compiled = replace(compiled, document=replace(compiled.document, links=RULES))
    left = with_links(Side.LEFT, of(("blocks", "2"), (PARENT, "3"), ("relates", "4")))
    pair = replace(linked(left, left), left=linked(left, left).right)
    done = reconcile(replace(pair, right=type(pair.right)()), compiled.types[0], left, None, compiled, ids(), (), KNOWN)
    assert [one.step.kind for one in done.operations] == ["create", "add_link", "add_link"]
    assert [one.what for one in done.notes] == ["link “relates” not carried over yet"]
