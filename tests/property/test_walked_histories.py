"""A fortieth as many histories more, of lists that are old when their items are read, and of log-in pages."""

from __future__ import annotations

import pytest

from server.domain.item import Page
from tests.property.model import account
from tests.property.playing import HISTORIES, crowded_stage, play
from tests.property.walking import WalkedHistories, check_seen
from tests.property.world import Stage, World
from tests.support.postgres import TestCluster

SEED = 11


@pytest.mark.postgres
def test_every_history_of_old_lists_keeps_the_promises(cluster: TestCluster) -> None:
    with crowded_stage(cluster) as stage:
        play(stage, HISTORIES // 40, SEED, WalkedHistories)


def walked_while_somebody_works(stage: Stage) -> World:
    """A backfill of many items; while it goes on one is made, and a later one is edited a while after that."""
    world = stage.world(page=2, left_rereads=True)
    ids = [world.left.person_creates({"title": f"old {n}", "text": "", "status": "1"}) for n in range(6)]
    world.tick(10)
    done: list[str] = []

    def work() -> None:
        if not done:
            done.append(world.left.person_creates({"title": "news", "text": "", "status": "1"}))
            world.tick(6)
            world.left.person_edits(ids[-1], "text", "typed six seconds later")

    world.left.between = work
    world.sync()
    world.left.between = lambda: None
    world.settle()
    return world


@pytest.mark.postgres
def test_what_was_made_while_a_list_was_walked_arrives_without_a_scan(stage: Stage) -> None:
    world = walked_while_somebody_works(stage)
    check_seen(world)
    assert {"news"} <= {one.fields["title"] for one in world.right.records.values()}


@pytest.mark.postgres
def test_the_law_tells_when_a_page_claims_what_was_read_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = account.ModelConnector._reread

    def boastful(self: account.ModelConnector, listed: list[object]) -> object:
        for page in real(self, listed):  # type: ignore[arg-type]  # heads
            yield Page(page.heads, max(one.updated_at for one in page.heads))

    monkeypatch.setattr(account.ModelConnector, "_reread", boastful)
    with pytest.raises(AssertionError, match="was never seen"):
        check_seen(walked_while_somebody_works(stage))
