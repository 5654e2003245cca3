"""What we did to get somewhere is never an edit: a status on the way to another one, wherever the process dies (V4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.integration import Document
from server.domain.mapping import ValueMapping
from server.domain.values import Value
from server.services.sync import ways
from tests.property import laws
from tests.property.model import Fate
from tests.property.world import Stage, World, document

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ()}
OVER = "3"
_CUTS = (Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.LOST, Fate.BUSY)


def rules(left: str, right: str) -> Document:
    """Every status has a counterpart on the other side, also the one on the way."""
    plain = document(left, right)
    [type_] = plain.types
    values = (ValueMapping("1", "1"), ValueMapping("2", "2"), ValueMapping("4", OVER))
    fields = tuple(replace(one, values=values) if one.left == "status" else one for one in type_.fields)
    return replace(plain, types=(replace(type_, fields=fields),))


def begun(stage: Stage, *, blocked: bool = False) -> tuple[World, str, str]:
    """Two items in step; the right one is taken to another status over a third."""
    world = stage.world(rules, right_over=OVER, right_blocked=blocked)
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    world.left.person_edits(item, "status", "2")
    world.tick()
    return world, item, twin


def typed_by_nobody(world: World) -> bool:
    """Whether a conflict was found where one person alone has typed."""
    return not world.rows("select 1 from conflicts where field_left = 'status'")


@pytest.mark.parametrize("bad", _CUTS)
@pytest.mark.parametrize("step", range(1, 16))
def test_wherever_the_way_is_cut_off_a_person_s_status_stands_and_arrives(stage: Stage, step: int, bad: Fate) -> None:
    world, item, twin = begun(stage)
    world.sync([Fate.WELL] * step + [bad])
    world.settle()
    assert world.left.records[item].fields["status"] == "2"
    assert world.right.records[twin].fields["status"] == "2"
    assert typed_by_nobody(world)
    laws.check_all(world)


def test_a_way_that_breaks_is_ours_and_told_and_overwrites_nobody(stage: Stage) -> None:
    world, item, twin = begun(stage, blocked=True)
    for _ in range(3):
        world.sync()
    assert world.left.records[item].fields["status"] == "2"
    assert world.right.records[twin].fields["status"] == OVER
    assert typed_by_nobody(world)
    assert "there is no way on" in world.history()
    writes = world.right.writes
    world.sync()
    assert world.right.writes == writes


def test_once_there_is_a_way_on_the_status_arrives(stage: Stage) -> None:
    world, item, twin = begun(stage, blocked=True)
    world.sync()
    world.right.blocked = False
    world.left.person_edits(item, "title", "edited")
    world.settle()
    assert world.right.records[twin].fields["status"] == "2"
    assert world.left.records[item].fields["status"] == "2"
    assert typed_by_nobody(world)


def test_what_a_person_types_after_a_broken_way_is_an_edit(stage: Stage) -> None:
    world, item, twin = begun(stage, blocked=True)
    world.sync()
    world.tick()
    world.right.person_edits(twin, "status", "1")
    world.settle()
    assert world.rows("select 1 from conflicts where field_left = 'status'")
    assert world.left.records[item].fields["status"] == "1"


def test_a_way_that_is_not_on_record_would_be_taken_for_an_edit(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plant: without the record some death on the way does cost the person's status, so the test above can fail."""
    monkeypatch.setattr(ways, "written_down", lambda _work, plans: list(plans))
    taken = []
    for step in range(4, 12):
        world, item, _ = begun(stage)
        world.sync([Fate.WELL] * step + [Fate.KILLED_AFTER])
        world.settle()
        taken.append(world.left.records[item].fields["status"] != "2" or not typed_by_nobody(world))
    assert any(taken)
