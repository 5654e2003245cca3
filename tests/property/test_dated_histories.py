"""A few histories more, of apps whose clocks are wrong for a while."""

from __future__ import annotations

import pytest

from server.engine import dated
from tests.property import laws
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.stories import values
from tests.property.world import Stage, World
from tests.property.wrong_clocks import DatedHistories, check_cursors, check_told
from tests.support.postgres import TestCluster

SEED = 15


@pytest.mark.postgres
def test_every_history_by_wrong_clocks_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, max(1, HISTORIES // 25), SEED, DatedHistories)


def one_dated_ahead(stage: Stage) -> World:
    """An item is dated an hour ahead, and one is made after it."""
    world = stage.world()
    world.left.ahead = 3600
    world.left.person_creates(values("ahead"))
    world.left.ahead = 0
    world.sync()
    world.left.person_creates(values("after it"))
    return world


@pytest.mark.postgres
def test_a_planted_fault_breaks_the_laws_of_clocks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    well = one_dated_ahead(stage)
    check_cursors(well)
    check_told(well)
    laws.check_all(well)
    monkeypatch.setattr(dated, "reached", lambda page, _clock: page.reached)
    with pytest.raises(AssertionError, match="the cursor of left"):
        check_cursors(one_dated_ahead(stage))
    monkeypatch.setattr(dated, "set_back", lambda *_: None)
    with pytest.raises(AssertionError):
        laws.check_all(one_dated_ahead(stage))


@pytest.mark.postgres
def test_whoever_is_not_told_of_a_date_ahead_breaks_a_law(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dated, "ahead", lambda *_: ())
    with pytest.raises(AssertionError, match="nobody was told"):
        check_told(one_dated_ahead(stage))
