"""A field that an app does not show for a while rests, is told once, and loses nothing; the others go on."""

from __future__ import annotations

import pytest

from server.domain.values import Value
from tests.property import laws
from tests.property.model import FIELDS
from tests.property.world import Stage

pytestmark = pytest.mark.postgres
ITEM: dict[str, Value] = {"title": "an item", "text": "", "status": "1", "labels": ("red",), "due": "2031-01-31"}


def test_a_field_that_an_app_does_not_show_for_a_while_rests_and_nothing_else_does(stage: Stage) -> None:
    world = stage.world()
    item = world.left.person_creates(ITEM)
    world.settle()
    [twin] = world.right.records
    world.right.fields = tuple(one for one in FIELDS if one.id != "due")
    world.left.person_edits(item, "due", "2031-12-24")
    world.left.person_edits(item, "title", "edited")
    for _ in range(3):
        world.sync()
    held = world.right.records[twin].fields
    assert (held["title"], held["due"]) == ("edited", "2031-01-31")
    lines = world.rows("select summary from events where summary like '%Until then it rests%'")
    assert len(lines) == 1
    assert "“due”" in lines[0].summary
    world.right.fields = FIELDS
    world.left.person_comments(item, "looked at once more", private=False)
    world.settle()
    assert world.right.records[twin].fields["due"] == "2031-12-24"
    laws.check_all(world)
