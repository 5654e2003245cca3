"""An item without a title travels, and what stands in for its title is no edit of anybody."""

from __future__ import annotations

import pytest

from server.domain.values import Value
from tests.property.model import Fate
from tests.property.world import Stage

pytestmark = pytest.mark.postgres


def values(title: str, **more: Value) -> dict[str, Value]:
    return {"title": title, "text": "", "status": "1", "labels": (), "due": None} | more


@pytest.mark.parametrize("bad", [Fate.WELL, Fate.LOST, Fate.KILLED_AFTER])
@pytest.mark.parametrize("marks", [True, False])
def test_it_has_one_twin_and_nothing_comes_back(stage: Stage, bad: Fate, marks: bool) -> None:  # noqa: FBT001 - a case
    world = stage.world(left_untitled=True, right_marks_items=marks)
    item = world.left.person_creates(values("", text="said"))
    world.sync([Fate.WELL] * 4 + [bad])
    world.settle()
    [twin] = world.right.records.values()
    assert twin.fields["title"] == "(no title)"
    assert world.left.records[item].fields["title"] == ""
    assert world.left.writes == 0
    world.left.person_edits(item, "title", "typed")
    world.settle()
    assert twin.fields["title"] == "typed"
    world.left.person_edits(item, "title", "")
    world.left.person_edits(item, "text", "said more")
    world.settle()
    assert (twin.fields["title"], twin.fields["text"]) == ("(no title)", "said more")
    assert world.left.records[item].fields["title"] == ""
    told = [note for (detail,) in world.rows("select detail from events") for note in detail]
    assert [one["field"] for one in told if one["what"] == "filled in"].count("Title") >= 1
