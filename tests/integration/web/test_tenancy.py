from __future__ import annotations

import pytest

from tests.integration.web.conftest import PASSWORD
from tests.support.web import NODE_TOKEN, Browser, WebNode

pytestmark = pytest.mark.postgres


def test_a_tenant_is_named_by_subdomain_header_or_path(web: WebNode, tenant: str) -> None:
    ways: tuple[dict[str, object], ...] = (
        {"base_url": f"http://{tenant}.cluster1.localhost:8080"},
        {"base_url": "http://127.0.0.1", "headers": {"X-Lockstep-Tenant": tenant}},
    )
    for way in ways:
        browser = web.browser(tenant)
        signed = browser.request("POST", "/session", {"login": "admin", "password": PASSWORD}, **way)
        assert signed.status_code == 200, way
        assert signed.json["tenant"] == tenant  # type: ignore[index]


def test_under_a_path_prefix_the_cookie_is_for_that_path_only(web: WebNode, tenant: str) -> None:
    signed = web.browser(tenant).request(
        "POST",
        f"/t/{tenant}/api/v1/session",
        {"login": "admin", "password": PASSWORD},
        base_url="http://127.0.0.1",
        outside=True,
    )
    assert signed.status_code == 200
    assert f"Path=/t/{tenant};" in signed.headers["Set-Cookie"] + ";"


def test_the_prefix_is_taken_from_the_path_itself(web: WebNode, tenant: str) -> None:
    page = web.app.test_client().get(f"/t/{tenant}/", base_url="http://127.0.0.1")
    assert page.status_code == 200
    assert f'<base href="/t/{tenant}/">' in page.text
    api = web.app.test_client().get(f"/t/{tenant}/api/v1/session", base_url="http://127.0.0.1")
    assert api.status_code == 401


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/api/v1/session", 401), ("/nothing/here", 200), ("/api/v1/nothing", 404)]
)
def test_an_unknown_tenant_answers_as_one_that_is_there_does_to_strangers(
    web: WebNode, tenant: str, path: str, status: int
) -> None:
    unknown, known = (web.browser(name).request("GET", path, outside=True) for name in ("nosuch", tenant))
    assert unknown.status_code == known.status_code == status
    if status != 200:
        assert unknown.text == known.text


def test_an_address_without_a_tenant_says_how_one_is_named(web: WebNode) -> None:
    answer = web.browser("x").request("GET", "/session", base_url="http://localhost")
    assert answer.status_code == 404
    assert "TENANT.cluster1.localhost" in answer.json["detail"]  # type: ignore[index]


def test_two_different_names_are_refused(web: WebNode, tenant: str) -> None:
    answer = web.browser(tenant).request("GET", "/session", headers={"X-Lockstep-Tenant": "other"})
    assert answer.status_code == 422


def test_a_suspended_tenant_is_locked_and_works_again_when_resumed(web: WebNode, admin: Browser) -> None:
    web.node.cluster.set_state(admin.tenant, "suspended")
    web.node.cluster._scopes.clear()
    answer = admin.request("GET", "/overview")
    assert answer.status_code == 423
    assert "suspended" in answer.json["detail"]  # type: ignore[index]
    web.node.cluster.set_state(admin.tenant, "active")
    web.node.cluster._scopes.clear()
    assert admin.request("GET", "/overview").status_code == 200


def test_the_agent_sees_every_tenant_and_nobody_else_does(web: WebNode, tenant: str) -> None:
    client = web.app.test_client()
    assert client.get("/-/node/health").json == {"ok": True, "message": ""}
    assert client.get("/-/node/state").status_code == 401
    state = client.get("/-/node/state", headers={"Authorization": f"Bearer {NODE_TOKEN}"})
    assert tenant in {one["name"] for one in state.json["tenants"]}  # type: ignore[index]
    held = state.json["connections"]  # type: ignore[index]
    assert 0 < held["used"] < held["budget"] < held["server"] == 197


def test_every_page_carries_the_headers_that_keep_it_safe(web: WebNode, tenant: str) -> None:
    page = web.app.test_client().get("/some/page", base_url=f"https://{tenant}.cluster1.localhost")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'content="{nonce}"' in page.text
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Strict-Transport-Security"]
    assert page.headers["Cache-Control"] == "no-store"


def test_hashed_files_are_kept_for_ever_and_nothing_leads_out_of_the_folder(web: WebNode) -> None:
    client = web.app.test_client()
    asset = client.get("/assets/index-abc123.js")
    assert asset.text == "void 0;"
    assert "immutable" in asset.headers["Cache-Control"]
    assert client.get("/assets/%2e%2e/index.html").status_code == 404
    assert client.get("/assets/%2e%2e/%2e%2e/master").status_code == 404
    asset.close()


def test_bad_input_is_one_sentence_and_is_not_repeated(admin: Browser) -> None:
    answer = admin.request("POST", "/session", {"login": "a", "password": "x", "extra-secret": "hunter2"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert answer.json["field"] == "extra-secret"  # type: ignore[index]
    assert admin.request("GET", "/runs/no-uuid").status_code == 422
    assert admin.request("GET", "/items?limit=0").status_code == 422
    assert admin.client.post("/api/v1/session", data="{", base_url=admin.base).status_code in {400, 415, 422}
