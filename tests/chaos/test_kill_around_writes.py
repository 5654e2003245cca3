"""The sync process is killed at each step before and after the writes: promises 1 to 6 hold on both sides."""

from __future__ import annotations

import pytest

from tests.chaos import story
from tests.chaos.death import PLANNING, SETTLING, survive
from tests.chaos.panel import wait_until
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
LATER = ["journal.committed:kill:2", "settle.committed:kill:2"]
"""When a page has been settled already."""


@pytest.mark.parametrize("fault", [f"{point}:kill" for point in PLANNING])
def test_a_death_before_anything_is_written_breaks_no_promise(stage: Stage, fault: str) -> None:
    survive(stage, fault)


@pytest.mark.parametrize("fault", [*(f"{point}:kill" for point in SETTLING), *LATER])
def test_a_death_when_all_is_written_breaks_no_promise(stage: Stage, fault: str) -> None:
    survive(stage, fault)


def test_a_dry_run_that_dies_is_done_again_and_nothing_is_written(stage: Stage) -> None:
    story.before(stage)
    stage.draft()
    written = stage.written()
    stage.panel.ask("POST", f"/integrations/{stage.panel.integration}/dry-run")
    wait_until(stage.start_sync("preview.page:kill:2").was_killed, "the dry run to die")
    stage.let_the_lease_run_out()
    stage.start_sync()
    wait_until(lambda: any(one["state"] == "succeeded" for one in stage.panel.runs("dry run")), "the next dry run")
    [done] = [one for one in stage.panel.runs("dry run") if one["state"] == "succeeded"]
    shown = stage.panel.ask("GET", f"/runs/{done['id']}/preview?limit=1000&action=create")["lines"]
    assert len({(one["side"], one["item_id"]) for one in shown}) == story.LEFT + story.RIGHT + 1
    assert stage.written() == written
