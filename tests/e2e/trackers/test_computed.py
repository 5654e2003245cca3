"""What a real Redmine works out for a parent from its subtasks is nobody's edit: it takes no typed value's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from server.domain.integration import Document
from server.domain.mapping import Direction
from server.domain.rules import LinkRules
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visits import answered
from tests.support.postgres import Server, make_cluster
from tests.support.testbeds import redmine, request_tracker

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]

HIGH, LOW = "100", "0"
NORMAL, URGENT = 2, 4


@dataclass(frozen=True, slots=True)
class Desk:
    """Both trackers, and the integration at work between them."""

    redmine: redmine.Redmine
    rt: request_tracker.RequestTracker
    node: Node

    def at_redmine(self, method: str, path: str, body: Any = None) -> Any:
        url, headers = self.redmine.url + path, self.redmine.headers("admin")
        return answered(requests.request(method, url, json=body, headers=headers, timeout=60))

    def at_rt(self, method: str, path: str, body: Any = None) -> Any:
        url, headers = self.rt.api + path, self.rt.headers("root")
        return answered(requests.request(method, url, json=body, headers=headers, timeout=60))

    def ticket(self, subject: str, **more: Any) -> str:
        """A person makes a ticket; its number."""
        ticket = {"Queue": self.rt.bare, "Subject": subject, "Content": subject, "ContentType": "text/plain", **more}
        return str(self.at_rt("POST", "/ticket", ticket)["id"])

    def issue(self, subject: str, **more: Any) -> str:
        """A person makes an issue; its number."""
        issue = {"project_id": self.redmine.project, "tracker_id": 1, "subject": subject, **more}
        return str(self.at_redmine("POST", "/issues.json", {"issue": issue})["issue"]["id"])

    def edit(self, number: str, **changed: Any) -> None:
        """A person changes an issue."""
        self.at_redmine("PUT", f"/issues/{number}.json", {"issue": changed})

    def issue_of(self, subject: str) -> Any:
        """The one issue of this subject."""
        found = self.at_redmine("GET", f"/issues.json?project_id={self.redmine.project}&status_id=*&limit=100")
        [one] = [each for each in found["issues"] if each["subject"] == subject]
        return one

    def ticket_of(self, subject: str) -> Any:
        """The one ticket of this subject."""
        found = self.at_rt("GET", f"/tickets?query=Queue={self.rt.bare}&fields=Subject,Priority,Due&per_page=100")
        [one] = [each for each in found["items"] if each["Subject"] == subject]
        return one

    def rest(self) -> None:
        """Wait until there is nothing to do any more."""
        self.node.wait_until_quiet()
        self.node.wait_until_quiet()

    def told(self, *, words: str) -> int:
        """How many lines of the history say so."""
        return self.node.count(f"events where detail::text like '%{words}%'")


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("computed")
    with (
        redmine.running(folder / "redmine") as one,
        request_tracker.running(folder / "rt") as two,
        Node(make_cluster(postgres_server), folder) as node,
    ):
        settings = {"url": one.url, "api_key": one.keys["sync"], "marker_field": "Remote ID"}
        tracker = Ending("redmine", settings, one.project, {})
        queue = Ending("request_tracker", {"url": two.url, "token": two.tokens["sync"]}, two.bare, {})

        def with_parents(document: Document) -> Document:
            return replace(document, links=LinkRules(parents=Direction.BOTH))

        node.configure(tracker, queue, with_parents, "Redmine and RT")
        node.start()
        yield Desk(one, two, node)


def test_what_a_subtask_of_ours_made_of_its_parent_overwrites_nothing(desk: Desk) -> None:
    above = desk.ticket("above", Priority=HIGH, Due="2026-12-24 12:00:00")
    desk.ticket("below", Priority=LOW, Due="2026-12-01 12:00:00", MemberOf=above)
    desk.rest()
    held = desk.issue_of("above")
    assert held["due_date"] == "2026-12-01", "Redmine works it out from the subtask"
    assert desk.issue_of("below")["parent"]["id"] == held["id"]
    typed = desk.ticket_of("above")
    assert (typed["Priority"], typed["Due"][:10]) in ((HIGH, "2026-12-24"), ("High", "2026-12-24"))


def test_what_people_make_of_a_parent_by_its_subtasks_is_seen_and_never_written_back(desk: Desk) -> None:
    above = desk.issue("parent", priority_id=NORMAL)
    below = desk.issue("child", priority_id=NORMAL, parent_issue_id=above)
    desk.rest()
    desk.edit(below, priority_id=URGENT, due_date="2026-12-10")
    desk.rest()
    seen = desk.ticket_of("parent")
    assert (seen["Priority"], seen["Due"][:10]) in ((HIGH, "2026-12-10"), ("High", "2026-12-10"))
    number = seen["id"]
    desk.at_rt("PUT", f"/ticket/{number}", {"Priority": LOW})
    desk.rest()
    assert desk.ticket_of("parent")["Priority"] in (LOW, "Low"), "a person typed it, and it stays there"
    assert desk.issue_of("parent")["priority"]["id"] == URGENT
    for text in ("one more word", "and another"):
        desk.at_rt("POST", f"/ticket/{number}/comment", {"Content": text, "ContentType": "text/plain"})
        desk.rest()
    journals = desk.at_redmine("GET", f"/issues/{above}.json?include=journals")["issue"]["journals"]
    assert not {one["name"] for each in journals for one in each["details"]} & {"priority_id", "due_date"}
    desk.edit(below, priority_id=NORMAL)
    desk.rest()
    assert desk.ticket_of("parent")["Priority"] in (LOW, "Low"), "what is worked out takes no typed value's place"
    before = desk.node.count("events"), desk.issue_of("parent")["updated_on"]
    desk.rest()
    assert (desk.node.count("events"), desk.issue_of("parent")["updated_on"]) == before
    assert desk.told(words="not taken") <= 1, "it is tried once, and then known"
