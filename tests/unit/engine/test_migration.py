from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.errors import PutRight
from server.domain.integration import Document
from server.domain.item import Item, Side
from server.domain.mapping import Direction
from server.domain.operation import AddComment, CreateItem
from server.domain.pair import Pair, PairState
from server.domain.rules import CommentRules, LinkRules, Parting, PartingRules, ScopeRules
from server.engine.compiling import compile_mapping
from server.engine.mapping import Mapping
from server.engine.migration import one_way, sides
from server.engine.origin import age_of_the_moved
from server.engine.plan import Plan
from server.engine.reconcile import reconcile
from server.engine.review import review_shape
from tests.unit.engine.build import NOON, document, ids, item, shape

TO_RIGHT = replace(document(), migration=Direction.TO_RIGHT)


def rules(way: Direction) -> Document:
    parting = PartingRules(Parting.CLOSE, Parting.CLOSE)
    links = LinkRules(Direction.BOTH, Direction.TO_LEFT)
    (types,) = document().types
    fields = (*types.fields[:1], replace(types.fields[1], direction=Direction.TO_LEFT))
    return replace(
        document(comments=CommentRules(Direction.TO_LEFT)),
        types=(replace(types, fields=fields),),
        deletions=parting,
        scope=ScopeRules(leaving=parting),
        links=links,
        migration=way,
    )


def test_nothing_goes_back_to_the_side_that_everything_leaves() -> None:
    moved = one_way(rules(Direction.TO_RIGHT))
    assert moved.creates is Direction.TO_RIGHT
    assert [(one.left, one.direction) for one in moved.types[0].fields] == [("title", Direction.TO_RIGHT)]
    assert (moved.comments.direction, moved.attachments.direction) == (None, Direction.TO_RIGHT)
    assert (moved.links.direction, moved.links.parents) == (Direction.TO_RIGHT, None)
    assert moved.deletions == moved.scope.leaving == PartingRules(Parting.IGNORE, Parting.CLOSE)


def test_only_the_feed_of_the_side_that_everything_leaves_is_read() -> None:
    assert sides(rules(Direction.TO_RIGHT)) == (Side.LEFT,)
    assert sides(rules(Direction.TO_LEFT)) == (Side.RIGHT,)
    assert sides(document()) == tuple(Side)


def test_a_document_that_is_no_migration_is_left_as_it_is() -> None:
    assert one_way(document()) == document()


def test_a_migration_both_ways_is_refused() -> None:
    with pytest.raises(PutRight) as refused:
        review_shape(replace(document(), migration=Direction.BOTH))
    assert refused.value.field == "migration"


def plan(compiled: Mapping, left: Item) -> Plan:
    pair = Pair("p", PairState.RESERVED, Side.LEFT, reserved_at=NOON)
    return reconcile(pair, compiled.types[0], left, None, compiled, ids())


@pytest.mark.parametrize("keeps", [True, False])
def test_the_time_of_the_original_travels_where_the_app_may_keep_it_and_its_author_is_told(keeps: bool) -> None:  # noqa: FBT001 - a case
    left = replace(item(Side.LEFT, {"title": "old"}), author_name="Ünal", created_at=NOON.replace(year=2019))
    made, told = plan(
        compile_mapping(TO_RIGHT, shape(Side.LEFT), shape(Side.RIGHT, takes_created_at=keeps)), left
    ).operations
    assert isinstance(made.step, CreateItem)
    assert made.step.draft.created_at == (left.created_at if keeps else None)
    assert isinstance(told.step, AddComment)
    assert "Moved from Left L-1, where Ünal made it on 2019-11-23 12:00 UTC." in told.step.draft.body
    assert told.step.draft.private


def test_without_a_migration_a_twin_is_made_now_and_nothing_is_told() -> None:
    left = replace(item(Side.LEFT, {"title": "old"}), created_at=NOON)
    compiled = compile_mapping(document(), shape(Side.LEFT), shape(Side.RIGHT, takes_created_at=True))
    [made] = plan(compiled, left).operations
    assert isinstance(made.step, CreateItem)
    assert made.step.draft.created_at is None


@pytest.mark.parametrize(
    ("takes", "keeps", "said"),
    [(True, None, "is known only once"), (True, False, "as old as the move"), (False, False, "as old as the move")],
)
def test_a_person_is_told_how_old_moved_items_will_be_where_that_is_not_as_expected(
    takes: bool,  # noqa: FBT001 - a case
    keeps: bool | None,  # noqa: FBT001 - a case
    said: str,
) -> None:
    right = shape(Side.RIGHT, takes_created_at=takes, keeps_created_at=keeps)
    assert said in age_of_the_moved(compile_mapping(TO_RIGHT, shape(Side.LEFT), right))
    assert age_of_the_moved(compile_mapping(document(), shape(Side.LEFT), right)) == ""


def test_nothing_is_told_where_moved_items_keep_their_age() -> None:
    right = shape(Side.RIGHT, takes_created_at=True, keeps_created_at=True)
    assert age_of_the_moved(compile_mapping(TO_RIGHT, shape(Side.LEFT), right)) == ""
