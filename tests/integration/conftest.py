"""What tests of whole passes start from."""

from __future__ import annotations

import pytest

from server.services.sync import ends
from server.store import integrations
from server.store.connections import Connection
from tests.property.model import ModelConnector
from tests.property.world import Stage, World


@pytest.fixture
def world(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two model apps whose integration runs: a desk that opens a connection gets the model of its side."""
    made = stage.world()

    def open_model(_scope: object, row: Connection, *_more: object) -> ModelConnector:
        return ModelConnector(made.left if row.name == "left" else made.right)

    monkeypatch.setattr(ends, "open_connector", open_model)
    with made.scope.transaction() as tx:
        integrations.start(tx, made.integration)
    return made
