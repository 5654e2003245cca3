"""Random histories of several integrations on the same apps, and a fault of the product that breaks their law."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.services.sync import kinship
from tests.property.kindred import KINDS, check_one_member
from tests.property.playing import HISTORIES, play_kindred
from tests.property.together import PLAIN, tenants
from tests.property.world import Stage
from tests.support.postgres import TestCluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def three(cluster: TestCluster) -> Iterator[list[Stage]]:
    with tenants(cluster, 3) as made:
        yield made


def test_no_history_of_several_integrations_breaks_a_law(three: list[Stage]) -> None:
    play_kindred(three, max(1, HISTORIES // 50), 3)


@pytest.mark.parametrize("kind", KINDS[:5])
def test_without_a_look_at_who_is_there_items_multiply(
    kind: object, three: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(kind)
    monkeypatch.setattr(kinship, "trace", lambda _work, looks: looks)
    together = kind(three, {})
    together.apps[0].person_creates({**PLAIN, "title": "one"})
    for _ in range(3):
        together.pass_of()
    with pytest.raises(AssertionError, match="more than one of"):
        check_one_member(together)
