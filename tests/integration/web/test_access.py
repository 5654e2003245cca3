"""Deny by default: every route of the application, whoever may not call it."""

from __future__ import annotations

import pytest

from server.web.api import RESOURCES
from server.web.resource import Access
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
PUBLIC = {
    ("GET", "/"),
    ("GET", "/<path:path>"),
    ("GET", "/assets/<path:name>"),
    ("GET", "/enter"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/password"),
    ("POST", "/api/v1/hooks/<secret>"),
    ("GET", "/-/node/alive"),
    ("GET", "/-/node/health"),
}
SOME_ID = "00000000-0000-4000-8000-000000000000"


def routes(web: WebNode) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in web.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_route_but_the_public_ones_refuses_who_is_not_signed_in(web: WebNode, tenant: str) -> None:
    checked = 0
    for method, rule in routes(web):
        if (method, rule) in PUBLIC:
            continue
        path = rule.replace("<id>", SOME_ID)
        answer = web.browser(tenant).request(method, path, {} if method != "GET" else None, outside=True)
        assert answer.status_code in {401, 403, 404}, (method, rule, answer.text)
        checked += 1
    assert checked > 35


def test_a_route_that_nobody_declared_answers_nobody(web: WebNode) -> None:
    declared = {endpoint for one in RESOURCES for endpoint in one.access}
    others = {rule.endpoint for rule in web.app.url_map.iter_rules()} - declared
    assert others == {
        "entrance.enter",
        "node_alive",
        "node_health",
        "node_state",
        "openapi_document",
        "panel_asset",
        "panel_page",
    }


def test_a_viewer_changes_nothing(web: WebNode, viewer: Browser) -> None:
    own = {("POST", "/api/v1/session"), ("DELETE", "/api/v1/session"), ("POST", "/api/v1/tokens")}
    own |= {("DELETE", "/api/v1/tokens/<id>"), ("POST", "/api/v1/hooks/<secret>"), ("POST", "/api/v1/password")}
    for method, rule in routes(web):
        if method == "GET" or (method, rule) in own or rule.startswith("/api/v1/account"):
            continue
        answer = viewer.request(method, rule.replace("<id>", SOME_ID), {}, outside=True)
        assert answer.status_code == 403, (method, rule, answer.text)


def test_only_administrators_see_who_signs_in_and_who_did_what(viewer: Browser) -> None:
    assert viewer.request("GET", "/users").status_code == 403
    assert viewer.request("GET", "/audit").status_code == 403
    assert viewer.request("GET", "/overview").status_code == 200


def test_public_routes_are_few(web: WebNode) -> None:
    public = {endpoint for one in RESOURCES for endpoint, access in one.access.items() if access is Access.PUBLIC}
    assert public == {"session.sign_in", "session.choose_password", "webhooks.receive_webhook"}
    assert web.app.static_folder is None
