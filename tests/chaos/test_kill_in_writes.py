"""The sync process is killed right before and right after each kind of write: promises 1 to 6 hold on both sides."""

from __future__ import annotations

import pytest

from tests.chaos.death import WRITES, survive
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LATER = ["create.sent:kill:5", "comment.sent:kill:4"]
"""In the middle of a page, with other writes of it under way."""


@pytest.mark.parametrize("fault", [*(f"{point}:kill" for point in WRITES), *LATER])
def test_a_death_in_a_write_breaks_no_promise(stage: Stage, fault: str) -> None:
    survive(stage, fault)
