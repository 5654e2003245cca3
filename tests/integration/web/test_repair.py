"""Undo, resync and Why through the API; what the sync side would have written is planted."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest

from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping
from server.domain.operation import Operation, UpdateItem
from server.domain.pair import Pair, PairState, Seen
from server.services.scope import TenantScope
from server.store import connections, events, holds, integrations, journal, pairs, requests, runs
from server.store.events import Event
from server.store.holds import Hold
from server.store.requests import Request
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
NOWHERE = {"url": "http://127.0.0.1:1"}


@dataclass(frozen=True, slots=True)
class Planted:
    """What a sync process would have written."""

    scope: TenantScope
    integration: str
    run: str
    pair: str

    def asked(self) -> list[Request]:
        with self.scope.reading() as tx:
            return list(requests.of_integration(tx, self.integration))


@pytest.fixture
def planted(web: WebNode, admin: Browser) -> Planted:
    scope = web.node.cluster.scope(admin.tenant)
    with scope.transaction() as tx:
        left = connections.add(tx, scope.cipher, "Help desk", "redmine", NOWHERE, {"api_key": "k"})
        right = connections.add(tx, scope.cipher, "Engineering", "redmine", NOWHERE, {"api_key": "k"})
        types = TypeMapping("bug", "issue", (FieldMapping("subject", "title"),))
        integration = integrations.add(
            tx, "Both", Document(SideSettings(left, "1"), SideSettings(right, "2"), (types,)), "admin"
        )
        integrations.start(tx, integration)
        made = Pair(
            str(uuid4()),
            PairState.LINKED,
            Side.LEFT,
            Seen("1", "#1", f"{NOWHERE['url']}/issues/1", "bug", {"subject": "Häßlich"}, "s"),
            Seen("9", "#9", f"{NOWHERE['url']}/issues/9", "issue", {"title": "Häßlich"}, "s"),
            "Häßlich",
        )
        pairs.save(tx, integration, [made])
        run = runs.begin(tx, integration, "poll")
        step = Operation(str(uuid4()), made.id, 0, Side.RIGHT, UpdateItem({"title": "Häßlich"}, {"title": "old"}))
        journal.plan(tx, scope.cipher, run, [step])
        journal.finish(tx, [journal.Outcome(step.id, "done", after={"title": "Häßlich"})])
        events.add(tx, integration, run, [Event("updated", "R-9 was updated", made.id, Side.LEFT, "1", "#1")])
        runs.finish(tx, run, "succeeded", "", {"updated": 1})
        holds.put(tx, integration, [Hold(Side.LEFT, "7", "skipped", "Epics do not travel.", "#7")])
    return Planted(scope, integration, run, made.id)


def audited(admin: Browser) -> list[str]:
    return [one["action"] for one in admin.get("/audit")["entries"]]


def test_a_run_is_undone_or_shown_first_and_both_are_audited(planted: Planted, admin: Browser) -> None:
    admin.post(f"/runs/{planted.run}/undo", {})
    admin.post(f"/runs/{planted.run}/undo", {"dry": False, "pairs": [planted.pair]})
    preview, real = planted.asked()
    assert (preview.kind, dict(preview.argument)) == ("undo", {"run": planted.run, "dry": True})
    assert (real.kind, dict(real.argument)) == ("undo", {"run": planted.run, "pairs": [planted.pair]})
    assert audited(admin)[:2] == ["undo requested", "preview requested"]


def test_a_run_that_wrote_nothing_or_goes_on_cannot_be_undone(planted: Planted, admin: Browser) -> None:
    with planted.scope.transaction() as tx:
        run = runs.begin(tx, planted.integration, "poll")
    assert "still goes on" in admin.post(f"/runs/{run}/undo", {}, expect=409)["detail"]
    with planted.scope.transaction() as tx:
        runs.finish(tx, run, "succeeded", "", {})
    assert "nothing to undo" in admin.post(f"/runs/{run}/undo", {}, expect=409)["detail"]
    admin.post(f"/runs/{uuid4()}/undo", {}, expect=404)
    assert planted.asked() == []


def test_a_paused_integration_can_be_undone_but_not_resynced(planted: Planted, admin: Browser) -> None:
    admin.post(f"/integrations/{planted.integration}/pause")
    admin.post(f"/runs/{planted.run}/undo", {"dry": False})
    refused = admin.post(f"/integrations/{planted.integration}/resync", {"dry": False}, expect=409)
    assert "start it first" in refused["detail"]
    assert [one.kind for one in planted.asked()] == ["undo"]


def test_items_are_looked_at_again_one_many_or_all(planted: Planted, admin: Browser) -> None:
    at = f"/integrations/{planted.integration}/resync"
    admin.post(at, {"dry": False})
    one = {"side": "left", "item_id": "1"}
    admin.post(at, {"dry": False, "pairs": [planted.pair], "items": [one, one]})
    admin.post(at, {"dry": False, "hard": True, "side": "right", "pairs": [planted.pair]})
    admin.post(at, {"hard": True})
    assert [(each.kind, dict(each.argument)) for each in planted.asked()] == [
        ("resync", {}),
        ("resync", {"pairs": [planted.pair], "items": [one]}),
        ("hard resync", {"pairs": [planted.pair], "side": "right"}),
        ("hard resync", {"dry": True}),
    ]
    assert audited(admin)[:4] == ["preview requested", "hard resync requested", "resync requested", "resync requested"]
    assert admin.post(at, {"side": "left"}, expect=422)["field"] == "side"


def test_a_viewer_may_ask_why_and_change_nothing(planted: Planted, admin: Browser, viewer: Browser) -> None:
    viewer.post(f"/runs/{planted.run}/undo", {}, expect=403)
    viewer.post(f"/integrations/{planted.integration}/resync", {}, expect=403)
    assert planted.asked() == []
    told = viewer.get("/explain?key=%231&live=false")
    assert told["sentence"].startswith("In step since ")
    [subject] = told["subjects"]
    assert subject["pair"]["id"] == planted.pair
    assert [run["id"] for run in subject["runs"]] == [planted.run]
    assert [line["summary"] for line in subject["history"]] == ["R-9 was updated"]
    assert admin.get("/explain?key=%23999&live=false")["subjects"] == []


@pytest.mark.parametrize(
    "key", ["#9", "9", "http://127.0.0.1:1/issues/9", "http://127.0.0.1:1/issues/9?tab=history#note-3"]
)
def test_an_item_is_found_by_key_id_and_address(planted: Planted, viewer: Browser, key: str) -> None:
    told = viewer.request("GET", "/explain", query_string={"key": key, "live": "false"}).get_json()
    assert [one["pair"]["id"] for one in told["subjects"]] == [planted.pair]


def test_an_address_of_another_host_means_no_item_of_ours(planted: Planted, viewer: Browser) -> None:
    told = viewer.request(
        "GET", "/explain", query_string={"key": "http://elsewhere.test/issues/9", "live": "false"}
    ).get_json()
    assert told["subjects"] == []
    assert planted.pair not in str(told)


@pytest.mark.usefixtures("planted")
def test_an_app_out_of_reach_is_told_beside_what_is_known(admin: Browser) -> None:
    told = admin.get("/explain?key=%237")
    [subject] = told["subjects"]
    assert subject["sentence"] == "Left out by a rule: Epics do not travel."
    [now] = subject["now"]
    assert "127.0.0.1:1" in now["problem"]
    assert now["gone"] is False


@pytest.mark.usefixtures("planted")
def test_an_app_that_viewers_may_not_ask_is_told_as_that_beside_what_is_known(viewer: Browser) -> None:
    told = viewer.get("/explain?key=%237")
    [subject] = told["subjects"]
    assert subject["sentence"] == "Left out by a rule: Epics do not travel."
    assert subject["now"] == []
    assert "were not asked, because no administrator has allowed it" in told["unasked"]


def test_a_pair_outside_the_scope_is_shown(planted: Planted, admin: Browser) -> None:
    with planted.scope.transaction() as tx:
        [pair] = pairs.by_ids(tx, planted.integration, [planted.pair]).values()
        pairs.save(tx, planted.integration, [Pair(pair.id, PairState.OUTSIDE, pair.origin, pair.left, pair.right)])
    assert admin.get(f"/items/{planted.pair}")["state"] == "outside"
    assert [one["state"] for one in admin.get("/items?state=outside")["items"]] == ["outside"]


def test_a_run_says_what_was_asked_for(planted: Planted, admin: Browser) -> None:
    admin.post(f"/runs/{planted.run}/undo", {"dry": False})
    [request] = planted.asked()
    with planted.scope.transaction() as tx:
        run = runs.begin(tx, planted.integration, "undo")
        requests.begun(tx, request.id, run)
    assert admin.get(f"/runs/{run}")["argument"] == {"run": planted.run}
