"""Dry runs and their lines through the API; what the sync side would have written is planted."""

from __future__ import annotations

from uuid import uuid4

import pytest

from server.domain.integration import Document, SideSettings
from server.domain.item import Side
from server.domain.mapping import FieldMapping, TypeMapping
from server.domain.preview import Line
from server.services.scope import TenantScope
from server.store import connections, integrations, previews, requests, runs
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
NOWHERE = {"url": "http://127.0.0.1:1"}


@pytest.fixture
def scope(web: WebNode, admin: Browser) -> TenantScope:
    return web.node.cluster.scope(admin.tenant)


@pytest.fixture
def draft(scope: TenantScope) -> str:
    with scope.transaction() as tx:
        left = connections.add(tx, scope.cipher, "Help desk", "redmine", NOWHERE, {"api_key": "k"})
        right = connections.add(tx, scope.cipher, "Engineering", "redmine", NOWHERE, {"api_key": "k"})
        types = TypeMapping("bug", "issue", (FieldMapping("subject", "title"),))
        document = Document(SideSettings(left, "1"), SideSettings(right, "2"), (types,))
        return integrations.add(tx, "Both", document, "admin")


def audited(admin: Browser) -> list[str]:
    return [one["action"] for one in admin.get("/audit")["entries"]]


def test_a_dry_run_may_be_asked_for_while_the_integration_is_a_draft(
    draft: str, scope: TenantScope, admin: Browser
) -> None:
    asked = admin.post(f"/integrations/{draft}/dry-run")
    assert (asked["state"], asked["run_requested"]) == ("draft", True)
    admin.post(f"/integrations/{draft}/dry-run")
    with scope.reading() as tx:
        (one,) = requests.of_integration(tx, draft)
    assert (one.kind, one.by) == ("dry run", "admin")
    assert audited(admin)[:2] == ["dry run requested", "dry run requested"]
    admin.post(f"/integrations/{uuid4()}/dry-run", expect=404)


def test_the_lines_of_a_preview_come_in_pages_and_by_action(draft: str, scope: TenantScope, admin: Browser) -> None:
    with scope.transaction() as tx:
        run = runs.begin(tx, draft, "dry run")
        changed = Line(Side.RIGHT, "1", "update", "#1", "9", "R-9", "Title", "old", ("x", "y"))
        left_out = Line(Side.RIGHT, "2", "skip", "#2", reason="A rule.")
        previews.add(tx, run, [changed, changed, left_out])
        runs.finish(tx, run, "succeeded", "", {"updates": 2, "skipped": 1})
    assert admin.get(f"/runs/{run}")["counts"] == {"updates": 2, "skipped": 1}
    first = admin.get(f"/runs/{run}/preview?limit=2")
    assert [(one["before"], one["after"], one["twin_key"]) for one in first["lines"]] == [
        ("old", ["x", "y"], "R-9")
    ] * 2
    rest = admin.get(f"/runs/{run}/preview?after={first['next']}")
    assert [one["reason"] for one in rest["lines"]] == ["A rule."]
    assert admin.get(f"/runs/{run}/preview?after={rest['next']}") == {"lines": [], "next": rest["next"]}
    assert len(admin.get(f"/runs/{run}/preview?action=skip")["lines"]) == 1
    assert admin.request("GET", f"/runs/{uuid4()}/preview").status_code == 404


def test_the_limit_of_the_first_run_is_shown_and_lifted_on_record(
    draft: str, scope: TenantScope, admin: Browser
) -> None:
    with scope.transaction() as tx:
        integrations.set_cap(tx, draft, {"create": 3})
    assert admin.get(f"/integrations/{draft}")["cap"] == {"create": 3}
    assert admin.post(f"/integrations/{draft}/release")["cap"] is None
    assert audited(admin)[0] == "integration released"


def test_reconcile_is_previewed_unless_it_is_said_otherwise_and_then_only_while_it_runs(
    draft: str, scope: TenantScope, admin: Browser
) -> None:
    assert admin.post(f"/integrations/{draft}/reconcile", {"wins": "left"})["run_requested"]
    with scope.reading() as tx:
        (one,) = requests.of_integration(tx, draft)
    assert (one.kind, dict(one.argument)) == ("reconcile", {"wins": "left", "dry": True})
    assert "start it first" in admin.post(f"/integrations/{draft}/reconcile", {"dry": False}, expect=409)["detail"]
    with scope.transaction() as tx:
        integrations.start(tx, draft)
    admin.post(f"/integrations/{draft}/reconcile", {"dry": False, "wins": "right"})
    assert audited(admin)[:2] == ["reconcile requested", "preview requested"]
    admin.post(f"/integrations/{draft}/reconcile", {"wins": "nobody"}, expect=422)


def test_only_a_preview_may_be_of_a_document_that_is_not_saved_and_its_ends_stay(draft: str, admin: Browser) -> None:
    document = admin.get(f"/integrations/{draft}")["document"]
    swapped = {**document, "left": document["right"], "right": document["left"]}
    for body in ({"dry": False, "document": document}, {"dry": True, "document": swapped}):
        assert admin.post(f"/integrations/{draft}/reconcile", body, expect=422)["field"] == "document"


def test_a_match_is_asked_for_by_rules_and_a_join_by_a_match_that_came_through(
    draft: str, scope: TenantScope, admin: Browser
) -> None:
    rule = {"parts": [{"left": "subject", "right": "title", "how": "words"}]}
    assert admin.post(f"/integrations/{draft}/match", {}, expect=422)["field"] == "rules"
    assert admin.post(f"/integrations/{draft}/match", {"rules": {"rules": [rule]}})["run_requested"]
    with scope.transaction() as tx:
        (one,) = requests.of_integration(tx, draft)
        assert (one.kind, dict(one.argument)) == ("match", {"rules": {"rules": [rule]}})
        match, other = runs.begin(tx, draft, "match"), runs.begin(tx, draft, "dry run")
    for run in (match, other):
        admin.post(f"/integrations/{draft}/join", {"preview": run}, expect=409)
    with scope.transaction() as tx:
        runs.finish(tx, match, "succeeded", "", {"joins": 1})
    admin.post(f"/integrations/{draft}/join", {"preview": match, "wins": "latest"})
    with scope.reading() as tx:
        assert {"preview": match, "wins": "latest"} in [
            dict(one.argument) for one in requests.of_integration(tx, draft)
        ]
    assert audited(admin)[:2] == ["join requested", "match requested"]
    admin.post(f"/integrations/{draft}/join", {"preview": str(uuid4())}, expect=404)


def test_who_may_only_look_sees_a_preview_and_asks_for_none(draft: str, scope: TenantScope, viewer: Browser) -> None:
    with scope.transaction() as tx:
        run = runs.begin(tx, draft, "dry run")
    assert viewer.get(f"/runs/{run}/preview")["lines"] == []
    for route in ("dry-run", "release", "reconcile", "match", "join"):
        viewer.post(f"/integrations/{draft}/{route}", {}, expect=403)
