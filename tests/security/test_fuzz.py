"""A little of what ``make soak`` does for ten minutes each: hostile input at random against every part of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.fuzz.__main__ import PARTS
from tests.support.postgres import Server

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SECONDS = 8.0
SHORT = [part for part in PARTS if part != "sync"]
"""The hostile apps of the sync process need longer than that to begin; ``make soak`` plays them."""


@pytest.mark.parametrize("part", SHORT)
def test_each_part_lives_through_anything_and_others_are_served(
    part: str, postgres_server: Server, tmp_path: Path
) -> None:
    PARTS[part](SECONDS, 1, postgres_server, tmp_path)
