"""Opening an integration: both apps are asked what they have at once, and believed for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from server.connectors.base import Container
from server.domain.item import Side
from server.services.pacing import Paces
from server.services.sync.ends import Ends
from server.services.sync.passes import Desk
from tests.property.model import ModelConnector
from tests.property.world import World

pytestmark = pytest.mark.postgres


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An app's containers are told only while the other app is asked for its own; who was asked."""
    meeting, asked = Barrier(2, timeout=10), []
    plain = ModelConnector.containers

    def containers(self: ModelConnector) -> Sequence[Container]:
        asked.append(self.app.name)
        meeting.wait()
        return plain(self)

    monkeypatch.setattr(ModelConnector, "containers", containers)
    yield asked
    meeting.abort()


def test_both_apps_are_asked_side_by_side_and_only_once(world: World, both: list[str]) -> None:
    paces = Paces()
    ends = Ends(world.scope, None, paces)
    [wanted] = Desk(world.scope, world.epoch, "test", lambda: False).wanted()
    with ThreadPoolExecutor(2) as threads:
        pool = paces.pool(threads)
        first, *_ = ends.mapping(wanted.row.document, wanted.connections, pool)
        again, *_ = ends.mapping(wanted.row.document, wanted.connections, pool)
    ends.close()
    assert sorted(both) == ["left", "right"]
    assert [again.shape(side) for side in Side] == [first.shape(side) for side in Side]
