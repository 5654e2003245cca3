"""A reply on a real Request Tracker opens a ticket, and the process is killed before that is put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from server.domain.integration import Document
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visits import answered
from tests.support.postgres import Server, make_cluster
from tests.support.proxy import Asked, Fault, Proxy, standing_before
from tests.support.testbeds import redmine, request_tracker

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]

CLOSED = 5
"""Redmine's status for what is done."""


@dataclass(slots=True)
class Ambush:
    """What happens, once, when Lockstep asks what its reply has moved: the reply is there, nothing is put back yet."""

    act: Callable[[], Fault] | None = None
    struck: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Fault:
        if self.act is None or asked.method != "GET" or "/transactions?" not in asked.path:
            return Fault.NONE
        act, self.act = self.act, None
        self.struck.append(asked.path)
        return act()


@dataclass(frozen=True, slots=True)
class Desk:
    """Both trackers, a proxy before Request Tracker, and the integration at work between them."""

    redmine: redmine.Redmine
    rt: request_tracker.RequestTracker
    node: Node
    ambush: Ambush

    def at_redmine(self, method: str, path: str, body: Any = None) -> Any:
        url, headers = self.redmine.url + path, self.redmine.headers("admin")
        return answered(requests.request(method, url, json=body, headers=headers, timeout=60))

    def at_rt(self, method: str, path: str, body: Any = None) -> Any:
        url, headers = self.rt.api + path, self.rt.headers("alice")
        return answered(requests.request(method, url, json=body, headers=headers, timeout=60))

    def done(self, subject: str) -> tuple[str, str]:
        """An issue and its ticket, both closed by a person: their numbers."""
        issue = {"project_id": self.redmine.project, "tracker_id": 1, "subject": subject}
        number = str(self.at_redmine("POST", "/issues.json", {"issue": issue})["issue"]["id"])
        self.node.wait_until_quiet()
        self.at_redmine("PUT", f"/issues/{number}.json", {"issue": {"status_id": CLOSED}})
        self.node.wait_until_quiet()
        found = self.node.ask("select right_id from pairs where left_id = %s", number)
        return number, str(found[0][0])

    def says(self, number: str, words: str) -> None:
        """A person says something about the issue, which becomes a reply on the ticket."""
        self.at_redmine("PUT", f"/issues/{number}.json", {"issue": {"notes": words}})

    def statuses(self, number: str, ticket: str) -> tuple[int, str]:
        """What both hold now."""
        issue = self.at_redmine("GET", f"/issues/{number}.json")["issue"]
        return int(issue["status"]["id"]), str(self.at_rt("GET", f"/ticket/{ticket}")["Status"])

    def replies(self, ticket: str) -> int:
        """How many replies are on the ticket."""
        history = self.at_rt("GET", f"/ticket/{ticket}/history?fields=Type&per_page=100")["items"]
        return sum(one["Type"] == "Correspond" for one in history)

    def told(self, words: str) -> int:
        """How many lines of the history say so."""
        return self.node.count(f"events where detail::text like '%{words}%'")


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("reopened")
    ambush = Ambush()
    with (
        redmine.running(folder / "redmine") as one,
        request_tracker.running(folder / "rt") as two,
        standing_before(two.url, ambush) as between,
        Node(make_cluster(postgres_server), folder) as node,
    ):
        configured(node, one, two, between)
        node.start()
        yield Desk(one, two, node, ambush)


def configured(node: Node, one: redmine.Redmine, two: request_tracker.RequestTracker, between: Proxy) -> None:
    """An integration of both, as it is suggested."""

    def as_suggested(document: Document) -> Document:
        return document

    settings = {"url": one.url, "api_key": one.keys["sync"], "marker_field": "Remote ID"}
    tracker = Ending("redmine", settings, one.project, {})
    queue = Ending("request_tracker", {"url": between.url, "token": two.tokens["sync"]}, two.queue, {})
    node.configure(tracker, queue, as_suggested, "Redmine and RT")


def test_a_death_between_the_reply_and_the_way_back_leaves_nothing_open(desk: Desk) -> None:
    number, ticket = desk.done("killed right after the reply")

    def die() -> Fault:
        desk.node.kill()
        return Fault.REFUSED

    desk.ambush.act = die
    desk.says(number, "it is done")
    desk.node.wait_until_dead()
    assert desk.statuses(number, ticket) == (CLOSED, "open"), "it was killed where it was to be"
    desk.node.start()
    desk.node.wait_until_quiet()
    assert desk.statuses(number, ticket) == (CLOSED, "resolved")
    assert desk.replies(ticket) == 1
    assert desk.told("the app had moved it by itself") == 1
    assert desk.told("worked out") == 0


def test_what_a_person_sets_in_that_moment_stays_and_travels(desk: Desk) -> None:
    number, ticket = desk.done("reopened by a person in that moment")

    def die() -> Fault:
        desk.at_rt("PUT", f"/ticket/{ticket}", {"Status": "stalled"})
        desk.at_rt("PUT", f"/ticket/{ticket}", {"Status": "open"})
        desk.node.kill()
        return Fault.REFUSED

    desk.ambush.act = die
    desk.says(number, "it is done")
    desk.node.wait_until_dead()
    desk.node.start()
    desk.node.wait_until_quiet()
    issue, status = desk.statuses(number, ticket)
    assert status == "open"
    assert issue != CLOSED, "the person's edit has travelled"
