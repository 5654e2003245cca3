"""What the connector has learned of one Redmine's own configuration, each thing for a while; it must not write.

Nothing here is an issue's content, so a stale answer costs at most a refused write, which is read back anyway.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from server.connectors.base import Outlet
from server.connectors.paths import segment
from server.connectors.reading import named
from server.connectors.redmine.fields import kinds_of
from server.connectors.redmine.lasting import Lasting, customs_of, each_once
from server.connectors.redmine.read import Json, Reading, having, own_id, section
from server.connectors.redmine.rights import PRIVATE_NOTES
from server.connectors.seen import Seen
from server.domain.errors import CredentialsRefused, NotThatApp
from server.domain.values import AppUser, FieldKind

T = TypeVar("T")

_ASKED_AGAIN = 30.0
"""Seconds after which an issue is looked for again that would show what nobody has seen yet."""
_FOR_A_ROW = 5.0
"""Seconds for which a right is believed that lets something become public if it is gone."""
_KEPT_FOR = 600.0
"""Seconds for which roles, people and the workflow are taken as still the same."""
_PRIVATE_ISSUES = frozenset({"set_issues_private", "set_own_issues_private"})
_FORBIDDEN, _NOT_FOUND = 403, 404
_ACTIVE = 1


def app_user(user: Json) -> AppUser:
    """A user as Redmine shows them; login and e-mail only where it does."""
    name = f"{user.get('firstname', '')} {user.get('lastname', '')}".strip()
    active = user.get("status", _ACTIVE) == _ACTIVE  # told to administrators alone
    return AppUser(str(user["id"]), name, str(user.get("login") or ""), str(user.get("mail") or ""), active=active)


def _user_in(answer: object) -> Json:
    """The person of an answer. Raises ``NotThatApp`` where there is none."""
    user: Json = having("user", dict)(answer)
    if own_id(user) is None:
        raise NotThatApp("What answers tells of a user without a number. Check the address of the connection.")
    return user


def _after(project: str, tracker: str, status: str, *, ours: bool) -> str:
    """The name under which is kept what may follow a status."""
    return f"after {project} {tracker} {status}{' of ours' if ours else ''}"


class Learned:
    """Asks Redmine about itself and keeps the answers; shared by the threads of a page."""

    def __init__(self, outlet: Outlet, headers: Mapping[str, str], marker_wish: str, seen: Seen) -> None:
        self._outlet = outlet
        self._lasting = Lasting(seen)
        self._headers = headers
        self._marker_wish = marker_wish
        self._marker = marker_wish if marker_wish.isdigit() else None
        self._own: str | None = None
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}
        self._following: dict[str, tuple[float, frozenset[str]]] = {}
        """What was seen to follow a status, and until when that needs no other look; it is never forgotten."""

    def ask(self, path: str, name: str, params: Mapping[str, str] | None = None, kind: type = list) -> Any:
        """One GET; the part ``name`` of its answer. What has no such part, of that kind, is no answer of Redmine's."""
        part = having(name, kind)
        return part(self._outlet.request("GET", path, params=params, headers=self._headers, shape=part).json())

    def _keep(self, key: str, learn: Callable[[], T], lasts: float = _KEPT_FOR) -> T:
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
        if until > time.monotonic():
            known: T = value
            return known
        fresh = learn()
        with self._lock:
            self._kept[key] = (time.monotonic() + lasts, fresh)
        return fresh

    # Who we are

    def account(self, include: str = "memberships") -> Json:
        """Our own account, asked for anew; raises ``CredentialsRefused`` when the key is no good or another's."""
        answer = self._outlet.request(
            "GET",
            "/users/current.json",
            params={"include": include},
            headers=self._headers,
            accept=(_FORBIDDEN, _NOT_FOUND),
            shape=_user_in,
        )
        if answer.status == _NOT_FOUND:
            raise NotThatApp(
                f"{self._outlet.base_url} answers, but not as Redmine does. Check the address; if Redmine is served "
                "below a path, the path belongs to it."
            )
        if answer.status == _FORBIDDEN:
            raise CredentialsRefused(
                "Redmine does not let programs in. Switch “Enable REST web service” on (Administration, Settings, API)."
            )
        user = _user_in(answer.json())
        number = str(user["id"])
        with self._lock:
            known = self._own = self._own or number
        if known != number:
            raise CredentialsRefused("Redmine's API key belongs to another user now; enter the key again.")
        return user

    def prove(self) -> None:
        """Make sure that the last answer was for our account, not for a key that Redmine does not know."""
        self.account(include="")

    def own_user(self) -> str:
        """The number of our own account."""
        known = self._own
        return known if known is not None else str(self.account()["id"])

    def keeps_private(self, project: str) -> bool:
        """Whether Redmine keeps our private notes private in the project (without the right it makes them public).

        A note that went out public was read, and mailed, before it can be taken back: so this is asked anew right
        before one is posted, and believed for the few seconds that a row of them takes.
        """
        return self._keep(f"private {project}", lambda: self._keeps_private_now(project), _FOR_A_ROW)

    def _keeps_private_now(self, project: str) -> bool:
        roles = self._roles_in(self.account(), project)
        return roles is None or frozenset[str]().union(*map(self._ask_role, roles)) >= PRIVATE_NOTES

    def forget_private(self, project: str) -> None:
        """An answer has shown that it is otherwise: it is asked anew at once."""
        with self._lock:
            for key in (f"private {project}", f"allowed {project}"):
                self._kept.pop(key, None)

    def keeps_private_for(self, user: Json, project: str) -> bool:
        """The same for a user as ``account`` gives it."""
        allowed = self._allowed_for(user, project)
        return allowed is None or allowed >= PRIVATE_NOTES

    def restricts(self, project: str) -> bool:
        """Whether our account may make issues private in the project (without the right Redmine says nothing)."""
        allowed = self.allowed(project)
        return allowed is None or bool(allowed & _PRIVATE_ISSUES)

    def allowed(self, project: str) -> frozenset[str] | None:
        """What the roles of our account allow in the project, in Redmine's words; None: everything."""
        return self._keep(f"allowed {project}", lambda: self._allowed_for(self.account(), project))

    def _allowed_for(self, user: Json, project: str) -> frozenset[str] | None:
        roles = self._roles_in(user, project)
        return None if roles is None else frozenset[str]().union(*map(self._role, roles))

    @staticmethod
    def _roles_in(user: Json, project: str) -> tuple[str, ...] | None:
        """The numbers of the user's roles in the project; None: an administrator needs none."""
        if user.get("admin"):
            return None
        mine = (one for one in user.get("memberships", ()) if own_id(one.get("project")) == project)
        return tuple(str(role["id"]) for one in mine for role in one.get("roles", ()))

    def _role(self, number: str) -> frozenset[str]:
        return self._keep(f"role {number}", lambda: self._ask_role(number))

    def _ask_role(self, number: str) -> frozenset[str]:
        return frozenset(self.ask(f"/roles/{segment(number)}.json", "role", kind=dict).get("permissions", ()))

    # Where we are

    def place(self, container: str) -> str:
        """What tells the project from every other of any Redmine, by whatever address it is asked."""

        def learn() -> str:
            project = self.ask(f"/projects/{segment(container)}.json", "project", kind=dict)
            return f"redmine {project['id']} {project.get('created_on', '')}"

        return self._keep(f"place {container}", learn)

    # Custom fields

    def definitions(self) -> tuple[Json, ...]:
        """Definitions of custom fields; empty unless our account is an administrator."""

        def learn() -> tuple[Json, ...]:
            answer = self._outlet.request(
                "GET",
                "/custom_fields.json",
                headers=self._headers,
                accept=(_FORBIDDEN, _NOT_FOUND),
                shape=having("custom_fields", list),
            )
            if answer.status in (_FORBIDDEN, _NOT_FOUND):
                return ()
            found = named(section(answer.json(), "custom_fields"), "/custom_fields.json")
            return tuple(one for one in found if one.get("customized_type") == "issue")

        return self._keep("definitions", learn)

    def custom_names(self) -> Mapping[str, str]:
        """The fields of issues by the names of custom fields, as far as our account may know them."""

        def learn() -> Mapping[str, str]:
            known = self.definitions() or self.seen_customs("")
            return {str(one["name"]): f"cf_{one['id']}" for one in known}

        return self._keep("custom names", learn)

    def seen_customs(self, container: str, tracker: str | None = None) -> tuple[Json, ...]:
        """Custom fields as an issue of the project shows them, or last showed them; else those of any project.

        What an issue showed that is gone counts only for who is no administrator: all definitions say more.
        """
        wish = {"status_id": "*", "limit": "1"} | ({"tracker_id": tracker} if tracker else {})
        if container:
            shown = self._shown(wish | {"project_id": container, "subproject_id": "!*"})
            if shown is None and not self.definitions():
                shown = self._lasting.customs(container, tracker)
            if shown is not None:
                return shown
        shown = self._shown(wish) or ()
        return shown if self.definitions() else each_once(self._lasting.customs_anywhere(tracker), shown)

    def _shown(self, wish: Mapping[str, str]) -> tuple[Json, ...] | None:
        """The custom fields that the first of these issues shows; None where there is no issue."""
        for issue in self.ask("/issues.json", "issues", wish):
            if not isinstance(issue, dict):
                continue
            if not self._lasting.has_customs_of(issue):
                self.prove()  # the public may be shown fewer, and what is shown now is kept
            self.notice(issue)
            return tuple(customs_of(issue))
        return None

    def kinds(self) -> Mapping[str, FieldKind]:
        """The kinds of custom fields by number, as far as known."""
        return self._keep("kinds", lambda: kinds_of(self.definitions()))

    def notice(self, issue: Json) -> None:
        """Learn from an issue which custom fields there are, and the number of the correlation id's."""
        self._lasting.notice_customs(issue)
        self._notice_marker(customs_of(issue))

    def _notice_marker(self, customs: Iterable[Json]) -> None:
        if self._marker_unknown():
            for custom in customs:
                if custom["name"].strip().casefold() == self._marker_wish.casefold():
                    self._marker = str(custom["id"])

    def marker(self, container: str | None = None) -> str | None:
        """The number of the custom field for the correlation id; looks for it by name in ``container``."""
        self._notice_marker(self.definitions() if self._marker_unknown() else ())
        if container is not None and self._marker_unknown():
            self._notice_marker(self.seen_customs(container))
            # The issue that is there may be of a tracker without the field.
            self._notice_marker(() if self.definitions() else self._lasting.customs(container) or ())
        return self._marker

    def _marker_unknown(self) -> bool:
        return self._marker is None and bool(self._marker_wish)

    def marker_filters(self, number: str) -> bool:
        """Whether Redmine filters by that field: a value that nothing holds must find nothing."""

        def learn() -> bool:
            wish = {f"cf_{number}": f"lockstep-{uuid.uuid4()}", "status_id": "*", "limit": "1"}
            return int(self.ask("/issues.json", "total_count", wish, int)) == 0

        return self._keep(f"filters {number}", learn)

    # People and workflow

    def person(self, user: AppUser) -> AppUser:
        """A member with login and e-mail, where Redmine shows them to us."""

        def learn() -> AppUser:
            answer = self._outlet.request(
                "GET",
                f"/users/{segment(user.id)}.json",
                headers=self._headers,
                accept=(_FORBIDDEN, _NOT_FOUND),
                shape=_user_in,
            )
            if answer.status == _FORBIDDEN:
                return user
            if answer.status == _NOT_FOUND:
                return replace(user, active=False)  # so are members shown whose account is locked
            return app_user(_user_in(answer.json()))

        return self._keep(f"person {user.id}", learn, _ASKED_AGAIN)

    def status_names(self) -> Mapping[str, str]:
        """The names of all statuses by number."""
        return {str(one["id"]): str(one["name"]) for one in self._statuses()}

    def closed_statuses(self) -> frozenset[str]:
        """The statuses that end the work."""
        return frozenset(str(one["id"]) for one in self._statuses() if one.get("is_closed"))

    def _statuses(self) -> tuple[Json, ...]:
        return self._keep("statuses", lambda: tuple(self.ask("/issue_statuses.json", "issue_statuses")))

    def notice_following(self, issue: Json) -> frozenset[str] | None:
        """The statuses to which our account may take the issue now, remembered for others; None: Redmine says none.

        An issue that its subtasks or blockers keep open offers fewer than the workflow has, so nothing is forgotten.
        """
        if "allowed_statuses" not in issue:
            return None
        found = frozenset(str(one["id"]) for one in issue["allowed_statuses"])
        project, tracker, status = (own_id(issue.get(name)) or "" for name in ("project", "tracker", "status"))
        ours = own_id(issue.get("author")) == self.own_user()
        with self._lock:
            key = _after(project, tracker, status, ours=ours)
            until, known = self._following.get(key, (0.0, frozenset()))
            lasts = until > time.monotonic()
            self._following[key] = (until, known | found) if lasts else (time.monotonic() + _KEPT_FOR, found)
            self._lasting.notice_following(key, self._following[key][1])
        return found

    def following(self, project: str, tracker: str, status: str, *, ours: bool) -> frozenset[str]:
        """What may follow ``status``, told from an issue that has it or once had it; empty when none was ever seen.

        ``ours``: the issue in question was made by our account. What holds for anybody's issue holds for ours as well,
        but not the other way: a workflow may let an author do more.
        """
        keys = [_after(project, tracker, status, ours=one) for one in ((False, True) if ours else (False,))]
        with self._lock:
            known = [self._following[key] for key in keys if key in self._following]
        if not any(until > time.monotonic() for until, _ in known):  # what only lasts needs another look as well
            wish = {"project_id": project, "tracker_id": tracker, "status_id": status, "limit": "1"}
            wish |= {} if ours else {"author_id": "!me"}
            for issue in self._keep(f"seen {keys} {status}", lambda: self._one_of(wish), _ASKED_AGAIN):
                self.notice_following(issue)
        with self._lock:
            return frozenset().union(*(self._known_after(key) for key in keys))

    def _known_after(self, key: str) -> frozenset[str]:
        known = self._following.get(key)
        return known[1] if known is not None else self._lasting.following(key) or frozenset()

    def _one_of(self, wish: Mapping[str, str]) -> tuple[Json, ...]:
        """One issue of these with what may follow its status; none where there is none."""
        issues = self.ask("/issues.json", "issues", wish)
        path = f"/issues/{segment(str(issues[0]['id']))}.json" if issues else ""
        found = (self.ask(path, "issue", {"include": "allowed_statuses"}, dict),) if path else ()
        self.prove()
        return found

    def kept_open_by(self, issue: Json) -> str:
        """What keeps the issue from being closed, as a sentence; empty when nothing does that our account may see."""
        own = str(issue["id"])
        below = {"parent_id": f"~{own}", "status_id": "open", "limit": "1"}
        for one in self.ask("/issues.json", "issues", below):
            return f"its subtask #{one['id']} is open."
        closed = self.closed_statuses()
        for one in issue.get("relations", ()):
            if one.get("relation_type") == "blocks" and str(one["issue_to_id"]) == own:
                path = f"/issues/{segment(str(one['issue_id']))}.json"
                blocker = self.ask(path, "issue", kind=dict)
                if own_id(blocker.get("status")) not in closed:
                    return f"#{one['issue_id']} blocks it and is open."
        return ""

    def reading(self, now: datetime, latest: datetime | None = None) -> Reading:
        """All that is needed to read an issue."""
        return Reading(self._outlet.base_url, self.own_user(), self._marker, self.kinds(), now, latest)
