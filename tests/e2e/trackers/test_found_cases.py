"""Inputs on which the product once failed, as they came, between a real Request Tracker, Redmine and Roundup.

Each test is one input (E01 and so on): what stood on the one side, and what has to stand on the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from server.domain.integration import Document
from tests.contract.test_request_tracker_mail import BYTES, FORWARDED, PICTURE, said, several
from tests.e2e.trackers.node import Ending, Node
from tests.e2e.trackers.visits import answered
from tests.storm import record
from tests.support.postgres import Server, make_cluster
from tests.support.testbeds import redmine, request_tracker, roundup

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]

LONG_NAME = f"{'name' * 75}.txt"
LONG_TITLE = "R20 " + "ы" * 150
MAILS = {
    "E01": several("mixed", said("CUSTOMER ANSWER"), said("<p>DISCLAIMER</p>", "html")),
    "E03": several("mixed", said("TEXT BEFORE"), PICTURE, said("TEXT AFTER")),
    "E04": several("mixed", said("BODY"), f"Content-Type: application/octet-stream\n{BYTES}"),
    "E05": several("mixed", said("fwd"), FORWARDED),
    "E13": several(
        "related",
        said('<p>see <img src="cid:image001.png@01D0"></p>', "html"),
        f"Content-Type: image/png; name=image001.png\nContent-ID: <image001.png@01D0>\n{BYTES}",
    ),
}
NEW, LOCKED = 1, 3


@dataclass(slots=True)
class Beds:
    """The three trackers, and what people do there."""

    redmine: redmine.Redmine
    rt: request_tracker.RequestTracker
    roundup: roundup.Roundup
    names: dict[str, str] = field(default_factory=dict)
    """What the inputs are known by: case -> id on the side where it stood."""

    def at_redmine(self, method: str, path: str, body: Any = None, login: str = "admin") -> Any:
        headers = self.redmine.headers(login)
        return answered(requests.request(method, self.redmine.url + path, json=body, headers=headers, timeout=60))

    def at_rt(self, method: str, path: str, body: Any = None, login: str = "alice") -> Any:
        headers = self.rt.headers(login)
        return answered(requests.request(method, self.rt.api + path, json=body, headers=headers, timeout=60))

    def issue(self, subject: str, **more: Any) -> str:
        """A person makes an issue; its number."""
        issue = {"project_id": self.redmine.project, "tracker_id": 1, "subject": subject, **more}
        return str(self.at_redmine("POST", "/issues.json", {"issue": issue})["issue"]["id"])

    def ticket(self, subject: str, **more: Any) -> str:
        """A person makes a ticket; its number."""
        ticket = {"Queue": self.rt.bare, "Subject": subject, "Content": subject, "ContentType": "text/plain", **more}
        return str(self.at_rt("POST", "/ticket", ticket)["id"])

    def mail(self, subject: str, body: str) -> None:
        """A customer's mail."""
        mail = f"From: alice@example.test\nTo: rt@example.test\n{subject}MIME-Version: 1.0\n{body}"
        form = {"queue": "Bare", "action": "correspond", "SessionType": "REST", "message": mail.encode()}
        answer = requests.post(f"{self.rt.url}/REST/1.0/NoAuth/mail-gateway", data=form, timeout=60)
        assert answer.text.strip().startswith("ok"), answer.text

    def issues(self, project: str) -> list[Any]:
        """All issues of a project, whole."""
        found = self.at_redmine("GET", f"/issues.json?project_id={project}&status_id=*&limit=100")["issues"]
        whole = "include=journals,attachments"
        return [self.at_redmine("GET", f"/issues/{one['id']}.json?{whole}")["issue"] for one in found]

    def tickets(self) -> list[Any]:
        """All tickets of the queue."""
        path = f"/tickets?query=Queue={self.rt.bare}&fields=Subject,Status,Due&per_page=100"
        found: list[Any] = self.at_rt("GET", path, login="root")["items"]
        return found


@dataclass(frozen=True, slots=True)
class Stood:
    """How it stood in the end, and what is on record."""

    beds: Beds
    issues: list[Any]
    second: list[Any]
    tickets: list[Any]
    record: str
    held: str

    def issue(self, subject: str) -> Any:
        """The one issue whose subject begins so."""
        [found] = [one for one in self.issues if one["subject"].startswith(subject)]
        return found


