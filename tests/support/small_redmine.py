"""What a small Redmine answers to a key that is no administrator's: for reads of its configuration and its issues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.webapp import WebApp

AT = "2026-01-01T00:00:00Z"
LABELS = {"id": 4, "name": "Labels", "multiple": True, "value": ["a"]}
REMOTE = {"id": 9, "name": "Remote ID", "value": ""}
BUG, TASK = "1", "2"
_STATUSES = [{"id": 1, "name": "New"}, {"id": 2, "name": "Begun"}, {"id": 3, "name": "Done"}]
_OF_A_PROJECT = {"trackers": [{"id": 1, "name": "Bug"}, {"id": 2, "name": "Task"}], "issue_categories": []}


def issue(number: int, project: int = 1, tracker: int = 1, **more: Any) -> dict[str, Any]:
    """An issue that shows two custom fields and what may follow its status."""
    return {
        "id": number,
        "project": {"id": project, "name": f"P{project}"},
        "tracker": {"id": tracker, "name": "Bug"},
        "status": _STATUSES[0],
        "author": {"id": 5, "name": "Sync"},
        "subject": "s",
        "description": "d",
        "custom_fields": [LABELS, REMOTE],
        "allowed_statuses": _STATUSES[:2],
        "created_on": AT,
        "updated_on": AT,
    } | more


class SmallRedmine(WebApp):
    """Two projects and whatever ``issues`` there are. ``admin``: all definitions of custom fields, for such a key.

    ``spoilt``: addresses that answer with JSON of another shape, so many times.
    """

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = []
        self.admin: list[dict[str, Any]] | None = None
        self.spoilt: dict[str, int] = {}

    def next_answer(self, _method: str, path: str) -> tuple[int, bytes, Mapping[str, str]]:
        where = urlsplit(path)
        if self.spoilt.get(where.path, 0) > 0:
            self.spoilt[where.path] -= 1
            return 200, b'{"ok": true}', {}
        asked = {name: values[0] for name, values in parse_qs(where.query).items()}
        found = self._found(where.path, asked)
        status = 404 if found is None else 403 if found == {} else 200
        return status, json.dumps(found).encode(), {}

    def _found(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any] | None:
        parts = path.removesuffix(".json").strip("/").split("/")
        match parts:
            case ["users", "current"]:
                roles = [{"project": {"id": one, "name": f"P{one}"}, "roles": [{"id": 1}]} for one in (1, 2)]
                return {"user": {"id": 5, "admin": self.admin is not None, "memberships": roles}}
            case ["users", number]:
                return {"user": {"id": int(number), "login": "x"}}
            case ["projects"]:
                return _counted("projects", [_project(1), _project(2)])
            case ["projects", number]:
                return {"project": _project(int(number)) | _OF_A_PROJECT}
            case ["projects", _, "memberships"]:
                return _counted("memberships", [{"user": {"id": 5, "name": "Sync"}}])
            case ["issues"]:
                return _counted("issues", [one for one in self.issues if _is_asked_for(one, asked)])
            case ["issues", number]:
                return next(({"issue": one} for one in self.issues if str(one["id"]) == number), None)
            case ["custom_fields"]:
                return {} if self.admin is None else {"custom_fields": self.admin}
        return _OTHERS.get(path)


def _project(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"P{number}", "status": 1, "created_on": AT}


def _counted(name: str, members: list[Any]) -> dict[str, Any]:
    return {name: members, "total_count": len(members)}


def _is_asked_for(one: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    names = {"project_id": "project", "tracker_id": "tracker"} | (
        {} if asked.get("status_id") == "*" else {"status_id": "status"}
    )
    return all(name not in asked or asked[name] == str(one[of]["id"]) for name, of in names.items())


_OTHERS: Mapping[str, Mapping[str, Any]] = {
    "/trackers.json": {"trackers": [{"id": 1, "name": "Bug"}, {"id": 2, "name": "Task"}]},
    "/issue_statuses.json": {"issue_statuses": _STATUSES},
    "/enumerations/issue_priorities.json": {"issue_priorities": [{"id": 3, "name": "High"}]},
    "/projects/1/versions.json": _counted("versions", []),
    "/projects/2/versions.json": _counted("versions", []),
    "/roles/1.json": {"role": {"permissions": ["view_issues"]}},
}
