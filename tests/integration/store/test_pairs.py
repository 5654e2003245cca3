"""Pairs come back as they were written, whole or by their stamp alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from server.domain.item import Link, Side
from server.domain.pair import AttachmentPair, CommentPair, Pair, PairState, Seen
from server.domain.values import Value
from server.store import pairs
from tests.property.world import Stage, World

pytestmark = pytest.mark.postgres
AT = datetime(2031, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
TEXT = "Größe “日本” \\ ' \" \n\t {}"
ODD: dict[str, Value] = {"title": TEXT, "labels": ("a", "b"), "none": None, "done": True, "hours": 1.5, "no": ()}


def full() -> Pair:
    """A pair with everything that can be on one."""
    left = Seen("1", "K-1", "http://left/1", "bug", ODD, "stamp", frozenset({Link("blocks", "2"), Link("child", "2")}))
    right = Seen("9", "9", "", "task", {}, "other", frozenset({Link("parent", "8")}))
    comment = CommentPair(str(uuid4()), Side.LEFT, "c1", "c2", "h1", "h2", private=True, note="why")
    file = AttachmentPair(str(uuid4()), Side.RIGHT, None, "f2", "a.txt", 7, "ab", "")
    return Pair(str(uuid4()), PairState.LINKED, Side.RIGHT, left, right, "T", (comment,), (file,), AT)


def bare() -> Pair:
    """A pair of which next to nothing is known."""
    return Pair(str(uuid4()), PairState.RESERVED, Side.LEFT, Seen("2"))


def save(world: World, *written: Pair) -> None:
    """Write pairs with all that hangs on them."""
    with world.scope.transaction() as tx:
        pairs.save(tx, world.integration, written)
        pairs.save_comments(tx, [(one.id, each) for one in written for each in one.comments])
        pairs.save_attachments(tx, [(one.id, each) for one in written for each in one.attachments])


def read(world: World, *ids: str) -> dict[str, Pair]:
    """The pairs as they are read back."""
    with world.scope.reading() as tx:
        return pairs.by_ids(tx, world.integration, ids)


def test_a_pair_comes_back_as_it_was(stage: Stage) -> None:
    world, whole, little = stage.world(), full(), bare()
    save(world, whole, little)
    assert read(world, whole.id, little.id) == {whole.id: whole, little.id: little}
    with world.scope.reading() as tx:
        assert pairs.by_items(tx, world.integration, Side.RIGHT, ["9", "2"]) == {"9": whole}
        assert pairs.by_ids(tx, str(uuid4()), [whole.id]) == {}


def test_a_stamp_is_written_alone(stage: Stage) -> None:
    world, whole, little = stage.world(), full(), bare()
    save(world, whole, little)
    query = "select synced_at from pairs where integration_id = :integration order by left_id"
    before = world.rows(query)
    changed = replace(whole.stamped(Side.LEFT, "new ' %s"), title="not written")
    with world.scope.transaction() as tx:
        pairs.stamp(tx, [(Side.LEFT, changed), (Side.RIGHT, little.stamped(Side.RIGHT, "its own"))])
        pairs.stamp(tx, [])
    assert read(world, whole.id, little.id) == {
        whole.id: whole.stamped(Side.LEFT, "new ' %s"),
        little.id: little.stamped(Side.RIGHT, "its own"),
    }
    assert world.rows(query) == before
