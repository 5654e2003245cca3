"""Attempts are seen: what is refused is in the log, with who and from where, and without anything that was sent."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client

from tests.support.web import GATEWAY_SECRET, NODE_TOKEN, Browser, WebNode

pytestmark = pytest.mark.postgres
SECRET = "ls_a-key-that-somebody-made-up"


def test_a_right_that_is_missing_is_told_with_the_login(viewer: Browser) -> None:
    with capture_logs() as logged:
        assert viewer.request("GET", "/users").status_code == 403
    [line] = logged
    assert (line["log_level"], line["reason"], line["login"]) == ("warning", "403 users.list_users", "eve")
    assert (line["method"], line["brought"], line["address"]) == ("GET", "cookie", "127.0.0.1")


@pytest.mark.parametrize(
    ("headers", "brought"),
    [({"Authorization": f"Bearer {SECRET}"}, "key"), ({"Cookie": f"lockstep_session={SECRET}"}, "cookie")],
)
def test_a_key_or_session_that_is_none_is_told_and_not_written_down(
    stranger: Browser, headers: dict[str, str], brought: str
) -> None:
    client = Client(stranger.app, use_cookies=False)
    with capture_logs() as logged:
        answer = client.get(f"/api/v1/items?q={SECRET}", headers=headers, base_url=stranger.base)
    assert answer.status_code == 401
    [line] = logged
    assert (line["reason"], line["brought"], line["login"]) == ("401 items.list_items", brought, "")
    assert SECRET not in str(logged)


def test_a_forged_change_and_another_sites_page_are_told(admin: Browser) -> None:
    for headers in ({"X-CSRF-Token": "forged"}, {"Sec-Fetch-Site": "cross-site"}):
        with capture_logs() as logged:
            assert admin.request("POST", "/tokens", {"name": "x"}, headers=headers).status_code == 403
        assert [line["reason"] for line in logged] == ["403 users.make_token"]


def test_another_host_is_told(web: WebNode) -> None:
    with capture_logs() as logged:
        assert web.app.test_client().get("/api/v1/session", base_url="http://evil.example").status_code == 421
    assert [line["reason"] for line in logged] == ["421 session.who_am_i"]


def test_who_opens_the_panel_and_is_not_signed_in_yet_is_no_attempt(stranger: Browser) -> None:
    with capture_logs() as logged:
        assert stranger.request("GET", "/session").status_code == 401
    assert logged == []


def test_through_the_gateway_the_node_tells_that_it_is_well_and_nothing_else(web: WebNode) -> None:
    client, through = web.app.test_client(), {"X-Lockstep-Gateway": GATEWAY_SECRET}
    for path in ("/-/node/state", "/-/node/%73tate", "/t/x1/-/node/state"):
        answer = client.get(path, headers={**through, "Authorization": f"Bearer {NODE_TOKEN}"})
        assert answer.status_code in {404, 308}, path
    assert client.get("/-/node/health", headers=through).json == {"ok": True, "message": ""}
    past = client.get("/-/node/state", headers={"Authorization": f"Bearer {NODE_TOKEN}"})
    assert past.status_code == 200
