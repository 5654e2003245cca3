"""The connector to the fake app, as small as the protocol allows; it goes out the same way as the real ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from urllib.parse import urlencode

from server.connectors import paging
from server.connectors.base import (
    Account,
    Answer,
    Capabilities,
    Connector,
    Container,
    ItemType,
    Manifest,
    Outlet,
    Setting,
    SettingKind,
    Shape,
)
from server.connectors.confirming import confirming
from server.connectors.http import HttpOutlet
from server.connectors.paths import segment
from server.connectors.reading import reading, text
from server.connectors.seen import Seen
from server.connectors.stamps import version
from server.connectors.understood import understood
from server.domain.errors import Gone, Hidden, NotThatApp, Rejected
from server.domain.item import PARENT, Attachment, Comment, CommentDraft, Draft, FileDraft, Head, Item, Link, Page
from server.domain.lineage import Births, Newborn
from server.domain.syntax import Syntax
from server.domain.values import AppUser, FieldKind, FieldSpec, Option, TextFormat, Value

PAGE = 100
RELATES = "relates"

MANIFEST = Manifest(
    kind="fakeapp",
    title="Fake app",
    settings=(
        Setting("url", "Address", SettingKind.URL),
        Setting("token", "Token", SettingKind.SECRET),
        Setting("text_format", "Text format", SettingKind.CHOICE, False, "", "plain", tuple(TextFormat)),
        Setting("parallel", "Requests at once", SettingKind.TEXT, required=False, default="4"),
        Setting("marker_lag", "Lag of its search in seconds", SettingKind.TEXT, required=False, default="0"),
        Setting("reads_back", "It answers a creation with no more than an id", SettingKind.FLAG, required=False),
        Setting("heads_only", "Its lists give heads only", SettingKind.FLAG, required=False),
        Setting("time_zone", "Time zone of days", SettingKind.TEXT, required=False),
        Setting("patience", "Seconds that an answer may take", SettingKind.TEXT, required=False),
        Setting("container", "The one container that this account sees", SettingKind.TEXT, required=False),
    ),
    capabilities=Capabilities(
        overlap=timedelta(0),
        private_comments=True,
        edits_comments=True,
        deletes_comments=True,
        links=True,
        deletes_items=True,
        restricted_items=True,
    ),
    key=re.compile(r"[0-9]{1,12}"),
)

FIELDS = (
    FieldSpec("title", "Title", FieldKind.TEXT, required=True, title=True, max_length=200),
    FieldSpec("text", "Text", FieldKind.RICH_TEXT),
    FieldSpec("status", "Status", FieldKind.STATUS, options=(Option("open", "Open"), Option("closed", "Closed", True))),
    FieldSpec("labels", "Labels", FieldKind.LABELS),
    FieldSpec("assignee", "Assignee", FieldKind.USER),
    FieldSpec("private", "Private", FieldKind.FLAG, restricts=True),
)


@understood("Fake app")
class FakeConnector:
    """Our account at one fake app."""

    def __init__(self, settings: Mapping[str, str], outlet: Outlet) -> None:
        self.seen = Seen()
        self._outlet = outlet
        self._headers = {"Authorization": f"Bearer {settings['token']}"}
        self._reads_back = settings.get("reads_back") == "true"
        self._heads_only = settings.get("heads_only") == "true"
        self._container = settings.get("container") or "main"
        self._zone = settings.get("time_zone") or ""
        self._format = TextFormat(settings.get("text_format") or "plain")
        self._home = ""
        able = MANIFEST.capabilities
        lag = timedelta(seconds=float(settings.get("marker_lag") or 0))
        able = replace(able, parallel=int(settings.get("parallel") or 4), marker_lag=lag)
        self._manifest = replace(MANIFEST, capabilities=replace(able, overlap=max(lag, timedelta(seconds=1))))

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    @property
    def text_format(self) -> TextFormat:
        return self._format

    @property
    def server_time(self) -> datetime | None:
        return self._outlet.server_time

    def abilities(self, container: str) -> Capabilities:
        return self._manifest.capabilities if container else Capabilities()

    def syntax(self, container: str) -> Syntax:
        return Syntax() if container else Syntax(pictures=".+")

    def zone(self) -> str:
        return self._zone

    def check(self) -> Account:
        who = self._ask("GET", "/whoami", shape=_has("id")).json()
        assert isinstance(who, dict)
        return Account(AppUser(who["id"], who["name"]), "Fake app 1")

    def containers(self) -> tuple[Container, ...]:
        return (Container(self._container, self._container.title()),)

    def item_types(self, container: str) -> tuple[ItemType, ...]:
        return (ItemType("item", container and "Item"),)

    def fields(self, container: str, item_type: str) -> tuple[FieldSpec, ...]:
        return FIELDS if container and item_type == "item" else ()

    def users(self, container: str) -> tuple[AppUser, ...]:
        return (AppUser("p", "Pérson", "person", f"person@{container}.example"), AppUser("us", "Lockstep"))

    def changes(self, container: str, since: datetime | None) -> Iterator[Page]:
        def query(start: datetime | None, offset: int, limit: int) -> Sequence[Head]:
            asked = {"container": container, "offset": str(offset), "limit": str(limit)}
            if start is not None:
                asked["since"] = start.isoformat()
            if self._heads_only:
                asked["heads"] = "yes"
            found = self._ask("GET", "/items", params=asked, shape=_has("items")).json()
            assert isinstance(found, dict)
            if self._heads_only:
                return [self._head(one) for one in found["items"]]
            items = [self._item(one) for one in found["items"]]
            return [Head(one.id, one.updated_at, one.stamp, one) for one in items]

        return paging.walk(query, since, PAGE)

    def census(self, container: str) -> Iterator[tuple[str, ...]]:
        found = self._ask("GET", "/ids", params={"container": container}, shape=_is_list).json()
        assert isinstance(found, list)
        yield tuple(text(one) for one in found)

    def place(self, container: str) -> str:
        if not self._home:
            who = self._ask("GET", "/whoami", shape=_has("home")).json()
            assert isinstance(who, dict)
            self._home = str(who["home"])
        return f"fakeapp {self._home} {container}"

    def marks(self, container: str) -> bool:
        return bool(container)

    def births(self, container: str, after: str) -> Iterator[Births]:
        found: list[Any] = [None] * PAGE
        while len(found) == PAGE:
            asked = {"container": container, "after": after or "0", "limit": str(PAGE)}
            answer = self._ask("GET", "/births", params=asked, shape=_is_list).json()
            assert isinstance(answer, list)
            found, after = answer, str(answer[-1]["id"]) if answer else after
            yield Births(tuple(map(self._newborn, found)), after)

    @staticmethod
    def _newborn(raw: Any) -> Newborn:
        title, made_at = str(raw["fields"]["title"]), datetime.fromisoformat(raw["created"])
        return Newborn(
            text(raw["id"]), f"F-{raw['id']}", text(title), _perhaps(raw["marker"]), bool(raw["own"]), made_at
        )

    def holds(self, container: str, item_id: str) -> bool:
        return item_id in next(self.census(container))

    def fetch(self, item_id: str) -> Item:
        answer = self._ask("GET", f"/items/{segment(item_id)}", accept=(403, 404), shape=_has("id"))
        if answer.status == 403:
            raise Hidden(f"The fake app does not show item {item_id}.", status=403)
        if answer.status == 404:
            raise Gone(f"The fake app has no item {item_id}.")
        return self._item(answer.json())

    def find(self, draft: Draft, reserved_at: datetime) -> tuple[str, ...]:
        assert reserved_at.tzinfo is not None
        found = self._ask("GET", "/items", params={"marker": draft.marker}, shape=_is_list).json()
        assert isinstance(found, list)
        return tuple(text(one) for one in found)

    def create(self, draft: Draft) -> Item:
        given = {"container": draft.container, "fields": dict(draft.fields), "marker": draft.marker}
        made = self._ask("POST", "/items", shape=_has("id"), json=given).json()
        assert isinstance(made, dict)
        if not self._reads_back:
            return self._told(made)
        with confirming("a new item"):
            return self.fetch(made["id"])

    def way(self, item_id: str, changed: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - the protocol's
        return {}

    def update(self, item_id: str, changed: Mapping[str, Value]) -> Item:
        return self._told(self._ask("PATCH", f"/items/{segment(item_id)}", shape=_has("id"), json=dict(changed)).json())

    def delete(self, item_id: str) -> None:
        if self._do("DELETE", f"/items/{segment(item_id)}", accept=(404,)).status == 404:
            raise Gone(f"The fake app has no item {item_id}.")

    def add_comment(self, item_id: str, draft: CommentDraft) -> str:
        given = {"body": draft.body, "private": draft.private, "marker": draft.marker}
        return self._made(self._ask("POST", f"/items/{segment(item_id)}/comments", shape=_has("id"), json=given))

    def edit_comment(self, item_id: str, comment_id: str, body: str) -> None:
        self._do("PATCH", f"/items/{segment(item_id)}/comments/{segment(comment_id)}", json={"body": body})

    def delete_comment(self, item_id: str, comment_id: str) -> None:
        self._do("DELETE", f"/items/{segment(item_id)}/comments/{segment(comment_id)}")

    def add_attachment(self, item_id: str, draft: FileDraft, content: BinaryIO) -> str:
        path = f"/items/{segment(item_id)}/files?{urlencode({'name': draft.name, 'type': draft.content_type})}"
        return self._made(self._ask("POST", path, shape=_has("id"), data=content))

    def open_attachment(self, item_id: str, attachment_id: str) -> Iterable[bytes]:
        assert item_id
        return self._outlet.stream(f"/files/{segment(attachment_id)}", headers=self._headers)

    def delete_attachment(self, item_id: str, attachment_id: str) -> None:
        raise Rejected(f"{item_id}: the app keeps {attachment_id}; the manifest says so.")

    def link_kinds(self, container: str) -> tuple[str, ...]:
        return (PARENT, RELATES) if container else ()

    def add_link(self, item_id: str, kind: str, target: str) -> None:
        if kind == PARENT:
            self._do("PUT", f"/items/{segment(item_id)}/parent", json={"parent": target})
            return
        self._know(kind)
        self._do("POST", f"/items/{segment(item_id)}/links", json={"target": target})

    def remove_link(self, item_id: str, kind: str, target: str) -> None:
        if kind == PARENT:
            if self.fetch(item_id).parent == target:
                self._do("PUT", f"/items/{segment(item_id)}/parent", json={"parent": None})
            return
        self._know(kind)
        self._do("DELETE", f"/items/{segment(item_id)}/links", json={"target": target}, accept=(404,))

    @staticmethod
    def _know(kind: str) -> None:
        if kind != RELATES:
            raise Rejected(f"The app knows no link “{kind}”.")

    def close(self) -> None:
        self._outlet.close()

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        return self._outlet.request(method, path, headers=self._headers, **more)

    def _do(self, method: str, path: str, **more: Any) -> Answer:
        """A write that the app confirms with an empty object, and nothing else."""

        def nothing_more(body: object) -> None:
            if body != {}:
                raise NotThatApp("The fake app has said something else than that it has done it.")

        return self._ask(method, path, shape=nothing_more, **more)

    def _told(self, made: object) -> Item:
        with confirming("an item"), reading("an item that was written"):
            return self._item(made)

    @staticmethod
    def _made(answer: Answer) -> str:
        made = answer.json()
        assert isinstance(made, dict)
        return str(made["id"])

    def _head(self, raw: Any) -> Head:
        updated = datetime.fromisoformat(raw["updated"])
        return Head(text(raw["id"]), updated, self._stamp(raw["updated"]))

    def _stamp(self, updated: str) -> str:
        """The item's version; empty while its second is not over, unless the app tells fractions."""
        at, now = datetime.fromisoformat(updated), self._outlet.server_time
        return updated if at.microsecond else version(updated, at, now, timedelta(seconds=1))

    def _item(self, raw: Any) -> Item:
        updated = datetime.fromisoformat(raw["updated"])
        fields = {name: _value(one) for name, one in raw["fields"].items()}
        return Item(
            text(raw["id"]),
            f"F-{raw['id']}",
            f"{self._outlet.base_url}/items/{raw['id']}",
            text(raw["container"]),
            "item",
            updated,
            fields,
            self._stamp(raw["updated"]),
            tuple(_comment(one) for one in raw["comments"]),
            tuple(_file(one) for one in raw["files"]),
            tuple(Link(RELATES, text(one)) for one in raw["links"]),
            _perhaps(raw["parent"]),
            marker=_perhaps(raw["marker"]),
            created_at=datetime.fromisoformat(raw["created"]),
            own=bool(raw["own"]),
            restricted="private" if fields.get("private") else "",
        )


