"""What the connector has learned of one RT's own configuration, each thing for a while; it must not write.

Nothing here is a ticket's content, so a stale answer costs at most a refused write, which is read back anyway.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.connectors import audience
from server.connectors.base import Outlet
from server.connectors.moments import moment
from server.connectors.paths import segment
from server.connectors.reading import number, readable
from server.connectors.request_tracker.fields import DEFAULT_LIFECYCLE, DEFAULT_STATUSES, custom_field
from server.connectors.request_tracker.read import (
    DELETED,
    NOBODY,
    CustomField,
    Json,
    Reading,
    members_in,
    own_id,
    page_in,
    read_following,
    record_of,
)
from server.connectors.request_tracker.write import quoted, spoken
from server.connectors.seen import Seen
from server.domain.errors import PutRight
from server.domain.values import AppUser, Option, TextFormat

T = TypeVar("T")

API = "/REST/2.0"
_KEPT_FOR = 600.0
"""Seconds for which queues, fields and people are taken as still the same."""
_PAGE = 100
_NOT_FOUND = 404
_TOKEN = re.compile(r"^\d+-(\d+)-[0-9a-fA-F]+$")
_STATUSES = "rt statuses 1"
"""With the number of the form in which they are kept, and the name of their workflow."""
_CLOSED_BY_DEFAULT = "resolved, rejected"


def app_user(user: Json) -> AppUser:
    """A user as RT shows them; what a user field holds is their name within RT."""
    name = str(user.get("Name") or own_id(user))
    email, zone = (str(user.get(part) or "") for part in ("EmailAddress", "Timezone"))
    return AppUser(name, str(user.get("RealName") or name), name, email, zone)


class Learned:
    """Asks RT about itself and keeps the answers; shared by the threads of a page."""

    def __init__(self, outlet: Outlet, settings: Mapping[str, str], text_format: TextFormat, seen: Seen) -> None:
        token = settings["token"].strip()
        match = _TOKEN.match(token)
        if match is None:
            raise PutRight(
                "This is not an authentication token of Request Tracker; one looks like “1-27-0123456789abcdef…”. "
                "Make one under Logged in as, Settings, Auth Tokens.",
                field="token",
            )
        self._own_number = match.group(1)
        self._outlet = outlet
        self._seen = seen
        self._text_format = text_format
        self.headers = {"Authorization": f"token {token}"}
        self._restricting = audience.named(settings)
        self.marker_field = (settings.get("marker_field") or "").strip()
        closed = settings.get("closed_statuses") or _CLOSED_BY_DEFAULT
        self._closed = frozenset(one.strip().casefold() for one in closed.split(",") if one.strip())
        self._following: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    def _ask(self, shape: Callable[[Any], T], path: str, params: Iterable[tuple[str, str]] = ()) -> T:
        """One GET below the REST address; what ``shape`` finds in the answer's JSON."""
        answer = self._outlet.request("GET", API + path, params=list(params), headers=self.headers, shape=shape)
        return shape(answer.json())

    def page(self, path: str, params: Iterable[tuple[str, str]]) -> tuple[list[Any], int | None]:
        """One page of a list, and how many there are on all pages, where RT tells it."""
        return self._ask(page_in, path, params)

    def members(self, path: str, params: Iterable[tuple[str, str]]) -> list[Any]:
        """One page of a list."""
        return self._ask(members_in, path, params)

    def ask_record(self, path: str, proof: str) -> Json:
        """One record; ``proof`` is a part that every record of this sort has."""
        return self._ask(partial(record_of, name=proof), path)

    def listed(self, path: str, params: Iterable[tuple[str, str]] = ()) -> list[Json]:
        """All pages of a list. RT does not always tell how many there are; then an empty page is the end."""
        found: list[Json] = []
        page = 1
        while True:
            wish = [*params, ("per_page", str(_PAGE)), ("page", str(page))]
            items, total = self.page(path, wish)
            found.extend(items)
            if not items or (total is not None and page * _PAGE >= total):
                return found
            page += 1

    def _keep(self, key: str, learn: Callable[[], T]) -> T:
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
        if until > time.monotonic():
            known: T = value
            return known
        fresh = learn()
        with self._lock:
            self._kept[key] = (time.monotonic() + _KEPT_FOR, fresh)
        return fresh

    # Who we are, and who there is

    def account(self) -> AppUser:
        """Our own account: a token names its user's number."""
        return app_user(self._own_record())

    def _own_record(self) -> Json:
        return self._keep("account", lambda: self.ask_record(f"/user/{segment(self._own_number)}", "Name"))

    def _own_record_of_now(self) -> Json:
        fresh = self.ask_record(f"/user/{segment(self._own_number)}", "Name")
        with self._lock:
            self._kept["account"] = (time.monotonic() + _KEPT_FOR, fresh)
        return fresh

    def zone(self) -> tzinfo:
        """The time zone in which RT reads times from our account now: it counts for each query and write.

        Raises ``PutRight`` when it is not set at the account and the server's own, which RT does not tell, is not UTC.
        """
        name = str(self._own_record_of_now().get("Timezone") or "")
        if not name:
            self._keep("zone", self._require_utc)
            return UTC
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise PutRight(
                f"The syncing user's time zone “{name}” is not known here. Set it to UTC in Request Tracker (Logged in "
                "as, Settings, About me).",
            ) from error

    def _require_utc(self) -> None:
        """Look whether RT finds a ticket by the second of its last change."""
        newest = [("query", "id > 0"), ("fields", "LastUpdated"), ("per_page", "1")]
        newest += [("orderby", "LastUpdated"), ("order", "DESC")]
        for ticket in self.members("/tickets", newest):
            changed = moment(ticket["LastUpdated"])
            limits = (spoken(changed, UTC), spoken(changed + timedelta(seconds=1), UTC))
            query = f"id = {int(ticket['id'])} AND LastUpdated >= '{limits[0]}' AND LastUpdated < '{limits[1]}'"
            if self.members("/tickets", [("query", query)]):
                return
            now = moment(str(self.ask_record(f"/ticket/{segment(str(ticket['id']))}", "LastUpdated")["LastUpdated"]))
            if now == changed:  # it did not just change once more
                raise PutRight(
                    "Request Tracker reads times in a zone that it does not tell. Set the syncing user's time zone to "
                    "UTC there (Logged in as, Settings, About me)."
                )

    def people(self) -> tuple[AppUser, ...]:
        """All users that may be assigned as far as RT tells: it does not tell who may own tickets of a queue."""

        def learn() -> tuple[AppUser, ...]:
            wish = [("query", "[]"), ("fields", "Name,RealName,EmailAddress,Timezone")]
            found = readable(self.listed("/users", wish), app_user)
            return tuple(one for one in found if one.id not in (NOBODY, "RT_System"))

        return self._keep("people", learn)

    # Queues

    def queue(self, container: str) -> Json:
        """A queue's own record."""

        def learn() -> Json:
            path = f"{API}/queue/{segment(container)}"
            named = partial(record_of, name="Name")
            answer = self._outlet.request("GET", path, headers=self.headers, accept=(_NOT_FOUND,), shape=named)
            if answer.status == _NOT_FOUND:
                raise PutRight(
                    f"Request Tracker has no queue with the number {container} any more, or the syncing user may not "
                    "see it; choose another queue.",
                    field="container",
                )
            return named(answer.json())

        return self._keep(f"queue {container}", learn)

    def customs(self, container: str) -> Mapping[str, CustomField]:
        """The custom fields of the queue's tickets by number."""

        def learn() -> Mapping[str, CustomField]:
            listed = self.listed(f"/queue/{int(container)}/customfields", [("fields", "Name,Type,MaxValues,Disabled")])
            used = (one for one in readable(listed, self._custom) if one is not None)
            return {one.id: one for one in used}

        return self._keep(f"customs {container}", learn)

    def _custom(self, shown: Json) -> CustomField | None:
        """A custom field as a list shows it; None when it is not in use."""
        if str(shown.get("Disabled") or "0") != "0":
            return None
        chosen = shown.get("Type") == "Select"
        return custom_field(self.ask_record(f"/customfield/{number(shown['id'])}", "Name") if chosen else shown)

    def marker(self, container: str) -> CustomField | None:
        """The queue's custom field for the correlation id."""
        fields = self.customs(container).values()
        return next((one for one in fields if self.marker_field and one.name == self.marker_field), None)

    def statuses(self, container: str) -> tuple[Option, ...]:
        """The statuses of the queue's workflow. RT does not list a workflow; a new one is learned from its tickets."""

        def learn() -> tuple[Option, ...]:
            usual = str(self.queue(container).get("Lifecycle") or DEFAULT_LIFECYCLE) == DEFAULT_LIFECYCLE
            found = [] if usual else self._found_statuses(container)
            kept = self._kept_statuses(container, found)
            names = [*DEFAULT_STATUSES, *(one for one in kept if one not in DEFAULT_STATUSES)] if usual else kept
            return tuple(Option(one, one, one.casefold() in self._closed) for one in names)

        return self._keep(f"statuses {container}", learn)

    def _kept_statuses(self, container: str, found: list[str]) -> list[str]:
        """With those that tickets showed before: of a workflow of its own a queue without tickets shows nothing."""
        name = f"{_STATUSES} {self.queue(container).get('Lifecycle')}"
        kept = self._seen.lesson(name)
        before = [one for one in kept if isinstance(one, str)] if isinstance(kept, list) else []
        names = [*before, *(one for one in found if one not in before)]
        if names != before:
            self._seen.learn(name, names, of_fields=True)
        return names

    def _found_statuses(self, container: str) -> list[str]:
        known: dict[str, bool] = {}
        while True:
            others = "".join(f" AND Status != {quoted(one)}" for one, looked_at in known.items() if looked_at)
            wish = [("query", f"Queue = {int(container)}{others}"), ("fields", "Status"), ("per_page", "1")]
            tickets = self.members("/tickets", wish)
            if not tickets:
                return [one for one in known if one != DELETED]
            ticket = self.ask_record(f"/ticket/{segment(str(tickets[0]['id']))}", "Status")
            known[str(ticket["Status"])] = True
            known.update({one: known.get(one, False) for one in self.notice(ticket)})

    def notice(self, ticket: Json) -> frozenset[str]:
        """Learn from a ticket which statuses may follow its own; returns them."""
        following = read_following(ticket)
        if following:
            queue = own_id(ticket.get("Queue")) or ""
            with self._lock:
                self._following[f"{queue} {ticket['Status']}"] = following
                _, known = self._kept.get(f"statuses {queue}", (0.0, None))
            fresh = {str(ticket["Status"]), *following} - {DELETED} - {one.id for one in known or ()}
            if fresh and known is not None:
                self._kept_statuses(queue, sorted(fresh))
                with self._lock:
                    self._kept.pop(f"statuses {queue}", None)
        return following

    def following(self, container: str, status: str) -> frozenset[str]:
        """The statuses seen to follow ``status`` in the queue; empty when none was seen."""
        with self._lock:
            return self._following.get(f"{container} {status}", frozenset())

    def reading(self, container: str, now: datetime | None) -> Reading:
        """All that is needed to read a ticket of the queue."""
        return Reading(
            base_url=self._outlet.base_url,
            own_user=self.account().id,
            text_format=self._text_format,
            marker_field=self.marker_field,
            customs=self.customs(container),
            now=now,
            restricting=self._restricting,
        )


def json_search(*limits: Mapping[str, object]) -> tuple[str, str]:
    """RT's search in JSON as a parameter."""
    return "query", json.dumps(list(limits))
