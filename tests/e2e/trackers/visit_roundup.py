"""Roundup as people and administrators use it through its own interface; it must not use the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from tests.e2e.trackers.visits import Upload, answered, in_parallel
from tests.support.compare import Kept, Said, Stored, digest
from tests.support.testbeds.roundup import Roundup

_NAMES = {"title": "title", "status": "status", "priority": "priority"}
_CHANGED_BETWEEN = 412
_ITS_OWN_FAULT = 500
"""Two who write at once can make Roundup fail on its own SQLite; they press again; nothing happens twice."""
_PATIENCE = 20
_DESCRIPTIONS = ("<item.", "<text.")
"""How the ids begin of the messages that the product keeps an item's description in."""


class RoundupVisit:
    """The issues of a running tracker of the classic template."""

    name = "Roundup"
    markup = "plain"
    keeps_private = False
    at_once = 2

    def __init__(self, bed: Roundup) -> None:
        self._bed = bed
        found = self._members("user", "username")
        self.users = {str(one["username"]): str(one["id"]) for one in found}

    def create(self, person: str, title: str, text: str, values: Mapping[str, str]) -> str:
        """An issue with its first message."""
        message = self._message(person, text)
        body = self._body({"title": title} | dict(values)) | {"messages": [message]}
        return f"issue{self._call(person, 'POST', '/issue', json=body)['id']}"

    def edit(self, person: str, item: str, values: Mapping[str, str]) -> None:
        """Anew when somebody else wrote in between."""
        self._change(person, item, self._body(values))

    def comment(self, person: str, item: str, text: str, *, private: bool = False) -> None:
        """A message."""
        assert not private, "Roundup knows no private messages."
        self._change(person, item, {"@op": "add", "messages": [self._message(person, text)]})

    def attach(self, person: str, item: str, file: Upload, *, private: bool = False) -> None:
        """A file."""
        assert not private, "Roundup knows no private files."
        form = {"name": file.name, "type": file.content_type}
        sent = {"content": (file.name, file.content, file.content_type)}
        made = self._call(person, "POST", "/file", data=form, files=sent)["id"]
        self._change(person, item, {"@op": "add", "files": [made]})

    def count(self) -> int:
        """All in one answer."""
        return len(self._members("issue", "title"))

    def read(self) -> tuple[Stored, ...]:
        """As the administrator."""
        said = {str(one["id"]): one for one in self._members("msg", "author,content,messageid", verbose=3)}
        fields = "title,status,priority,assignedto,messages,files,activity"
        return in_parallel(self.at_once, lambda one: self._stored(one, said), self._members("issue", fields))

    def history(self, item: str) -> str:
        """The item as it is, and when and by whom it was last touched: REST tells no more."""
        number = item.removeprefix("issue")
        return str(self._call("admin", "GET", f"/issue/{number}"))

    def seen_by_outsider(self) -> str:
        """Everything that was ever said, for here everybody sees it."""
        return "\n".join(str(one["content"]) for one in self._members("msg", "content", verbose=3))

    def _stored(self, issue: Any, said: Mapping[str, Any]) -> Stored:
        messages = [said[number] for number in sorted((str(one["id"]) for one in issue["messages"]), key=int)]
        carried = [one for one in messages if str(one["messageid"] or "").startswith(_DESCRIPTIONS)]
        described = carried[-1] if carried else messages[0]
        return Stored(
            id=f"issue{issue['id']}",
            title=issue["title"],
            text=described["content"] or "",
            status=_linked(issue["status"], "id"),
            priority=_linked(issue["priority"], "id"),
            assignee=_linked(issue["assignedto"], "username"),
            comments=tuple(
                Said(_linked(one["author"], "username"), one["content"] or "")
                for one in messages
                if one is not described and one is not messages[0]
            ),
            files=tuple(self._kept(str(one["id"]), str(one["name"])) for one in issue["files"]),
            touched=str(issue["activity"]),
        )

    def _kept(self, number: str, name: str) -> Kept:
        url = f"{self._bed.url}/rest/data/file/{number}/binary_content"
        answer = requests.get(
            url, auth=self._bed.auth("admin"), headers=self._headers() | {"Accept": "*/*"}, timeout=120
        )
        assert answer.ok, answer.text
        return Kept(name, len(answer.content), digest(answer.content))

    def _message(self, person: str, text: str) -> str:
        body = {"content": text, "author": self.users[person], "date": "."}
        return str(self._call(person, "POST", "/msg", json=body)["id"])

    def _change(self, person: str, item: str, body: Mapping[str, Any]) -> None:
        path = f"/issue/{item.removeprefix('issue')}"
        verb = "PATCH" if "@op" in body else "PUT"
        auth, url = self._bed.auth(person), f"{self._bed.url}/rest/data{path}"
        for patience in range(_PATIENCE, -1, -1):
            seen = requests.get(url, auth=auth, headers=self._headers(), timeout=120)
            if seen.status_code >= _ITS_OWN_FAULT and patience:
                continue
            answered(seen)
            headers = self._headers() | {"If-Match": seen.headers["ETag"]}
            answer = requests.request(verb, url, json=body, auth=auth, headers=headers, timeout=120)
            if patience and (answer.status_code == _CHANGED_BETWEEN or answer.status_code >= _ITS_OWN_FAULT):
                continue
            answered(answer)
            return

    def _body(self, values: Mapping[str, str]) -> dict[str, Any]:
        body: dict[str, Any] = {_NAMES[name]: value for name, value in values.items() if name in _NAMES}
        if "assignee" in values:
            body["assignedto"] = self.users[values["assignee"]] if values["assignee"] else ""
        assert "text" not in values, "A person's first message stays as they wrote it."
        return body

    def _members(self, name: str, fields: str, verbose: int = 2) -> list[Any]:
        wish = {"@fields": fields, "@verbose": str(verbose), "@page_size": "100000"}
        found: list[Any] = self._call("admin", "GET", f"/{name}", params=wish)["collection"]
        return sorted(found, key=lambda one: int(one["id"]))

    def _headers(self) -> dict[str, str]:
        return self._bed.headers()

    def _call(self, login: str, method: str, path: str, **more: Any) -> Any:
        url, auth = f"{self._bed.url}/rest/data{path}", self._bed.auth(login)
        answer = requests.request(method, url, auth=auth, headers=self._headers(), timeout=120, **more)
        return answered(answer)["data"]


def _linked(value: Any, key: str) -> str:
    return str(value[key]) if value else ""
