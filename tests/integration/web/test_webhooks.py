"""The public address of a connection: who may use it, what is kept, and what is given up when too much comes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from server.connectors import registry
from server.connectors.hints import named_items
from server.domain.errors import NotAllowed
from server.domain.integration import Document, SideSettings
from server.domain.schedule import Schedule
from server.services import webhooks
from server.store import inbox, integrations
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
SIGNED = "x-signature"


@dataclass(slots=True)
class Hook:
    """A connection with a webhook, and two integrations that use it (one of them on the right side)."""

    web: WebNode
    admin: Browser
    tenant: str
    connection: str
    url: str
    ids: list[str]

    def tell(self, body: object = None, url: str | None = None, **headers: str) -> TestResponse:
        """What the app sends: nobody who is signed in."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = (url or self.url).partition("localhost")[2]
        client = self.web.app.test_client()
        return client.post(path, data=raw, headers=headers, base_url=self.admin.base, content_type="application/json")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.web.node.cluster.scope(self.tenant).transaction() as tx:
            found = tx.execute(text(query))
            return [tuple(row) for row in found] if found.returns_rows else []

    def inbox(self) -> list[tuple[object, ...]]:
        return self.rows("select integration_id::text, side, item_id from inbox order by 1, 2, 3")

    def shown(self) -> dict[str, object]:
        found: dict[str, object] = self.admin.get(f"/connections/{self.connection}/webhook")
        return found


@pytest.fixture
def hook(web: WebNode, admin: Browser, tenant: str) -> Hook:
    ends = [
        admin.post(
            "/connections",
            {"name": name, "kind": "redmine", "settings": {"url": f"http://127.0.0.1:{port}", "api_key": "k"}},
            expect=201,
        )["id"]
        for port, name in enumerate(("one", "two"), 1)
    ]
    left, right = SideSettings(ends[0], "a"), SideSettings(ends[1], "b")
    with web.node.cluster.scope(tenant).transaction() as tx:
        ids = [
            integrations.add(tx, "on the left", Document(left, right, ()), "test"),
            integrations.add(tx, "on the right", Document(right, left, ()), "test"),
            integrations.add(tx, "at rest", Document(left, right, ()), "test"),
            integrations.add(tx, "deaf", Document(left, right, (), schedule=Schedule(webhooks=False)), "test"),
        ]
        for running in (*ids[:2], ids[3]):
            integrations.start(tx, running)
    made = admin.post(f"/connections/{ends[0]}/webhook", expect=201)
    return Hook(web, admin, tenant, ends[0], made["url"], ids[:2])


def test_what_is_told_is_kept_for_every_integration_that_runs_and_wants_to_be_told(hook: Hook) -> None:
    assert hook.url.startswith(f"{hook.admin.base}/api/v1/hooks/")
    assert hook.tell({"items": ["12", 13]}).status_code == 202
    left, right = hook.ids
    expected = [(left, "left", "12"), (left, "left", "13"), (right, "right", "12"), (right, "right", "13")]
    assert hook.inbox() == sorted(expected)
    assert hook.shown() | {"created_at": "", "heard_at": ""} == {
        "active": True,
        "created_at": "",
        "heard_at": "",
        "received": 1,
        "dropped": 0,
        "waiting": 4,
    }


@pytest.mark.parametrize("body", [{}, {"changed": "something"}, [1], b"", {"items": []}, {"items": [{"id": 1}]}])
def test_a_delivery_that_names_nothing_means_a_look_at_the_feed(hook: Hook, body: object) -> None:
    assert hook.tell(body).status_code == 202
    assert {item_id for _, _, item_id in hook.inbox()} == {""}


def test_redmines_plugin_names_its_issue(hook: Hook) -> None:
    assert hook.tell({"payload": {"action": "updated", "issue": {"id": 191, "subject": "It rang"}}}).status_code == 202
    assert {item_id for _, _, item_id in hook.inbox()} == {"191"}


def test_the_same_delivery_twice_and_ten_about_one_item_are_one_hint(hook: Hook) -> None:
    for _ in range(10):
        hook.tell({"items": ["12"]}, **{"X-Delivery": "7"})
    assert len(hook.inbox()) == 2
    assert hook.shown()["received"] == 10


def test_an_item_that_is_named_while_it_is_looked_at_stays(hook: Hook) -> None:
    hook.tell({"items": ["12", "13"]})
    scope = hook.web.node.cluster.scope(hook.tenant)
    with scope.reading() as tx:
        seen = inbox.waiting(tx, hook.ids[0], 10)
    hook.tell({"items": ["12"]})
    with scope.transaction() as tx:
        inbox.settled(tx, seen)
    assert [one for one in hook.inbox() if one[0] == hook.ids[0]] == [(hook.ids[0], "left", "12")]


