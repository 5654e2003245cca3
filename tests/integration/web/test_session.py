from __future__ import annotations

import pytest
from sqlalchemy import text

from server.services import access
from tests.integration.web.conftest import PASSWORD
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres


def test_the_right_password_signs_in_and_says_who(web: WebNode, tenant: str) -> None:
    browser = web.browser(tenant)
    assert browser.sign_in(password=PASSWORD).status_code == 200
    me = browser.get("/session")
    assert (me["login"], me["role"], me["tenant"], me["cluster"]) == ("admin", "admin", tenant, "cluster1")


@pytest.mark.parametrize(("login", "password"), [("admin", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_login_and_a_wrong_password_are_told_alike(
    web: WebNode, tenant: str, login: str, password: str
) -> None:
    refused = web.browser(tenant).sign_in(login, password)
    assert refused.status_code == 401
    assert refused.json == {"title": "Unauthorized", "status": 401, "detail": "The login or the password is wrong."}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(web: WebNode, tenant: str) -> None:
    cookie = web.browser(tenant).sign_in(password=PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert "Secure" in web.browser(tenant, secure=True).sign_in(password=PASSWORD).headers["Set-Cookie"]


def test_a_session_ends_when_signed_out(admin: Browser) -> None:
    cookie = admin.client.get_cookie("lockstep_session", domain=f"{admin.tenant}.cluster1.localhost")
    assert cookie is not None
    assert admin.request("DELETE", "/session").status_code == 200
    admin.client.set_cookie("lockstep_session", cookie.value, domain=f"{admin.tenant}.cluster1.localhost")
    assert admin.request("GET", "/session").status_code == 401


def test_an_expired_session_is_no_session(web: WebNode, admin: Browser) -> None:
    with web.node.cluster.scope(admin.tenant).transaction() as tx:
        tx.execute(text("update sessions set expires_at = now() - interval '1 second'"))
    assert admin.request("GET", "/overview").status_code == 401


def test_a_session_of_one_tenant_is_nothing_to_another(web: WebNode, admin: Browser, cluster: object) -> None:
    other = f"x{admin.tenant}"
    cluster.create_tenant(other)  # type: ignore[attr-defined]
    cookie = admin.client.get_cookie("lockstep_session", domain=f"{admin.tenant}.cluster1.localhost")
    assert cookie is not None
    stranger = web.browser(other)
    stranger.client.set_cookie("lockstep_session", cookie.value, domain=f"{other}.cluster1.localhost")
    assert stranger.request("GET", "/session").status_code == 401


def test_nothing_changes_without_the_csrf_token(admin: Browser) -> None:
    for token in ("", "wrong"):
        admin.csrf = token
        refused = admin.request("POST", "/tokens", {"name": "ci"})
        assert refused.status_code == 403
        assert "X-CSRF-Token" in refused.json["detail"]  # type: ignore[index]
    admin.csrf = ""
    assert admin.get("/tokens") == []


def test_the_csrf_token_is_the_sessions_alone_and_is_not_kept(web: WebNode, admin: Browser, tenant: str) -> None:
    other = web.browser(tenant)
    other.sign_in(password=PASSWORD)
    assert admin.get("/session")["csrf"] == admin.get("/session")["csrf"] == admin.csrf
    assert admin.csrf != other.csrf
    with web.node.cluster.scope(tenant).reading() as tx:
        kept = tx.execute(text("select row_to_json(s)::text, encode(hash, 'hex') from sessions s")).all()
    assert kept
    assert not any(admin.csrf in one for row in kept for one in row)


def test_a_page_of_another_site_changes_nothing(web: WebNode, tenant: str) -> None:
    for site in ("cross-site", "same-site"):
        refused = web.browser(tenant).request(
            "POST", "/session", {"login": "admin", "password": PASSWORD}, headers={"Sec-Fetch-Site": site}
        )
        assert refused.status_code == 403


def test_five_wrong_passwords_make_the_login_wait_even_with_the_right_one(web: WebNode, tenant: str) -> None:
    browser = web.browser(tenant)
    for _ in range(5):
        assert browser.sign_in(password="wrong").status_code == 401
    refused = browser.sign_in(password=PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900


def test_a_right_password_forgets_the_wrong_ones(web: WebNode, tenant: str) -> None:
    browser = web.browser(tenant)
    for _ in range(2):
        for _ in range(3):
            browser.sign_in(password="wrong")
        assert browser.sign_in(password=PASSWORD).status_code == 200


def test_an_entry_link_works_once(web: WebNode, tenant: str) -> None:
    token = access.make_entry_link(web.node.cluster.scope(tenant))
    browser = web.browser(tenant)
    entered = browser.request("GET", f"/enter?token={token}", outside=True)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert browser.get("/session")["login"] == "admin"
    again = web.browser(tenant).request("GET", f"/enter?token={token}", outside=True)
    assert again.status_code == 401
    assert "used before" in again.json["detail"]  # type: ignore[index]


def test_an_entry_link_is_for_its_own_tenant_and_its_own_minutes(web: WebNode, tenant: str) -> None:
    scope = web.node.cluster.scope(tenant)
    token = access.make_entry_link(scope)
    with scope.transaction() as tx:
        tx.execute(text("update entry_links set expires_at = now()"))
    assert web.browser(tenant).request("GET", f"/enter?token={token}", outside=True).status_code == 401


def test_an_api_token_is_shown_once_needs_no_csrf_and_ends_when_revoked(web: WebNode, admin: Browser) -> None:
    made = admin.post("/tokens", {"name": "ci", "expires_in_days": 7}, expect=201)
    program = web.browser(admin.tenant)
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert program.get("/session")["login"] == "admin"
    assert program.request("POST", "/users", {"login": "bob"}).status_code == 201
    assert made["token"] not in admin.request("GET", "/tokens").text
    assert admin.request("DELETE", f"/tokens/{made['id']}").status_code == 200
    assert program.request("GET", "/session").status_code == 401


def test_only_hashes_of_what_signs_in_are_stored(web: WebNode, admin: Browser) -> None:
    made = admin.post("/tokens", {"name": "ci"}, expect=201)
    link = access.make_entry_link(web.node.cluster.scope(admin.tenant))
    cookie = admin.client.get_cookie("lockstep_session", domain=f"{admin.tenant}.cluster1.localhost")
    assert cookie is not None
    with web.node.cluster.scope(admin.tenant).reading() as tx:
        stored = "".join(
            str(tx.execute(text(f"select * from {table}")).all())  # noqa: S608 - names of this list
            for table in ("users", "sessions", "api_tokens", "entry_links", "audit")
        )
    for secret in (made["token"], link, cookie.value, PASSWORD):
        assert secret not in stored


def test_a_disabled_user_is_out_at_once(web: WebNode, admin: Browser, viewer: Browser) -> None:
    with web.node.cluster.scope(admin.tenant).transaction() as tx:
        tx.execute(text("update users set disabled_at = now() where login = 'eve'"))
    assert viewer.request("GET", "/session").status_code == 401


def test_the_last_administrator_stays(admin: Browser) -> None:
    (me,) = admin.get("/users")
    assert admin.request("DELETE", f"/users/{me['id']}").status_code == 409
