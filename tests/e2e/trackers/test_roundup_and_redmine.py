"""Roundup <-> Redmine: real trackers, a real database, the real sync process, killed twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.trackers.content import MEGABYTE
from tests.e2e.trackers.node import Ending
from tests.e2e.trackers.story import PairOfTrackers, Part, Promises
from tests.e2e.trackers.visit_redmine import RedmineVisit
from tests.e2e.trackers.visit_roundup import RoundupVisit
from tests.support.testbeds import redmine, roundup

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairOfTrackers]:
    with (
        roundup.running(tmp_path_factory.mktemp("roundup")) as left,
        redmine.running(tmp_path_factory.mktemp("redmine")) as right,
    ):
        yield PairOfTrackers(_roundup(left), _redmine(right), "status", "priority")


def _roundup(bed: roundup.Roundup) -> Part:
    visit = RoundupVisit(bed)
    login, password = bed.auth()
    settings = {"url": bed.url, "login": login, "password": password}
    return Part(
        visit,
        Ending("roundup", settings, bed.container, {one: visit.users[one] for one in ("alice", "bob")}),
        items=30,
        sizes=(1, 70_000, 10 * MEGABYTE),
        status="8",
        priority="1",
        usual="3",
        edits_text=False,  # a person's first message stays as they wrote it
    )


def _redmine(bed: redmine.Redmine) -> Part:
    visit = RedmineVisit(bed)
    settings = {"url": bed.url, "api_key": bed.keys["sync"], "marker_field": "Remote ID"}
    return Part(
        visit,
        Ending("redmine", settings, bed.project, {one: visit.users[one] for one in ("alice", "bob")}),
        items=30,
        sizes=(0, 1, 70_000, 10 * MEGABYTE),
        status="5",
        priority="3",
    )


class TestRoundupAndRedmine(Promises):
    """The promises of the story."""