@pytest.fixture(scope="module")
def beds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beds]:
    folder = tmp_path_factory.mktemp("cases")
    with (
        redmine.running(folder / "redmine") as one,
        request_tracker.running(folder / "rt") as two,
        roundup.running(folder / "roundup") as three,
    ):
        yield Beds(one, two, three)


@pytest.fixture(scope="module")
def stood(beds: Beds, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Stood:
    folder: Path = tmp_path_factory.mktemp("node")
    _before(beds)
    with Node(make_cluster(postgres_server), folder) as node:
        _configure(node, beds)
        node.start()
        node.wait_until_quiet()
        _after(beds)
        node.wait_until_quiet()
        node.wait_until_quiet()
        said_ = "\n".join(record.said(node, one) for one in node.integrations)
        held = "\n".join(node.held())
    found = beds.issues(beds.redmine.project)
    return Stood(beds, found, beds.issues(beds.redmine.second), beds.tickets(), said_, held)


def _configure(node: Node, beds: Beds) -> None:
    users = {str(one["login"]): str(one["id"]) for one in beds.at_redmine("GET", "/users.json")["users"]}
    people = ("alice", "bob")

    def redmine_at(project: str) -> Ending:
        settings = {"url": beds.redmine.url, "api_key": beds.redmine.keys["sync"], "marker_field": "Remote ID"}
        return Ending("redmine", settings, project, {one: users[one] for one in people if one in users})

    desk = {"url": beds.rt.url, "token": beds.rt.tokens["sync"]}
    login, password = beds.roundup.auth()
    tracker = {"url": beds.roundup.url, "login": login, "password": password}

    def as_suggested(document: Document) -> Document:
        return document

    rt = Ending("request_tracker", desk, beds.rt.bare, {one: one for one in people})
    node.configure(redmine_at(beds.redmine.project), rt, as_suggested, "Redmine and RT")
    roundup_ = Ending("roundup", tracker, beds.roundup.container, {})
    node.configure(roundup_, redmine_at(beds.redmine.second), as_suggested, "Roundup and Redmine")


def _before(beds: Beds) -> None:
    """What is there when the integrations start."""
    stranger = {"project_id": 3, "tracker_id": 1, "subject": "a stranger's issue"}
    beds.names["stranger"] = str(beds.at_redmine("POST", "/issues.json", {"issue": stranger})["issue"]["id"])
    users = {str(one["login"]): str(one["id"]) for one in beds.at_redmine("GET", "/users.json")["users"]}
    for name, body in MAILS.items():
        beds.mail(f"Subject: {name}\n", body)
    beds.mail("", said("E12 has no subject"))
    beds.at_rt("PUT", "/user/alice", {"Timezone": "Europe/Berlin"}, "root")
    beds.names["E08"] = beds.ticket("E08 due")
    beds.at_rt("PUT", f"/ticket/{beds.names['E08']}", {"Due": "2026-12-23 23:00:00"})
    beds.ticket("E09 locked", Owner="bob")
    beds.ticket("E11 overdue", Due="2020-05-04 12:00:00")
    beds.ticket("E15 numbers", Content=f"same as #{beds.names['stranger']}, @alice")
    beds.issue("E07 secret", is_private=True, description="E07 secret words")
    strict = next(one for one in beds.at_redmine("GET", "/trackers.json")["trackers"] if one["name"] == "Approval")
    beds.names["E06"] = beds.issue("E06 strict", tracker_id=strict["id"])
    beds.issue(LONG_TITLE)
    beds.at_redmine("PUT", f"/users/{users['bob']}.json", {"user": {"status": LOCKED}})
    auth, headers = beds.roundup.auth("alice"), beds.roundup.headers()
    url = f"{beds.roundup.url}/rest/data"
    form, sent = {"name": LONG_NAME, "type": "text/plain"}, {"content": (LONG_NAME, b"E21", "text/plain")}
    file = answered(requests.post(f"{url}/file", data=form, files=sent, auth=auth, headers=headers, timeout=60))
    issue = {"title": "E21 long name", "files": [file["data"]["id"]]}
    answered(requests.post(f"{url}/issue", json=issue, auth=auth, headers=headers, timeout=60))


def _after(beds: Beds) -> None:
    """What people do when both sides are in step."""
    number = next(str(one["id"]) for one in beds.tickets() if one["Subject"] == "E06 strict")
    beds.at_rt("PUT", f"/ticket/{number}", {"Status": "rejected"})


def names(issue: Any) -> list[str]:
    return [str(one["filename"]) for one in issue["attachments"]]


def test_e01_a_customers_answer_arrives_beside_a_disclaimer(stood: Stood) -> None:
    assert "CUSTOMER ANSWER" in stood.issue("E01")["description"]


def test_e03_both_texts_around_a_picture_arrive(stood: Stood) -> None:
    found = stood.issue("E03")
    assert re.search(r"TEXT BEFORE.*TEXT AFTER", found["description"], re.DOTALL)
    assert names(found) == ["IMG_1.png"]


def test_e04_a_part_without_a_name_is_a_file(stood: Stood) -> None:
    [name] = names(stood.issue("E04"))
    assert name.endswith(".bin")


def test_e05_a_forwarded_mail_arrives(stood: Stood) -> None:
    [file] = stood.issue("E05")["attachments"]
    headers = stood.beds.redmine.headers("admin")
    assert "inner body" in requests.get(file["content_url"], headers=headers, timeout=60).text


def test_e06_a_status_without_a_way_moves_nothing_and_is_told(stood: Stood) -> None:
    assert stood.issue("E06")["status"]["id"] == NEW
    [ticket] = [one for one in stood.tickets if one["Subject"] == "E06 strict"]
    assert ticket["Status"] == "rejected"
    assert f"#{stood.beds.names['E06']}" in stood.held


def test_e07_a_private_issue_stays_and_is_told_by_its_key(stood: Stood) -> None:
    assert not [one for one in stood.tickets if "E07" in one["Subject"]]
    secret = stood.issue("E07")
    assert f"#{secret['id']}" in stood.held
    assert "secret words" not in stood.record


def test_e08_a_due_day_is_the_day_of_who_set_it(stood: Stood) -> None:
    [ticket] = [one for one in stood.tickets if one["Subject"] == "E08 due"]
    assert ticket["Due"] == "2026-12-23T23:00:00Z", "RT keeps the moment at which the day begins in Berlin"
    assert stood.issue("E08")["due_date"] == "2026-12-24"


def test_e09_a_locked_assignee_is_left_out_and_told(stood: Stood) -> None:
    assert "assigned_to" not in stood.issue("E09")
    assert "Assignee" in stood.held + stood.record


def test_e11_an_overdue_ticket_begins_without_a_start(stood: Stood) -> None:
    found = stood.issue("E11")
    assert (found["due_date"], found["start_date"]) == ("2020-05-04", None)


def test_e12_a_mail_without_a_subject_has_words_for_one(stood: Stood) -> None:
    [found] = [one for one in stood.issues if "E12 has no subject" in (one["description"] or "")]
    assert found["subject"] == "(no subject)"


def test_e13_a_picture_in_a_mail_is_shown(stood: Stood) -> None:
    found = stood.issue("E13")
    assert "!image001.png!" in found["description"]
    assert names(found) == ["image001.png"]


def test_e15_a_number_links_to_no_stranger(stood: Stood) -> None:
    text, stranger = stood.issue("E15")["description"], stood.beds.names["stranger"]
    assert re.search(rf"(?<![!&\w])#{stranger}\b", text) is None, text
    assert re.search(r"(?<![!&\w;])@alice\b", text) is None, text


def test_e17_a_title_that_is_cut_is_told_with_what_the_app_keeps(stood: Stood) -> None:
    [ticket] = [one for one in stood.tickets if one["Subject"].startswith("R20")]
    assert len(ticket["Subject"].encode()) <= 200
    assert "200 bytes" in stood.record
    assert stood.issue("R20")["subject"] == LONG_TITLE, "what was cut never travels back"


def test_e21_a_long_file_name_is_shortened_with_its_ending(stood: Stood) -> None:
    [issue] = [one for one in stood.second if one["subject"] == "E21 long name"]
    [name] = names(issue)
    assert name.endswith(".txt")
    assert len(name) <= 255
    assert LONG_NAME[:20] == name[:20]
