"""Integrations, runs, items and holds through the API, over rows as the sync side writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping
from server.domain.operation import Conflict, Note
from server.domain.pair import AttachmentPair, CommentPair, Pair, PairState, Seen
from server.services.scope import TenantScope
from server.store import connections, events, holds, integrations, pairs, runs
from server.store.events import Event
from server.store.holds import Hold
from server.store.tenants import SyncState
from tests.support.postgres import TestCluster
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
NOWHERE = {"url": "http://127.0.0.1:1"}


@dataclass(frozen=True, slots=True)
class Planted:
    """What a sync process would have written."""

    scope: TenantScope
    integration: str
    run: str
    pairs: list[str]


@pytest.fixture
def planted(web: WebNode, admin: Browser) -> Planted:
    scope = web.node.cluster.scope(admin.tenant)
    with scope.transaction() as tx:
        left = connections.add(tx, scope.cipher, "Help desk", "redmine", NOWHERE, {"api_key": "k"})
        right = connections.add(tx, scope.cipher, "Engineering", "redmine", NOWHERE, {"api_key": "k"})
        types = TypeMapping("bug", "issue", (FieldMapping("subject", "title"), FieldMapping("labels", "tags")))
        document = Document(SideSettings(left, "1"), SideSettings(right, "2"), (types,))
        integration = integrations.add(tx, "Both", document, "admin")
        integrations.start(tx, integration)
        run = runs.begin(tx, integration, "now")
        made = [_pair(number) for number in range(1, 6)]
        pairs.reserve(tx, integration, made)
        pairs.save(tx, integration, made)
        first = made[0].id
        pairs.save_comments(tx, [(first, CommentPair(str(uuid4()), Side.LEFT, "c1", "c2", private=True))])
        file = AttachmentPair(str(uuid4()), Side.RIGHT, None, "f1", "Größe.png", 2048, note="too large")
        pairs.save_attachments(tx, [(first, file)])
        note = Note("set", Side.RIGHT, "Title", "old", "new")
        events.add(tx, integration, run, [Event("updated", "R-1 was updated", first, Side.RIGHT, "1", "#1", (note,))])
        events.add(tx, integration, run, [Event("created", f"line {n}") for n in range(4)])
        events.add_conflicts(tx, [(first, Conflict("subject", "title", "a", ("x", "y"), "held", "both changed"))])
        holds.put(tx, integration, [Hold(Side.LEFT, "2", "quarantine", "The app refused it.", "#2", words="422")])
        holds.put(tx, integration, [Hold(Side.LEFT, "9", "skipped", "A rule.", "#9")])
        runs.progress(tx, run, phase="left", done=3, total=5, counts={"created": 4, "updated": 1})
    return Planted(scope, integration, run, [one.id for one in made])


def _pair(number: int) -> Pair:
    snapshot = {"subject": f"Häßlich {number}", "labels": ("a", "b"), "other": None}
    left = Seen(str(number), f"#{number}", f"http://l/{number}", "bug", snapshot, "s")
    right = Seen(f"r{number}", f"R-{number}", f"http://r/{number}", "issue", {"title": f"Häßlich {number}"}, "s")
    return Pair(str(uuid4()), PairState.LINKED, Side.LEFT, left, right, f"Häßlich {number}")


def test_the_overview_says_how_things_stand(planted: Planted, admin: Browser) -> None:
    passed = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    planted.scope.say(SyncState("idle", "in step", "node1", passed, passed + timedelta(seconds=30)))
    planted.scope.say(SyncState("syncing", "", "node1"))
    overview = admin.get("/overview")
    assert overview["sync"]["state"] == "syncing"
    assert overview["sync"]["last_pass_at"] == "2026-01-02T03:04:05Z"
    assert overview["counts"] == {"connections": 2, "integrations": 1, "pairs": 5, "holds": 1, "conflicts": 1}
    (one,) = overview["integrations"]
    assert (one["pairs"], one["holds"], one["last_run"]["done"]) == (5, 1, 3)
    assert {each["name"] for each in overview["connections"]} == {"Help desk", "Engineering"}


def test_a_run_shows_its_progress_and_its_lines_as_they_come(planted: Planted, admin: Browser) -> None:
    (run,) = admin.get(f"/runs?integration={planted.integration}")
    assert (run["state"], run["done"], run["total"], run["integration_name"]) == ("running", 3, 5, "Both")
    with planted.scope.transaction() as tx:
        tx.execute(text("update runs set started_at = now() - interval '60 seconds'"))
    assert admin.get(f"/runs/{run['id']}")["pace"] == {"rate": 0.05, "seconds_left": pytest.approx(40, abs=2)}
    first = admin.get(f"/runs/{run['id']}/events?limit=3")
    rest = admin.get(f"/runs/{run['id']}/events?after={first['next']}")
    assert [len(first["events"]), len(rest["events"])] == [3, 2]
    assert admin.get(f"/runs/{run['id']}/events?after={rest['next']}") == {"events": [], "next": rest["next"]}
    assert first["events"][0]["detail"][0] == {
        "what": "set",
        "side": "right",
        "field": "Title",
        "before": "old",
        "after": "new",
        "reason": "",
    }


def test_a_run_is_cancelled_once_and_only_while_it_runs(planted: Planted, admin: Browser) -> None:
    assert admin.post(f"/runs/{planted.run}/cancel")["cancel_requested"]
    with planted.scope.transaction() as tx:
        runs.finish(tx, planted.run, "cancelled", "", {})
    assert "ended already" in admin.post(f"/runs/{planted.run}/cancel", expect=409)["detail"]
    admin.post(f"/runs/{uuid4()}/cancel", expect=404)


def test_ending_a_live_run_takes_its_integration_to_rest(planted: Planted, admin: Browser) -> None:
    admin.post(f"/integrations/{planted.integration}/run")
    admin.post(f"/runs/{planted.run}/cancel")
    rests = admin.get(f"/integrations/{planted.integration}")
    assert (rests["state"], rests["due_at"], rests["run_requested"]) == ("paused", None, False)
    told = [(one["action"], one["subject"]) for one in admin.get("/audit")["entries"]]
    assert told[:2] == [("integration paused", "Both"), ("run cancelled", "Both")]


@pytest.mark.parametrize("kind", ["dry run", "scan", "resync", "match", "undo", "retry"])
def test_ending_any_other_run_leaves_its_integration_running(planted: Planted, admin: Browser, kind: str) -> None:
    with planted.scope.transaction() as tx:
        other = runs.begin(tx, planted.integration, kind)
    assert admin.post(f"/runs/{other}/cancel")["cancel_requested"]
    assert admin.get(f"/integrations/{planted.integration}")["state"] == "running"


def test_items_come_in_pages_without_gap_or_repetition(planted: Planted, admin: Browser) -> None:
    seen, after = [], ""
    for _ in range(3):
        page = admin.get("/items", query_string={"limit": 2, "after": after, "integration": planted.integration})
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert after == ""
    assert sorted(seen) == sorted(planted.pairs)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "R-3"}, 1),
        ({"q": "häßLICH"}, 5),
        ({"q": "%"}, 0),
        ({"q": "_"}, 0),
        ({"state": "held"}, 1),
        ({"state": "ended"}, 0),
        ({"state": "linked"}, 5),
        ({"q": "#2", "state": "held"}, 1),
    ],
)
def test_items_are_found_by_key_title_and_state(
    planted: Planted, admin: Browser, query: dict[str, str], found: int
) -> None:
    assert planted.pairs
    assert len(admin.get("/items", query_string=query)["items"]) == found


def test_a_place_that_no_list_gave_is_refused(admin: Browser) -> None:
    for after in ("nonsense", "2026-01-01T00:00:00|x", "2026-01-01T00:00:00+00:00|x"):
        assert admin.request("GET", "/items", query_string={"after": after}).status_code == 422


def test_an_item_shows_both_sides_beside_each_other(planted: Planted, admin: Browser) -> None:
    item = admin.get(f"/items/{planted.pairs[0]}")
    assert [item["left"]["name"], item["right"]["name"]] == ["Help desk", "Engineering"]
    assert [(one["label"], one["shown"]) for one in item["left"]["fields"]] == [
        ("Subject", "Häßlich 1"),
        ("Labels", "a, b"),
        ("Other", ""),
    ]
    assert item["comments"][0]["private"]
    assert item["attachments"][0]["note"] == "too large"
    assert item["history"][0]["summary"] == "R-1 was updated"
    assert item["conflicts"][0]["right_value"] == ["x", "y"]
    assert admin.get(f"/items/{planted.pairs[1]}")["holds"][0]["reason"] == "The app refused it."
    assert admin.request("GET", f"/items/{uuid4()}").status_code == 404


def test_held_items_are_tried_again_by_hand(planted: Planted, admin: Browser) -> None:
    assert {one["item_key"]: one["kind"] for one in admin.get("/holds")} == {"#2": "quarantine", "#9": "skipped"}
    assert admin.post("/holds/retry", {"integration": planted.integration, "items": []}) == {"count": 0}
    assert admin.post("/holds/retry", {"integration": planted.integration}) == {"count": 1}
    one = {"side": "left", "item_id": "9"}
    assert admin.post("/holds/retry", {"integration": planted.integration, "items": [one]}) == {"count": 1}
    admin.post("/holds/retry", {"integration": str(uuid4())}, expect=404)


def test_pause_and_run_change_the_state_and_wake_the_sync_process(
    planted: Planted, admin: Browser, web: WebNode
) -> None:
    hub = web.node.cluster.hub()
    try:
        assert hub.wait(5.0) is None
        asked = admin.post(f"/integrations/{planted.integration}/run")
        assert asked["run_requested"]
        assert hub.wait(5.0) == frozenset({admin.tenant})
        assert admin.post(f"/integrations/{planted.integration}/scan")["run_requested"]
        assert admin.post(f"/integrations/{planted.integration}/release")["run_requested"]
        assert hub.wait(5.0) == frozenset({admin.tenant})
        paused = admin.post(f"/integrations/{planted.integration}/pause")
        assert (paused["state"], paused["due_at"], paused["run_requested"]) == ("paused", None, False)
        assert hub.wait(5.0) == frozenset({admin.tenant})
    finally:
        hub.close()
    assert "start it first" in admin.post(f"/integrations/{planted.integration}/run", expect=409)["detail"]


def test_an_integration_is_not_started_while_an_app_does_not_answer(planted: Planted, admin: Browser) -> None:
    admin.post(f"/integrations/{planted.integration}/pause")
    admin.post(f"/integrations/{planted.integration}/start", expect=502)
    assert admin.get(f"/integrations/{planted.integration}")["state"] == "paused"


def test_a_document_is_refused_with_the_field_that_is_wrong(planted: Planted, admin: Browser) -> None:
    document = admin.get(f"/integrations/{planted.integration}")["document"]
    wrongs: list[tuple[dict[str, object], str]] = [
        ({**document, "types": []}, "types"),
        ({**document, "right": document["left"]}, "right"),
        ({**document, "left": {"connection": str(uuid4()), "container": "1"}}, "left.connection"),
        ({**document, "creates": "sideways"}, "document.creates"),
    ]
    for wrong, field in wrongs:
        answer = admin.request("POST", "/integrations", {"name": "Wrong", "document": wrong})
        assert (answer.status_code, answer.json["field"]) == (422, field), answer.text  # type: ignore[index]
    assert len(admin.get("/integrations")) == 1


def test_ends_that_have_pairs_cannot_become_other_ends(planted: Planted, admin: Browser) -> None:
    document = admin.get(f"/integrations/{planted.integration}")["document"]
    swapped = {**document, "left": document["right"], "right": document["left"]}
    answer = admin.request("PUT", f"/integrations/{planted.integration}", {"name": "Both", "document": swapped})
    assert answer.status_code == 409


def test_a_deleted_integration_takes_its_pairs_and_history_along(planted: Planted, admin: Browser) -> None:
    assert admin.request("DELETE", f"/integrations/{planted.integration}").status_code == 200
    assert admin.get("/items")["items"] == []
    assert admin.get("/runs") == []


@pytest.mark.usefixtures("planted")
def test_the_people_table_is_replaced_as_a_whole(admin: Browser) -> None:
    connection = admin.get("/connections")[0]["id"]
    rows = [{"connection": connection, "app_user": str(number), "person": "Zoë"} for number in (1, 2)]
    assert admin.request("PUT", "/people", rows).json == rows
    assert admin.get("/people") == rows
    assert admin.request("PUT", "/people", rows * 2).status_code == 422
    stranger = [{"connection": str(uuid4()), "app_user": "1", "person": "Zoë"}]
    assert admin.request("PUT", "/people", stranger).status_code == 422
    assert admin.get("/people") == rows


def test_one_tenant_never_sees_anothers_rows(
    planted: Planted, admin: Browser, web: WebNode, cluster: TestCluster
) -> None:
    with psycopg.connect(cluster.server.dsn(cluster.settings.name)) as superuser:
        schema = sql.Identifier(f"t_{admin.tenant}")
        assert superuser.execute(sql.SQL("select count(*) from {}.pairs").format(schema)).fetchone() == (5,)
    name = f"n{admin.tenant}"
    cluster.create_tenant(name)
    with web.node.cluster.scope(name).reading() as tx:
        assert pairs.by_ids(tx, planted.integration, planted.pairs) == {}
