"""Short stories, each of which meets the fault that is planted for it; they must not judge, the laws do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.domain.integration import Document
from server.domain.item import PARENT, Side
from server.domain.mapping import ConflictPolicy, Direction
from server.domain.rules import GuardRules, LinkRules, Parting, PartingRules
from server.domain.values import Value
from tests.property.model import BLOCKS, Fate
from tests.property.relations import KINDS
from tests.property.world import Rules, Stage, World, document


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "a\nb", "status": "1", "labels": ("red",), **more}


def begin(stage: Stage, rules: Rules = document, **quirks: Any) -> tuple[World, str, str]:
    """A pair in step: the world, the left id, the right id."""
    world = stage.world(rules, **quirks)
    item = world.left.person_creates(values("one"))
    world.settle()
    [twin] = world.right.records
    return world, item, twin


def with_fields(**more: Any) -> Rules:
    """A document with something said of every field but the title."""

    def made(left: str, right: str) -> Document:
        plain = document(left, right)
        [type_] = plain.types
        changed = tuple(one if one.left == "title" else replace(one, **more) for one in type_.fields)
        return replace(plain, types=(replace(type_, fields=changed),))

    return made


def one_becomes_private(stage: Stage) -> World:
    world, item, _ = begin(stage, left_restricts=True)
    world.left.person_restricts(item, restricted=True)
    world.left.person_edits(item, "title", "not for everybody")
    return world


def both_edit(stage: Stage) -> World:
    world, item, twin = begin(stage, with_fields(conflict=ConflictPolicy.RIGHT))
    world.right.person_edits(twin, "text", "typed right")
    world.tick()
    world.left.person_edits(item, "text", "typed left")
    return world


def two_type_the_same(stage: Stage) -> World:
    """In one field it arrives before one of the two thinks better of it, in the other it does not."""
    world, item, twin = begin(stage, with_fields(conflict=ConflictPolicy.RIGHT))
    for side, one in ((Side.LEFT, item), (Side.RIGHT, twin)):
        world.app(side).person_edits(one, "status", "2")
        world.app(side).person_edits(one, "text", "by two people")
    world.sync()
    for side, one in ((Side.LEFT, item), (Side.RIGHT, twin)):
        world.app(side).person_edits(one, "due", "2031-01-31")
    world.right.person_edits(twin, "text", "on second thought")
    world.right.person_edits(twin, "due", "2026-11-23")
    return world


def both_label(stage: Stage) -> World:
    world, item, twin = begin(stage)
    world.left.person_edits(item, "labels", ("blau", "red"))
    world.right.person_edits(twin, "labels", ("red", "été"))
    return world


def one_is_refused(stage: Stage) -> World:
    world, _, _ = begin(stage, right_refuses=frozenset({"bad"}))
    for title in ("two", "bad", "three"):
        world.left.person_creates(values(title))
    return world


def a_comment_is_refused(stage: Stage) -> World:
    world, item, _ = begin(stage, right_refuses_comments=frozenset({"bad"}))
    world.left.person_comments(item, "bad", private=False)
    return world


def a_comment_is_taken_twice(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_comments(item, "said once", private=False)
    world.sync([Fate.TWICE] * 9)
    return world


def a_file_is_taken_twice(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_attaches(item, "once.txt", b"once")
    world.sync([Fate.TWICE] * 9)
    return world


def long_ago(stage: Stage) -> World:
    world, _, _ = begin(stage, page=2)
    for title in ("two", "three", "four"):
        world.tick(60)
        world.left.person_creates(values(title))
    return world


def only_blanks(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_edits(item, "text", "a\n\nb")
    return world


def a_later_due_day(stage: Stage) -> World:
    world, item, _ = begin(stage, with_fields(create_only=True))
    world.left.person_edits(item, "due", "2031-01-31")
    return world


def a_create_that_the_search_does_not_show(stage: Stage) -> World:
    world = stage.world(lag=3, right_marks_items=False)
    world.left.person_creates(values("one"))
    world.tick(3)
    world.sync([Fate.WELL] * 4 + [Fate.KILLED_AFTER])
    world.sync()
    return world


def somebody_is_faster(stage: Stage) -> World:
    world, item, twin = begin(stage)
    world.right.meanwhile = lambda _item: world.right.person_edits(twin, "due", "2031-01-31")
    world.left.person_edits(item, "text", "typed left")
    world.sync([Fate.WELL] * 5 + [Fate.MEANWHILE])
    return world


def an_app_is_busy(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_edits(item, "text", "typed left")
    world.sync([Fate.WELL, Fate.BUSY])
    return world


def a_comment_that_stays(stage: Stage) -> World:
    world, item, _ = begin(stage, right_private_comments=False)
    world.left.person_comments(item, "a secret", private=True)
    return world


def with_deletions(**guard: int) -> Rules:
    """A document that says that the twins of deleted items go."""

    def made(left: str, right: str) -> Document:
        rules = PartingRules(on_left=Parting.DELETE, on_right=Parting.DELETE)
        return replace(document(left, right), deletions=rules, guard=replace(GuardRules(), **guard))

    return made


def several_with_deletions(stage: Stage, **guard: int) -> tuple[World, list[str], list[str]]:
    """Three pairs in step that people of the left made; the left ids and the right ones, in order."""
    world = stage.world(with_deletions(**guard))
    world.releases = True
    items = [world.left.person_creates(values(title)) for title in ("one", "two", "three")]
    world.settle()
    return world, items, sorted(world.right.records, key=int)


def a_twin_that_somebody_changed(stage: Stage) -> World:
    world, items, twins = several_with_deletions(stage)
    world.right.person_comments(twins[0], "said here", private=False)
    world.left.person_deletes(items[0])
    world.sync(trigger="scan")
    return world


def a_copy_of_an_item_is_deleted(stage: Stage) -> World:
    world, _, twins = several_with_deletions(stage)
    world.right.person_deletes(twins[0])
    world.sync(trigger="scan")
    return world


def all_but_one_are_deleted(stage: Stage) -> World:
    world, items, _ = several_with_deletions(stage, partings=0, least=1)
    for item in items[1:]:
        world.left.person_deletes(item)
    world.sync(trigger="scan")
    return world


def two_moved_away(stage: Stage) -> World:
    world, items, _ = several_with_deletions(stage, partings=0, least=1)
    for item in items[1:]:
        world.left.person_moves(item, "elsewhere")
        world.scan()
    return world


def one_moved_away_and_back(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_creates(values("another"))
    world.left.person_moves(item, "elsewhere")
    world.sync(trigger="scan")
    world.left.person_moves(item, world.left.name)
    return world


def one_is_renamed(stage: Stage) -> World:
    world, item, _ = begin(stage)
    world.left.person_renames(item)
    return world


def with_removals(left: str, right: str) -> Document:
    """A document that says that what a person deletes goes on both sides."""
    plain = document(left, right)
    return replace(
        plain,
        comments=replace(plain.comments, deletions=True),
        attachments=replace(plain.attachments, deletions=True),
    )


def with_a_comment_and_a_file(stage: Stage, rules: Rules) -> tuple[World, str, str]:
    world, item, twin = begin(stage, rules)
    world.left.person_comments(item, "said once", private=False)
    world.left.person_attaches(item, "once.txt", b"once")
    world.settle()
    return world, item, twin


def a_list_breaks_off(stage: Stage) -> World:
    world, item, _ = with_a_comment_and_a_file(stage, with_removals)
    world.left.person_edits(item, "text", "typed left")
    world.sync([Fate.WELL, Fate.CUT])
    return world


def take_back(world: World, side: Side, item: str) -> None:
    record = world.app(side).records[item]
    world.app(side).person_removes_comment(item, record.comments[0].id)
    world.app(side).person_removes_file(item, record.attachments[0].id)


def an_original_is_taken_back(stage: Stage) -> World:
    world, item, _ = with_a_comment_and_a_file(stage, document)
    take_back(world, Side.LEFT, item)
    return world


def an_original_goes_with_its_copy(stage: Stage) -> World:
    world, item, _ = with_a_comment_and_a_file(stage, with_removals)
    take_back(world, Side.LEFT, item)
    return world


def a_copy_is_taken_away(stage: Stage) -> World:
    world, _, twin = with_a_comment_and_a_file(stage, with_removals)
    take_back(world, Side.RIGHT, twin)
    return world


def with_links(left: str, right: str) -> Document:
    """A document by which links and parents travel both ways."""
    return replace(document(left, right), links=LinkRules(Direction.BOTH, Direction.BOTH, KINDS))


def two_new_ones_are_linked(stage: Stage) -> World:
    world = stage.world(with_links)
    one, other = (world.left.person_creates(values(title)) for title in ("one", "two"))
    world.left.person_links(one, BLOCKS, other)
    world.left.person_links(other, PARENT, one)
    return world


def a_link_is_taken_away(stage: Stage) -> World:
    world = two_new_ones_are_linked(stage)
    world.settle()
    one, other = world.left.records
    world.left.person_unlinks(one, BLOCKS, other)
    world.left.person_unlinks(other, PARENT, one)
    return world
