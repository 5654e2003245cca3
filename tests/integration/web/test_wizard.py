"""What the wizard does, request by request, between two real Roundup trackers: a help desk and engineering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.testbeds import roundup
from tests.support.testbeds.roundup import Roundup
from tests.support.web import Browser

pytestmark = [pytest.mark.postgres, pytest.mark.trackers]


@pytest.fixture(scope="module")
def trackers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Roundup, Roundup]]:
    folder = tmp_path_factory.mktemp("trackers")
    with (
        roundup.running(folder / "desk", template="classic") as desk,
        roundup.running(folder / "engineering", template="devel") as engineering,
    ):
        yield desk, engineering


@pytest.fixture
def ends(admin: Browser, trackers: tuple[Roundup, Roundup]) -> dict[str, dict[str, str]]:
    ends = {}
    for side, name, bed in zip(("left", "right"), ("Help desk", "Engineering"), trackers, strict=True):
        login, password = bed.auth()
        settings = {"url": bed.url, "login": login, "password": password}
        verdict = admin.post("/connections/test", {"kind": "roundup", "settings": settings})
        assert verdict["ok"], verdict
        made = admin.post("/connections", {"name": name, "kind": "roundup", "settings": settings}, expect=201)
        assert admin.post(f"/connections/{made['id']}/test")["account"]
        containers = {one["id"] for one in admin.get(f"/connections/{made['id']}/containers")}
        assert bed.container in containers
        ends[side] = {"connection": made["id"], "container": bed.container}
    return ends


@pytest.fixture
def document(admin: Browser, ends: dict[str, dict[str, str]]) -> dict[str, Any]:
    suggested: dict[str, Any] = admin.post("/integrations/suggest", ends)["document"]
    return suggested


def test_a_wrong_password_is_said_exactly_and_nothing_is_saved(
    admin: Browser, trackers: tuple[Roundup, Roundup]
) -> None:
    settings = {"url": trackers[0].url, "login": "sync", "password": "wrong-planted"}
    verdict = admin.request("POST", "/connections/test", {"kind": "roundup", "settings": settings})
    assert not verdict.json["ok"]  # type: ignore[index]
    assert verdict.json["problem"]  # type: ignore[index]
    assert "wrong-planted" not in verdict.text
    assert admin.get("/connections") == []


def test_what_is_suggested_can_be_saved_and_started_as_it_is(admin: Browser, document: dict[str, Any]) -> None:
    (types,) = document["types"]
    paired = {rule["left"]: rule["right"] for rule in types["fields"]}
    assert paired["title"] == "title"
    assert "status" in paired
    assert "priority" in paired
    made = admin.post("/integrations", {"name": "Both", "document": document}, expect=201)
    assert (made["state"], made["document"]) == ("draft", document)
    started = admin.post(f"/integrations/{made['id']}/start")
    assert started["state"] == "running"
    assert started["due_at"] is not None


def test_a_mapping_that_names_a_field_that_is_gone_is_refused_and_nothing_is_lost(
    admin: Browser, document: dict[str, Any]
) -> None:
    made = admin.post("/integrations", {"name": "Both", "document": document}, expect=201)
    (types,) = document["types"]
    gone = {**types["fields"][0], "left": "no_such_field"}
    wrong = {**document, "types": [{**types, "fields": [gone, *types["fields"][1:]]}]}
    answer = admin.request("PUT", f"/integrations/{made['id']}", {"name": "Both", "document": wrong})
    assert answer.status_code == 422
    assert "“no_such_field”" in answer.json["detail"]  # type: ignore[index]
    assert "Help desk" in answer.json["detail"]  # type: ignore[index]
    assert answer.json["field"].endswith("no_such_field")  # type: ignore[index]
    assert admin.get(f"/integrations/{made['id']}")["document"] == document


def test_a_second_way_between_the_same_items_is_refused(admin: Browser, document: dict[str, Any]) -> None:
    admin.post("/integrations", {"name": "Both", "document": document}, expect=201)
    answer = admin.request("POST", "/integrations", {"name": "Again", "document": document})
    assert answer.status_code == 409
    assert "“Both”" in answer.json["detail"]  # type: ignore[index]
    assert [one["name"] for one in admin.get("/integrations")] == ["Both"]


def test_what_the_apps_have_is_shown_with_its_options(admin: Browser, ends: dict[str, dict[str, str]]) -> None:
    left = ends["left"]
    base = f"/connections/{left['connection']}"
    (kind,) = admin.get(f"{base}/types", query_string={"container": left["container"]})
    fields = admin.get(f"{base}/fields", query_string={"container": left["container"], "type": kind["id"]})
    status = next(one for one in fields if one["kind"] == "status")
    assert len(status["options"]) >= 3
    assert admin.get(f"{base}/users", query_string={"container": left["container"]})
    links = admin.get(f"{base}/links", query_string={"container": left["container"]})
    assert links
    assert "parent" not in links
    gone = admin.request("GET", f"{base}/links", query_string={"container": "gone"})
    assert (gone.status_code, gone.json["field"]) == (422, "container")  # type: ignore[index]
    gone = admin.request("GET", f"{base}/types", query_string={"container": "gone"})
    assert (gone.status_code, gone.json["field"]) == (422, "container")  # type: ignore[index]
    gone = admin.request("GET", f"{base}/fields", query_string={"container": left["container"], "type": "gone"})
    assert (gone.status_code, gone.json["field"]) == (422, "type")  # type: ignore[index]
