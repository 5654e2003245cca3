"""A thirtieth as many histories more, in which items become private, and public again."""

from __future__ import annotations

import pytest

from server.domain.item import Side
from tests.property.hushing import HushedHistories, check_hushed, everything_on
from tests.property.plants import nobody_asks_who_may_see_it
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.stories import one_becomes_private
from tests.property.world import Stage
from tests.support.postgres import TestCluster

SEED = 8


@pytest.mark.postgres
def test_every_history_of_private_items_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 30, SEED, HushedHistories)


@pytest.mark.postgres
def test_the_law_tells_when_nobody_asks_who_may_see_an_item(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_asks_who_may_see_it(monkeypatch)
    world = one_becomes_private(stage)
    world.settle()
    assert "not for everybody" in everything_on(world.right)
    with pytest.raises(AssertionError, match="in private"):
        check_hushed(world, {(Side.LEFT, "1"): ["not for everybody"]})
