"""Histories whose items people merge, and the law that a merge is told as one; it must not judge anything else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from server.domain.item import Side
from tests.property.histories import Histories
from tests.property.laws import pairs
from tests.property.world import World

_sides = st.sampled_from(Side)


class MergedHistories(Histories):
    """All that people do in other histories, and merges besides."""

    meets = Histories.meets | {"a merge of twins"}

    @precondition(lambda self: max(len(self.world.app(side).records) for side in Side) > 1)
    @rule(side=_sides, data=st.data())
    def merge(self, side: Side, data: Any) -> None:
        """A person merges one item into another of the same app."""
        app = self.world.app(side)
        records = sorted((one.id for one in app.records.values() if one.container == app.name), key=int)
        if len(records) > 1:
            gone, into = data.draw(st.lists(st.sampled_from(records), min_size=2, max_size=2, unique=True))
            twins = pairs(self.world)
            known = set(twins if side is Side.LEFT else twins.values())
            app.met["a merge of twins"] += {gone, into} <= known
            app.met["a merge into a twin"] += into in known and gone not in known
            app.person_merges(gone, into)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "world"):
            check_merges(self.world)


def check_merges(world: World) -> None:
    """No history says of an item that was merged, while it was kept in step, that it was deleted."""
    for side in Side:
        app = world.app(side)
        for one in app.deleted.values():
            if one.merged_into in app.records:  # one that is deleted itself takes the words along
                said = _last_words(world, side, one.id)
                untrue = [words for words in said if f"{one.key} was deleted on" in words]
                assert not untrue, f"{side} {one.id} was merged, and the history says: {untrue}"


def _last_words(world: World, side: Side, item_id: str) -> list[str]:
    """What the history says of the end of the pair of an item."""
    column = "left_id" if side is Side.LEFT else "right_id"
    query = (
        f"select events.summary from events join pairs on pairs.id = events.pair_id where pairs.{column} = '{item_id}'"  # noqa: S608 - a model's id
        " and events.integration_id = :integration and events.outcome in ('ended', 'deleted')"
    )
    return [row.summary for row in world.rows(query)]