def test_who_does_not_know_the_secret_is_told_nothing(hook: Hook) -> None:
    wrong = hook.url[:-1] + ("a" if hook.url[-1] != "a" else "b")
    assert hook.tell({}, wrong).status_code == 404
    assert hook.tell({}, hook.url.rpartition("/")[0] + "/" + "x" * 101).status_code in {404, 422}
    assert hook.inbox() == []


def test_a_renewed_secret_ends_the_old_one_and_a_removed_one_ends(hook: Hook) -> None:
    where = f"/connections/{hook.connection}/webhook"
    fresh = hook.admin.post(where, expect=201)["url"]
    assert hook.tell({}).status_code == 404
    assert hook.tell({}, fresh).status_code == 202
    assert hook.admin.request("DELETE", where).status_code == 200
    assert hook.tell({}, fresh).status_code == 404
    assert hook.shown()["active"] is False


def test_the_secret_is_shown_once_and_kept_only_as_a_hash(hook: Hook) -> None:
    secret = hook.url.rpartition("/")[2]
    for path in (
        "/connections",
        f"/connections/{hook.connection}",
        f"/connections/{hook.connection}/webhook",
        "/audit",
    ):
        assert secret not in hook.admin.request("GET", path).text
    [[digest]] = hook.rows("select hash from webhooks")
    assert digest == hashlib.sha256(secret.encode()).digest()


def test_another_tenants_secret_opens_nothing_here(hook: Hook, web: WebNode) -> None:
    name = f"{hook.tenant}x"
    web_cluster = web.node.cluster
    assert web_cluster.scope(hook.tenant).name == hook.tenant
    other = web.app.test_client().post(
        hook.url.partition("localhost")[2], data=b"{}", base_url=f"http://{name}.cluster1.localhost"
    )
    assert other.status_code == 404


@pytest.mark.parametrize(("body", "status"), [(b"<xml/>", 422), (b"x" * (webhooks.MOST_BYTES + 1), 413)])
def test_what_is_no_delivery_is_refused(hook: Hook, body: bytes, status: int) -> None:
    assert hook.tell(body).status_code == status
    assert hook.inbox() == []


def test_too_many_deliveries_are_refused_for_a_moment(hook: Hook) -> None:
    hook.rows("update webhooks set free_at = now() + interval '11 seconds'")
    refused = hook.tell({})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert hook.inbox() == []
    hook.rows("update webhooks set free_at = now() + interval '9 seconds'")
    assert hook.tell({}).status_code == 202


def test_too_many_hints_give_way_to_a_look_at_the_feed_on_record(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_MOST_WAITING", 6)
    for number in range(5):
        hook.tell({"items": [str(number)]})
    kept = hook.inbox()
    named = {item_id for _, _, item_id in kept}
    assert named >= {"", "4"}
    assert "0" not in named
    assert len(kept) <= 6 + 2
    dropped = hook.shown()["dropped"]
    assert isinstance(dropped, int)
    assert dropped >= 4
    told = [one for one in hook.admin.get("/audit")["entries"] if one["action"] == "hints dropped"]
    assert len(told) == 1


def test_a_delivery_of_very_many_items_means_a_look_at_the_feed(hook: Hook) -> None:
    assert hook.tell({"items": list(range(5000))}).status_code == 202
    assert {item_id for _, _, item_id in hook.inbox()} == {""}


def signed(settings: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[str, ...] | None:
    """An app that signs its deliveries with our key."""
    expected = hmac.new(settings["api_key"].encode(), body, "sha256").hexdigest()
    if not hmac.compare_digest(headers.get(SIGNED, ""), expected):
        raise NotAllowed("The signature of this delivery is wrong.")
    return named_items(settings, headers, body)


def test_an_app_that_signs_is_believed_by_its_signature_on_the_raw_body(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(manifest, opener), *others] = registry.CONNECTORS
    monkeypatch.setattr(registry, "CONNECTORS", ((replace(manifest, hint=signed), opener), *others))
    body = b'{ "items":  ["12"]}'  # spaces that a parser would lose
    right = hmac.new(b"k", body, "sha256").hexdigest()
    assert hook.tell(body).status_code == 403
    assert hook.tell(body + b" ", **{SIGNED: right}).status_code == 403
    assert hook.inbox() == []
    assert hook.tell(body, **{"X-Signature": right}).status_code == 202
    assert len(hook.inbox()) == 2


def test_only_administrators_make_webhooks(hook: Hook, viewer: Browser) -> None:
    where = f"/connections/{hook.connection}/webhook"
    assert viewer.request("POST", where).status_code == 403
    assert viewer.request("DELETE", where).status_code == 403
    assert viewer.request("GET", where).status_code == 200
    assert hook.admin.request("GET", "/connections/00000000-0000-4000-8000-000000000000/webhook").status_code == 404
