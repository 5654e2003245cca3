"""Redmine <-> Request Tracker: real trackers, a real database, the real sync process, killed twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.trackers.content import MEGABYTE
from tests.e2e.trackers.node import Ending
from tests.e2e.trackers.story import Outcome, PairOfTrackers, Part, Promises
from tests.e2e.trackers.visit_redmine import RedmineVisit
from tests.e2e.trackers.visit_request_tracker import RequestTrackerVisit
from tests.support.testbeds import redmine, request_tracker

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairOfTrackers]:
    folder = tmp_path_factory.mktemp("rt")
    (folder / "site.d").mkdir()
    # RT takes 10 MB as it comes, and less where its database wants base64.
    (folder / "site.d" / "larger.pm").write_text("Set($MaxAttachmentSize, 20_000_000);\n1;\n")
    with redmine.running(tmp_path_factory.mktemp("redmine")) as left, request_tracker.running(folder) as right:
        yield PairOfTrackers(_redmine(left), _request_tracker(right), "status", "priority")


def _redmine(bed: redmine.Redmine) -> Part:
    visit = RedmineVisit(bed)
    settings = {"url": bed.url, "api_key": bed.keys["sync"], "marker_field": "Remote ID"}
    return Part(
        visit,
        Ending("redmine", settings, bed.project, {login: visit.users[login] for login in ("alice", "bob")}),
        items=32,
        sizes=(0, 1, 70_000, 10 * MEGABYTE),
        status="5",
        priority="3",
        edits_text=False,  # RT cannot edit what a ticket began with: the description travels at creation only
    )


def _request_tracker(bed: request_tracker.RequestTracker) -> Part:
    visit = RequestTrackerVisit(bed)
    # As replies: a file that everybody sees in Redmine is then seen by the ticket's requestors too.
    settings = {"url": bed.url, "token": bed.tokens["sync"], "files_as": "reply"}
    return Part(
        visit,
        Ending("request_tracker", settings, bed.queue, visit.users),
        items=28,
        sizes=(1, 70_000, 2 * MEGABYTE),
        status="resolved",
        priority="100",
        edits_text=False,
        private_files=True,
    )


class TestRedmineAndRequestTracker(Promises):
    """The promises of the story."""

    def test_rich_text_stays_rich_both_ways(self, outcome: Outcome) -> None:
        assert len(outcome.pairs) > 60
        for textile, html in ((one.text, other.text) for one, other in outcome.pairs):
            marks = (
                "h2. Überschrift",
                "*fetter*",
                "_schräger_",
                '"Verweis":https://example.test/',
                "* zweiter",
                "<pre>",
            )
            assert [one for one in marks if one not in textile] == [], textile
            tags = (
                "<h2>Überschrift",
                ">fetter</strong>",
                ">schräger</em>",
                'href="https://example.test/',
                "<li>",
                "<pre>",
            )
            assert [one for one in tags if one not in html] == [], html
