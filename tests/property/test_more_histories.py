"""The other half of the histories, in a file of its own, so that the other core plays it."""

from __future__ import annotations

import pytest

from tests.property.playing import HISTORIES, crowded_stage, play
from tests.support.postgres import TestCluster

SEED = 2


@pytest.mark.postgres
def test_every_history_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 2, SEED)
