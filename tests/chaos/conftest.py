"""A durable PostgreSQL, a cluster and its web process, which a module shares; a tenant with two apps for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.stage import House, Stage
from tests.support.postgres import running_server


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_server(durable=True) as server, House(server, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def stage(house: House, tmp_path: Path) -> Iterator[Stage]:
    with Stage(house, tmp_path) as made:
        yield made
