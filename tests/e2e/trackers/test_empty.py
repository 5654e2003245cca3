"""Integrations that are made while both trackers are empty: nothing is refused later, and nothing is missing unsaid.

An empty container shows less than it holds. What it could not show then is carried all the same, or said by name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from server.services import access
from tests.e2e.trackers.node import Node
from tests.e2e.trackers.visits import answered
from tests.support.postgres import Server, make_cluster
from tests.support.testbeds import redmine, request_tracker, roundup
from tests.support.web import Browser, make_web_node

pytestmark = [pytest.mark.e2e, pytest.mark.trackers, pytest.mark.postgres]

BEGUN = 2
"""Redmine's “In Progress”."""
BY_ADMIN, BY_MEMBER, OWN_WAY = "an administrator's key", "a member's key", "a workflow of its own"


@dataclass(slots=True)
class Desk:
    """The three trackers, a person at the panel's API, and the integrations that they made while all was empty."""

    redmine: redmine.Redmine
    rt: request_tracker.RequestTracker
    roundup: roundup.Roundup
    node: Node
    browser: Browser
    made: dict[str, Any] = field(default_factory=dict)
    """As each was saved, by name."""

    def at_redmine(self, method: str, path: str, body: Any = None) -> Any:
        headers = self.redmine.headers("admin")
        return answered(requests.request(method, self.redmine.url + path, json=body, headers=headers, timeout=60))

    def at_rt(self, method: str, path: str, body: Any = None) -> Any:
        headers = self.rt.headers("root")
        return answered(requests.request(method, self.rt.api + path, json=body, headers=headers, timeout=60))

    def at_roundup(self, method: str, path: str, body: Any = None) -> Any:
        url, headers = f"{self.roundup.url}/rest/data{path}", self.roundup.headers()
        auth = self.roundup.auth("admin")
        return answered(requests.request(method, url, json=body, auth=auth, headers=headers, timeout=60))["data"]

    def connect(self, name: str, kind: str, **settings: str) -> str:
        """A connection, tested."""
        made = self.browser.post("/connections", {"name": name, "kind": kind, "settings": settings}, expect=201)
        assert self.browser.post(f"/connections/{made['id']}/test")["ok"]
        return str(made["id"])

    def suggest(self, left: tuple[str, str], right: tuple[str, str]) -> Any:
        """What the wizard offers."""
        ends = [{"connection": connection, "container": container} for connection, container in (left, right)]
        return self.browser.post("/integrations/suggest", {"left": ends[0], "right": ends[1]})["document"]

    def save(self, name: str, left: tuple[str, str], right: tuple[str, str]) -> None:
        """As the wizard does it: suggested, saved, a dry run asked for."""
        document = self.suggest(left, right)
        document["schedule"]["every_seconds"] = 5
        made = self.browser.post("/integrations", {"name": name, "document": document}, expect=201)
        self.browser.post(f"/integrations/{made['id']}/dry-run")
        self.made[name] = made

    def start(self, name: str) -> None:
        """And begun."""
        assert self.browser.post(f"/integrations/{self.made[name]['id']}/start")["state"] == "running"
        self.node.integrations.append(self.made[name]["id"])

    def now(self, name: str) -> Any:
        """How the integration stands."""
        return self.browser.get(f"/integrations/{self.made[name]['id']}")

    def dry_runs(self) -> list[str]:
        """How those that came to an end did."""
        return [str(one[0]) for one in self.node.ask("select state from runs where trigger = 'dry run'")]

    def why(self, key: str, name: str) -> str:
        """The sentence about the item of that key, in that integration."""
        found = self.browser.get(f"/explain?key={key}&live=true")
        [said] = [one for one in found["subjects"] if one["integration"] == name]
        return str(said["sentence"])

    def issue(self, project: str, subject: str, **more: Any) -> str:
        """A person makes an issue; its number."""
        issue = {"project_id": project, "tracker_id": 1, "subject": subject, "status_id": BEGUN, **more}
        return str(self.at_redmine("POST", "/issues.json", {"issue": issue})["issue"]["id"])

    def issues(self, project: str) -> dict[str, Any]:
        """All issues of a project, by subject."""
        found = self.at_redmine("GET", f"/issues.json?project_id={project}&subproject_id=!*&status_id=*&limit=100")
        return {str(one["subject"]): one for one in found["issues"]}

    def ticket(self, queue: str, subject: str, **more: Any) -> str:
        """A person makes a ticket; its number."""
        ticket = {"Queue": queue, "Subject": subject, "Content": subject, "ContentType": "text/plain", **more}
        return str(self.at_rt("POST", "/ticket", ticket)["id"])

    def tickets(self, queue: str) -> dict[str, Any]:
        """All tickets of a queue, by subject."""
        found = self.at_rt("GET", f"/tickets?query=Queue={queue}&fields=Subject,Status,Due,CustomFields&per_page=100")
        return {str(one["Subject"]): one for one in found["items"]}

    def in_roundup(self) -> dict[str, Any]:
        """All issues of Roundup, by title."""
        found = self.at_roundup("GET", "/issue?@fields=title,status,due,keyword&@verbose=2")
        return {str(one["title"]): one for one in found["collection"]}


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Three integrations made while all is empty; two are begun then, the third once there are items."""
    folder = tmp_path_factory.mktemp("empty")
    cluster = make_cluster(postgres_server)
    with (
        redmine.running(folder / "redmine") as one,
        request_tracker.running(folder / "rt") as two,
        roundup.running(folder / "roundup") as three,
        Node(cluster, tmp_path_factory.mktemp("node")) as node,
    ):
        web = make_web_node(cluster, tmp_path_factory.mktemp("web"))
        browser = web.browser(node.scope.name)
        token = access.make_entry_link(node.scope)
        assert browser.request("GET", f"/enter?token={token}", outside=True).status_code == 303
        browser.csrf = browser.get("/session")["csrf"]
        desk = Desk(one, two, three, node, browser)
        assert (desk.issues("1"), desk.tickets(two.queue), desk.in_roundup()) == ({}, {}, {}), "all is empty"
        keys = {"url": one.url, "marker_field": "Remote ID"}
        admin = desk.connect("Redmine A", "redmine", api_key=one.keys["admin"], **keys)
        member = desk.connect("Redmine M", "redmine", api_key=one.keys["sync"], **keys)
        login, password = three.auth()
        tracker = desk.connect("Roundup", "roundup", url=three.url, login=login, password=password)
        helpdesk = desk.connect("RT", "request_tracker", url=two.url, token=two.tokens["sync"])
        node.start()
        desk.save(BY_ADMIN, (admin, one.project), (tracker, three.container))
        desk.save(BY_MEMBER, (member, one.second), (helpdesk, two.queue))
        desk.save(OWN_WAY, (member, "3"), (helpdesk, two.approvals))
        node.wait_until(lambda: desk.dry_runs() == ["succeeded"] * 3)
        desk.start(BY_ADMIN)
        desk.start(BY_MEMBER)
        node.wait_until_quiet()
        yield desk
        web.node.cluster.close()


@pytest.fixture(scope="module")
def filled(desk: Desk) -> Desk:
    """People have made items on both sides of each, and all have arrived."""
    customs = {one["name"]: one["id"] for one in desk.at_redmine("GET", "/custom_fields.json")["custom_fields"]}
    more = {
        "due_date": "2031-02-03",
        "custom_fields": [
            {"id": customs["Severity"], "value": "High"},
            {"id": customs["Labels"], "value": ["API", "UI"]},
        ],
    }
    for project in ("1", "2", "3"):
        desk.issue(project, f"from Redmine {project}", **more)
    desk.at_roundup("POST", "/issue", {"title": "from Roundup", "status": "3", "due": "2031-04-05", "keyword": ["1"]})
    fields = {"Severity": "High", "Labels": ["API", "DB"]}
    desk.ticket(desk.rt.queue, "from RT", Status="open", Due="2031-04-05 00:00:00", CustomFields=fields)
    desk.ticket(desk.rt.approvals, "in review")
    number = desk.tickets(desk.rt.approvals)["in review"]["id"]
    desk.at_rt("PUT", f"/ticket/{number}", {"Status": "review"})
    desk.start(OWN_WAY)
    desk.node.wait_until_quiet()
    return desk


def customs(shown: Any) -> dict[str, Any]:
    """The custom fields of an issue or ticket by name."""
    several = shown.get("custom_fields") or shown.get("CustomFields") or ()
    return {str(one["name"]): one.get("value", one.get("values")) for one in several}


def test_nothing_is_refused_and_each_item_has_its_twin(filled: Desk) -> None:
    assert filled.node.held() == []
    assert {filled.now(name)["problem"] for name in filled.made} == {""}
    assert set(filled.in_roundup()) == set(filled.issues("1")) == {"from Redmine 1", "from Roundup"}
    assert set(filled.tickets(filled.rt.queue)) == set(filled.issues("2")) == {"from Redmine 2", "from RT"}
    assert set(filled.tickets(filled.rt.approvals)) == set(filled.issues("3")) == {"from Redmine 3", "in review"}


def test_what_an_empty_roundup_declares_travels(filled: Desk) -> None:
    carried = filled.in_roundup()["from Redmine 1"]
    assert carried["due"] == "2031-02-03.00:00:00"
    assert {one["name"] for one in carried["keyword"]} == {"API", "UI"}
    assert filled.issues("1")["from Roundup"]["due_date"] == "2031-04-05"


def test_both_sides_alike_are_never_told_as_changed(filled: Desk) -> None:
    said = filled.browser.get("/explain?key=issue1&live=true"), filled.browser.get("/explain?key=issue2&live=true")
    assert all("Changed on" not in one["sentence"] for one in said), said
    assert all(one["sentence"].startswith("In step") for one in said), said


def test_what_a_member_sees_only_with_items_is_said_by_name_and_travels_once_it_is_added(filled: Desk) -> None:
    told = filled.now(BY_MEMBER)["appeared"]
    assert "“Labels” of Redmine M and “Labels” of RT" in told
    document = filled.now(BY_MEMBER)["document"]
    now = filled.suggest(*(tuple(document[side].values()) for side in ("left", "right")))
    document["types"] = now["types"]
    where = f"/integrations/{filled.made[BY_MEMBER]['id']}"
    saved = filled.browser.request("PUT", where, {"name": BY_MEMBER, "document": document})
    assert saved.status_code == 200, saved.text
    filled.browser.post(f"{where}/reconcile", {"dry": False})
    filled.node.wait_until_quiet()
    assert set(customs(filled.tickets(filled.rt.queue)["from Redmine 2"])["Labels"]) == {"API", "UI"}
    assert set(customs(filled.issues("2")["from RT"])["Labels"]) == {"API", "DB"}
    assert "Labels" not in filled.now(BY_MEMBER)["appeared"]


def test_statuses_that_only_tickets_show_are_said_by_name_and_kept_when_the_tickets_are_gone(filled: Desk) -> None:
    assert "“review”" in filled.now(OWN_WAY)["appeared"]
    document = filled.now(OWN_WAY)["document"]
    now = filled.suggest(*(tuple(document[side].values()) for side in ("left", "right")))
    [status] = [one for one in now["types"][0]["fields"] if one["left"] == "status"]
    assert {one["right"] for one in status["values"]} >= {"draft", "review"}
    document["types"] = now["types"]
    where = f"/integrations/{filled.made[OWN_WAY]['id']}"
    assert filled.browser.request("PUT", where, {"name": OWN_WAY, "document": document}).status_code == 200
    filled.browser.post(f"{where}/pause")
    with closing(sqlite3.connect(filled.rt.folder / "rt.sqlite3", timeout=30)) as rows, rows:  # as by an administrator
        rows.execute("UPDATE Tickets SET Queue = ? WHERE Queue = ?", (filled.rt.bare, filled.rt.approvals))
    assert filled.tickets(filled.rt.approvals) == {}
    assert filled.browser.post(f"{where}/start")["state"] == "running"


def test_a_field_that_appears_later_is_said_once(filled: Desk) -> None:
    lines = filled.node.ask("select summary from events where summary like '%could travel%'")
    assert len(lines) == len(set(lines)) > 0
