"""What must hold once the edits have stopped and a few calm passes have gone by; each law names its promise."""

from __future__ import annotations

from collections import Counter

from server.domain.item import Side
from tests.property.world import World


def pairs(world: World) -> dict[str, str]:
    """Left item id -> right item id, as the database has them linked."""
    rows = world.rows("select left_id, right_id from pairs where integration_id = :integration and state = 'linked'")
    return {row.left_id: row.right_id for row in rows}


def check_one_twin(world: World) -> None:
    """Promise 1: every item that is there has exactly one counterpart, and none has two."""
    linked = pairs(world)
    for left_id, right_id in linked.items():
        both = (world.left.records.get(left_id), world.right.records.get(right_id))
        assert not all(one is not None and one.ours for one in both), "a twin of ours was given a twin"
    ended = world.rows("select left_id, right_id from pairs where integration_id = :integration and state = 'ended'")
    left_alone = {row.left_id for row in ended} | {row.right_id for row in ended}
    for side in Side:
        there = set(world.app(side).records)
        known = Counter(linked.keys() if side is Side.LEFT else linked.values())
        assert all(count == 1 for count in known.values()), "an item has two counterparts"
        stray = {one for one in there - set(known) if one not in left_alone}
        assert not stray, f"items without a counterpart on the {side} side: {stray}; {world.history()}"


def check_mirrors(world: World) -> None:
    """Promise 4: the two items of a pair are equal under the mapping."""
    for left_id, right_id in pairs(world).items():
        left, right = world.left.records.get(left_id), world.right.records.get(right_id)
        if left is None or right is None:
            continue
        for name in ("text", "status", "due"):
            assert (left.fields.get(name) or "") == (right.fields.get(name) or ""), (name, left.fields, right.fields)
        assert set(left.fields.get("labels") or ()) == set(right.fields.get("labels") or ())  # type: ignore[arg-type]  # a tuple
        titles = {_kept(world, str(one.fields.get("title"))) for one in (left, right)}
        assert len(titles) == 1, titles


def _kept(world: World, title: str) -> str:
    """A title as the app that holds less of it would keep it."""
    return title.strip()[:12] if world.left.trims or world.right.trims else title


def check_comments(world: World) -> None:
    """Promises 1, 3: every comment of a person is on both sides once; private ones are public nowhere."""
    for left_id, right_id in pairs(world).items():
        left, right = world.left.records.get(left_id), world.right.records.get(right_id)
        if left is None or right is None:
            continue
        for mine, theirs in ((left, right), (right, left)):
            for one in mine.comments:
                if one.own:
                    continue
                twins = [each for each in theirs.comments if each.own and one.body in each.body]
                assert len(twins) == 1, f"“{one.body}” has {len(twins)} twins"
                assert twins[0].private == one.private, f"“{one.body}” changed who may read it"


def check_files(world: World) -> None:
    """Promise 1: every file is on both sides once, byte for byte."""
    for left_id, right_id in pairs(world).items():
        left, right = world.left.records.get(left_id), world.right.records.get(right_id)
        if left is None or right is None:
            continue
        assert sorted(left.contents.values()) == sorted(right.contents.values())


def check_quiet(world: World) -> None:
    """Promise 2: a pass of two quiet sides writes nothing, neither to the apps nor to the database."""
    before = (world.left.writes, world.right.writes, world.fingerprint())
    world.calm()
    assert (world.left.writes, world.right.writes, world.fingerprint()) == before


def check_all(world: World) -> None:
    """Every law, after the world has come to rest."""
    world.settle()
    check_one_twin(world)
    check_mirrors(world)
    check_comments(world)
    check_files(world)
    check_quiet(world)
