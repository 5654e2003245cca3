"""A real appliance through its real command line, in a folder of its own; nothing survives the test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An appliance that was never started, with free ports."""
    # Not below pytest's own folder: that one is closed to the account that PostgreSQL runs as.
    place = Path(tempfile.mkdtemp(prefix="lockstep-test-"))
    place.chmod(0o755)
    made = Installation(place / "var")
    try:
        yield made
    finally:
        made.end_all()
        shutil.rmtree(place, ignore_errors=True)
