"""Nobody reads on the page *Why* what is not theirs: not of another container, not behind a filter, not as a viewer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from server.services.apps import Apps
from tests.security.test_paths import HOSTILE
from tests.support.fakeapp.joined import the_fake_app_known
from tests.support.fakeapp.running import Running, running
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres

PUBLIC, SECRET, CLOSED = "The printer is on fire", "Ms. Müller is leaving", "Wages of next year"
MISSING = "99999"


@dataclass(slots=True)
class Place:
    """Two apps, an integration of the one container of each, and items inside and outside of it."""

    left: Running
    right: Running
    admin: Browser
    integration: str
    document: dict[str, Any]
    public: str
    secret: str
    closed: str

    def save(self, **more: Any) -> None:
        self.document |= more
        path = f"/integrations/{self.integration}"
        answer = self.admin.request("PUT", path, {"name": "Both", "document": self.document})
        assert answer.status_code == 200, answer.text

    def asked(self) -> dict[str, int]:
        """Requests that reached both apps so far, by kind."""
        every: dict[str, int] = {}
        for app in (self.left, self.right):
            for kind, count in app.counts()["requests"].items():
                every[kind] = every.get(kind, 0) + count
        return every


@pytest.fixture(scope="module")
def apps() -> Iterator[tuple[Running, Running]]:
    with running() as left, running() as right, the_fake_app_known():
        yield left, right


@pytest.fixture
def place(apps: tuple[Running, Running], admin: Browser) -> Iterator[Place]:
    left, right = apps
    for app in apps:
        app.control("reset")
    made = [
        str(left.control("create", container=where, fields={"title": title, "text": title, "status": status})["id"])
        for where, title, status in (("main", PUBLIC, "open"), ("hr", SECRET, "open"), ("main", CLOSED, "closed"))
    ]
    ends = []
    for name, app in (("Desk", left), ("Lab", right)):
        given = {"name": name, "kind": "fakeapp", "settings": app.settings}
        ends.append(admin.post("/connections", given, expect=201)["id"])
    document = admin.post(
        "/integrations/suggest",
        {side: {"connection": end, "container": "main"} for side, end in zip(("left", "right"), ends, strict=True)},
    )["document"]
    document["scope"]["left"]["every"] = [{"field": "status", "operator": "is", "values": ["open"]}]
    integration = admin.post("/integrations", {"name": "Both", "document": document}, expect=201)["id"]
    yield Place(left, right, admin, integration, document, *made)
    assert admin.request("DELETE", f"/integrations/{integration}").status_code == 200
    for end in ends:
        assert admin.request("DELETE", f"/connections/{end}").status_code == 200


def why(browser: Browser, key: str) -> dict[str, Any]:
    answer = browser.request("GET", "/explain", query_string={"key": key})
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


def text(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False)


def test_on_a_draft_nothing_is_asked_that_is_not_in_its_container(place: Place) -> None:
    before = place.asked()
    told = why(place.admin, place.secret)
    assert told["subjects"] == []
    assert told["sentence"].startswith("Lockstep knows no such item. “Both” looks only at “main” of Desk")
    assert SECRET not in text(told)
    assert place.asked().get("GET items/…", 0) == before.get("GET items/…", 0)
    assert PUBLIC in text(why(place.admin, place.public))


def test_what_is_outside_is_told_to_administrators_with_the_reason_and_without_values(place: Place) -> None:
    place.admin.post(f"/integrations/{place.integration}/start")
    outside = why(place.admin, place.secret)
    assert "It is outside “main” of Desk" in outside["sentence"]
    filtered = why(place.admin, place.closed)
    assert "The filter leaves it out" in filtered["sentence"]
    for told, title in ((outside, SECRET), (filtered, CLOSED)):
        assert title not in text(told)
        assert [one["fields"] for one in told["subjects"][0]["now"]] == [[]]


def test_viewers_ask_the_store_and_are_told_so(place: Place, viewer: Browser) -> None:
    place.admin.post(f"/integrations/{place.integration}/start")
    before = place.asked()
    for key in (place.public, place.secret, place.closed, MISSING):
        told = why(viewer, key)
        assert told["subjects"] == []
        assert told["sentence"].startswith("Lockstep knows no such item. “Both” looks only at")
        assert told["sentence"].endswith("The apps themselves were not asked.")
        assert "no administrator has allowed it" in told["unasked"]
    assert place.asked() == before


def test_a_viewer_who_may_ask_reads_what_is_in_the_scope_and_nothing_else(place: Place, viewer: Browser) -> None:
    place.save(viewers_ask=True)
    for state in ("draft", "running"):
        if state == "running":
            place.admin.post(f"/integrations/{place.integration}/start")
        assert PUBLIC in text(why(viewer, place.public))
        missing = why(viewer, MISSING)
        for key in (place.secret, place.closed):
            begun = time.monotonic()
            told = why(viewer, key)
            assert told | {"key": ""} == missing | {"key": ""}
            assert time.monotonic() - begun > 0.5  # it is told when a whole second is over, as what is missing is
            assert SECRET not in text(told)
            assert CLOSED not in text(told)


@pytest.mark.parametrize("who", ["admin", "viewer"])
def test_a_key_that_is_no_id_of_the_app_is_not_sent_there(place: Place, viewer: Browser, who: str) -> None:
    place.save(viewers_ask=True)
    browser = viewer if who == "viewer" else place.admin
    before = place.asked()
    for key in ("../../users/1", "items/1", "1/comments", "%2e%2e/whoami", "1?x=2", *HOSTILE):
        if not key.strip() or len(key) > 2000 or "\0" in key or not key.isprintable() or key == "\ud800":
            continue
        assert why(browser, key)["subjects"] == []
    assert place.asked() == before


def test_what_things_are_called_is_kept_for_who_may_not_ask(place: Place, web: WebNode) -> None:
    scope = web.node.cluster.scope(place.admin.tenant)
    connection = place.document["left"]["connection"]
    before = place.asked()
    kept = Apps().silent().labels(scope, connection, "main", "item")
    assert [one.name for one in kept.fields if one.id == "status"] == ["Status"]
    assert {one.name for one in kept.users} == {"Pérson", "Lockstep"}
    assert Apps().silent().labels(scope, connection, "hr", "item").fields == ()
    assert place.asked() == before