def _has(name: str) -> Shape:
    """The shape of an answer that is an object with such a member."""

    def look(body: object) -> None:
        if not isinstance(body, dict) or name not in body:
            raise NotThatApp(f"What answered is not the fake app: there is no “{name}”.")

    return look


def _is_list(body: object) -> None:
    if not isinstance(body, list):
        raise NotThatApp("What answered is not the fake app: there is no list.")


def _comment(raw: Mapping[str, Any]) -> Comment:
    at = datetime.fromisoformat(raw["at"])
    author = raw["author"]
    return Comment(
        text(raw["id"]), text(raw["body"]), text(author), "Pérson", at, raw["private"], raw["marker"], raw["own"]
    )


def _file(raw: Mapping[str, Any]) -> Attachment:
    at = datetime.fromisoformat(raw["at"])
    return Attachment(
        text(raw["id"]), text(raw["name"]), int(raw["size"]), text(raw["type"]), "Pérson", at, bool(raw["own"])
    )


def _value(said: object) -> Value:
    if isinstance(said, list):
        return tuple(text(one) for one in said)
    if said is None or isinstance(said, str | int | float | bool):
        return said
    raise TypeError(f"{said!r} is no value of a field")


def _perhaps(said: object) -> str | None:
    return None if said is None else text(said)


def open(settings: Mapping[str, str], outlet: Outlet) -> Connector:  # noqa: A001 - reads as connector.open
    """A connector from a connection's settings; one with ``patience`` goes out by an outlet that has no more."""
    if patience := settings.get("patience"):
        outlet.close()
        outlet = HttpOutlet(settings["url"], read_timeout=float(patience))
    return FakeConnector(settings, outlet)
