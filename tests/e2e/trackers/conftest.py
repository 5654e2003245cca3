"""The story of two trackers, told once a module."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.e2e.trackers.story")  # before it is imported

from tests.e2e.trackers.story import Outcome, PairOfTrackers, tell  # noqa: E402
from tests.support.postgres import Server, make_cluster  # noqa: E402


@pytest.fixture(scope="module")
def outcome(pair: PairOfTrackers, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """How both trackers stood at the end; ``pair`` is the module's own."""
    return tell(pair, make_cluster(postgres_server), tmp_path_factory.mktemp("node"))
