"""Random histories of integrations that work in each other's midst, and a fault that breaks their law."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.services.sync import makings
from tests.property.interleaving import InterleavedHistories
from tests.property.kindred import check_one_member
from tests.property.playing import HISTORIES, play_kindred
from tests.property.together import PLAIN, circle, tenants
from tests.property.world import Stage
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def three(cluster: TestCluster) -> Iterator[list[Stage]]:
    with tenants(cluster, 3) as made:
        yield made


def test_no_history_of_integrations_at_the_same_moment_breaks_a_law(three: list[Stage]) -> None:
    play_kindred(three, max(1, HISTORIES // 70), 17, InterleavedHistories)


def test_where_nobody_says_what_is_being_made_two_make_it(three: list[Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(makings, "begin", lambda *_: set())
    together = circle(three[0], "left", "middle", "right")
    together.apps[1].person_creates({**PLAIN, "title": "one"})
    for at in range(1, 20):
        together.interrupted(0, at, (1, 2, 1, 2))
        if len(together.apps[0].records) > 1:
            break
        together = circle(three[0], "left", "middle", "right")
        together.apps[1].person_creates({**PLAIN, "title": "one"})
    with pytest.raises(AssertionError, match="more than one of"):
        check_one_member(together)
