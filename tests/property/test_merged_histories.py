"""A few histories more, of items that people merge."""

from __future__ import annotations

import pytest

from server.engine.parting import Reason
from tests.property.merging import MergedHistories, check_merges
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.world import Stage
from tests.support.postgres import TestCluster

SEED = 45


@pytest.mark.postgres
def test_every_history_of_merged_items_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 20, SEED, MergedHistories)


@pytest.mark.postgres
def test_the_law_tells_when_a_merge_is_taken_for_a_deletion(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reason, "end", "was deleted")
    world = stage.world()
    gone, into = (
        world.left.person_creates({"title": title, "text": "", "status": "1", "labels": ()}) for title in ("one", "two")
    )
    world.settle()
    world.left.person_merges(gone, into)
    world.settle()
    with pytest.raises(AssertionError, match="was merged, and the history says"):
        check_merges(world)
