"""Redmine as people and administrators use it through its own interface; it must not use the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from tests.e2e.trackers.visits import Upload, answered, in_parallel
from tests.support.compare import Kept, Said, Stored, digest
from tests.support.testbeds.redmine import Redmine

_NAMES = {"title": "subject", "text": "description", "status": "status_id", "priority": "priority_id"}
BUG, FEATURE = 1, 2


class RedmineVisit:
    """The main project of a running Redmine."""

    name = "Redmine"
    markup = "textile"
    keeps_private = True
    at_once = 1

    def __init__(self, bed: Redmine) -> None:
        self._bed = bed
        users = self._call("admin", "GET", "/users.json?limit=100")["users"]
        self._logins = {int(one["id"]): str(one["login"]) for one in users}
        self.users = {login: str(number) for number, login in self._logins.items()}
        self._made = 0

    def create(self, person: str, title: str, text: str, values: Mapping[str, str]) -> str:
        """Bugs and features in turn."""
        self._made += 1
        body = self._body({"title": title, "text": text} | dict(values))
        body |= {"project_id": int(self._bed.project), "tracker_id": FEATURE if self._made % 5 == 0 else BUG}
        made = self._call(person, "POST", "/issues.json", {"issue": body})["issue"]
        if "status" in values:
            assert str(made["status"]["id"]) == values["status"]
        return str(made["id"])

    def edit(self, person: str, item: str, values: Mapping[str, str]) -> None:
        """One request; what did not take fails."""
        self._call(person, "PUT", f"/issues/{item}.json", {"issue": self._body(values)})
        if "status" in values:
            held = self._call(person, "GET", f"/issues/{item}.json")["issue"]
            assert str(held["status"]["id"]) == values["status"]

    def comment(self, person: str, item: str, text: str, *, private: bool = False) -> None:
        """A note."""
        note = {"notes": text, "private_notes": private}
        self._call(person, "PUT", f"/issues/{item}.json", {"issue": note})

    def attach(self, person: str, item: str, file: Upload, *, private: bool = False) -> None:
        """An upload, then the issue that takes it."""
        assert not private, "Redmine shows files to everybody who sees the issue."
        headers = self._bed.headers(person) | {"Content-Type": "application/octet-stream"}
        url = f"{self._bed.url}/uploads.json?filename={quote(file.name)}"
        token = answered(requests.post(url, data=file.content, headers=headers, timeout=120))["upload"]["token"]
        taken = {"token": token, "filename": file.name, "content_type": file.content_type}
        self._call(person, "PUT", f"/issues/{item}.json", {"issue": {"uploads": [taken]}})

    def count(self) -> int:
        """Redmine tells it with any list."""
        where = f"/issues.json?project_id={self._bed.project}&status_id=*&limit=1"
        return int(self._call("admin", "GET", where)["total_count"])

    def read(self) -> tuple[Stored, ...]:
        """As the administrator."""
        return in_parallel(self.at_once, self._stored, self._issues("admin"))

    def history(self, item: str) -> str:
        """The journals."""
        issue = self._call("admin", "GET", f"/issues/{item}.json?include=journals")["issue"]
        return json.dumps(issue, ensure_ascii=False)

    def seen_by_outsider(self) -> str:
        """As Bob, whose role shows no private notes."""
        return json.dumps(self._issues("bob"), ensure_ascii=False)

    def _issues(self, login: str) -> list[Any]:
        where, numbers = f"/issues.json?project_id={self._bed.project}&status_id=*&sort=id&limit=100", list[int]()
        while True:
            page = self._call(login, "GET", f"{where}&offset={len(numbers)}")
            numbers += [one["id"] for one in page["issues"]]
            if len(numbers) >= page["total_count"]:
                break
        whole = "include=journals,attachments"
        return [self._call(login, "GET", f"/issues/{number}.json?{whole}")["issue"] for number in numbers]

    def _stored(self, issue: Any) -> Stored:
        notes = [one for one in issue["journals"] if (one["notes"] or "").strip()]
        assignee = issue.get("assigned_to")
        return Stored(
            id=str(issue["id"]),
            title=issue["subject"],
            text=issue["description"] or "",
            status=str(issue["status"]["id"]),
            priority=str(issue["priority"]["id"]),
            assignee=self._logins[assignee["id"]] if assignee else "",
            comments=tuple(Said(self._logins[one["user"]["id"]], one["notes"], one["private_notes"]) for one in notes),
            files=tuple(self._kept(one) for one in issue["attachments"]),
            touched=digest(json.dumps(issue, sort_keys=True).encode()),
        )

    def _kept(self, file: Any) -> Kept:
        answer = requests.get(file["content_url"], headers=self._bed.headers("admin"), timeout=120)
        assert answer.ok, answer.text
        return Kept(file["filename"], file["filesize"], digest(answer.content))

    def _body(self, values: Mapping[str, str]) -> dict[str, Any]:
        body: dict[str, Any] = {_NAMES[name]: value for name, value in values.items() if name != "assignee"}
        if "assignee" in values:
            body["assigned_to_id"] = self.users[values["assignee"]] if values["assignee"] else ""
        return body

    def _call(self, login: str, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method, self._bed.url + path, json=body, headers=self._bed.headers(login), timeout=120
        )
        return answered(answer)
