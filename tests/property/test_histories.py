"""Random histories: people edit both sides while answers are lost, apps refuse and the process dies at any step.

A run plays the same ones every time (``make soak`` goes on to new ones), half of them here, half in
``test_more_histories.py``, so that two cores do.
"""

from __future__ import annotations

import pytest

from tests.property.playing import HISTORIES, crowded_stage, play
from tests.support.postgres import TestCluster

SEED = 1


@pytest.mark.postgres
def test_every_history_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 2, SEED)
