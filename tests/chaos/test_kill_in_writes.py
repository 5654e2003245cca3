"""The sync process is killed right before and right after each kind of write: promises 1 to 6 hold on both sides."""

from __future__ import annotations

import pytest

from tests.chaos.death import WRITES, survive
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage, item

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LATER = ["create.sent:kill:5", "comment.sent:kill:4"]
"""In the middle of a page, with other writes of it under way."""


@pytest.mark.parametrize("fault", [*(f"{point}:kill" for point in WRITES), *LATER])
def test_a_death_in_a_write_breaks_no_promise(stage: Stage, fault: str) -> None:
    survive(stage, fault)


@pytest.mark.parametrize("point", ["delete.sending", "delete.sent"])
def test_a_death_in_a_deletion_costs_one_twin_and_no_other(stage: Stage, point: str) -> None:
    gone, *_ = [item(stage.left, title) for title in ("gone", "kept", "kept as well")]
    sync = stage.start_sync(f"{point}:kill")
    stage.integrate({"deletions": {"on_left": "delete", "on_right": "delete"}})
    stage.rest(sync)
    stage.left.control("delete", id=gone)
    stage.panel.ask("POST", f"/integrations/{stage.panel.integration}/scan")
    wait_until(sync.was_killed, "the process to come to its fault")
    stage.let_the_lease_run_out()
    stage.rest(stage.start_sync())
    for app in (stage.left, stage.right):
        assert sorted(one["fields"]["title"] for one in app.items()) == ["kept", "kept as well"]
