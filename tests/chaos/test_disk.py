"""A disk is really full (a small one of its own), the database's or that of the sync process; nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import promises, story
from tests.chaos.death import backfilled
from tests.chaos.panel import wait_until
from tests.chaos.stage import House, Stage, id_of
from tests.support.disk import filled, small_disk
from tests.support.postgres import running_server

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def place() -> Iterator[Path]:
    with small_disk(160) as made:
        yield made


@pytest.fixture
def house(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_server(durable=True, place=place) as server, House(server, tmp_path_factory.mktemp("house")) as made:
        yield made


def test_a_full_disk_of_the_database_stops_the_work_with_a_sentence_and_loses_nothing(
    stage: Stage, place: Path
) -> None:
    story.before(stage)
    for app in (stage.left, stage.right):
        app.control("quirks", latency=0.1)
    sync = stage.start_sync()
    stage.integrate()
    wait_until(lambda: stage.right.counts()["items"] > story.RIGHT + 1, "the backfill to be under way")
    with filled(place):
        wait_until(lambda: "no room left" in sync.said(), "the sync process to say what is wrong")
        asked = stage.panel.answer("POST", f"/integrations/{stage.panel.integration}/run")
        assert (asked.status_code, "no room left" in asked.json()["detail"]) == (503, True)
        assert stage.panel.integrations()[0]["state"] == "running"
    assert "Traceback" not in sync.said()
    for app in (stage.left, stage.right):
        app.control("quirks", latency=0.0)
    wait_until(lambda: backfilled(stage), "the backfill to go on, nobody having asked for it")
    promises.check(stage, sync, story.meanwhile(stage))
    assert stage.house.web.alive()


def test_a_file_that_finds_no_room_on_our_own_disk_waits_and_holds_back_no_other(stage: Stage, tmp_path: Path) -> None:
    large = "a line of a large file\n" * 200_000
    story.before(stage)
    stage.left.control("file", id=id_of(stage.left, "L7 "), name="large.txt", text=large)
    with small_disk(2) as temporary:
        sync = stage.start_sync(TMPDIR=str(temporary))
        stage.integrate()
        wait_until(lambda: backfilled(stage), "the others to come through")
        wait_until(lambda: held(stage), "the item to be on record")
        assert "no room" in held(stage)
        sync.kill()
    stage.let_the_lease_run_out()
    promises.check(stage, stage.start_sync(TMPDIR=str(tmp_path)))
    [files] = [one["files"] for one in stage.right.items() if one["fields"]["title"].startswith("L7 ")]
    assert [one["size"] for one in files] == [len(large)]


def held(stage: Stage) -> str:
    """Why the item with the large file is held back."""
    return "".join(one["reason"] for one in stage.panel.holds() if one["due_at"])
