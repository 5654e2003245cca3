"""A tenth as many histories more, of items that are linked and have parents."""

from __future__ import annotations

import pytest

from tests.property.linking import LinkedHistories
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.support.postgres import TestCluster

SEED = 3


@pytest.mark.postgres
def test_every_history_of_linked_items_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 10, SEED, LinkedHistories)
