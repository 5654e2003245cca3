"""A real appliance through its real command line, in a folder of its own; nothing survives the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installation import Installation, new_installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An appliance that was never started, with free ports."""
    with new_installation() as made:
        yield made
