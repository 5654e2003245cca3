"""What tests of the tenant's thread share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Two threads for the calls of a pass."""
    with ThreadPoolExecutor(2) as made:
        yield made
