"""Passwords, sessions and roles over an account's whole life: what ends, ends at once."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from sqlalchemy import text

from server.services.scope import TenantScope
from tests.security.accounts import NEVER, OTHER, PASSWORD, House, make_house
from tests.support.installation import eventually
from tests.support.postgres import TestCluster
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres


@pytest.fixture
def house(web: WebNode, cluster: TestCluster) -> House:
    return make_house(web, cluster)


def signed_out(browser: Browser) -> bool:
    return browser.request("GET", "/session").status_code == 401


def test_a_new_password_is_the_only_one_and_ends_every_other_session(house: House) -> None:
    here, there = house.enter(), house.enter()
    before = here.client.get_cookie("lockstep_session", domain=f"{house.tenant}.cluster1.localhost")
    answer = here.request("PUT", "/account/password", {"current": PASSWORD, "password": OTHER})
    assert answer.status_code == 200
    assert signed_out(there)
    assert answer.json is not None
    here.csrf = answer.json["csrf"]
    assert here.request("PUT", "/account", {"name": "Ada", "current": OTHER}).status_code == 200
    assert house.web.browser(house.tenant).sign_in("admin", PASSWORD).status_code == 401
    house.enter(password=OTHER)
    # Whoever knew this session's cookie is out as well.
    assert before is not None
    thief = house.web.browser(house.tenant)
    thief.client.set_cookie("lockstep_session", before.value, domain=f"{house.tenant}.cluster1.localhost")
    assert signed_out(thief)
    assert "password changed" in house.actions(here)


def test_only_who_knows_the_password_changes_the_way_in(house: House) -> None:
    here = house.enter()
    guesses = (
        ("PUT", "/account/password", {"current": "not the password", "password": OTHER}),
        ("PUT", "/account", {"current": "not the password", "email": "thief@example.org"}),
        ("POST", "/account/second-factor", {"current": "not the password"}),
        ("POST", "/account/second-factor/remove", {"current": "not the password"}),
        ("POST", "/account/recovery-codes", {"current": "not the password"}),
    )
    for method, path, body in guesses:
        refused = here.request(method, path, body)
        assert refused.status_code == 422, refused.text
        assert refused.json is not None
        assert refused.json["field"] == "current"
    # A forgotten browser is no place to guess at: it counts like a sign-in.
    assert here.request("PUT", "/account/password", {"current": "x", "password": OTHER}).status_code == 429
    assert here.get("/account")["email"] == "admin@example.org"


def test_a_bad_choice_of_a_new_password_counts_as_no_guess(house: House) -> None:
    here = house.enter()
    for _ in range(7):
        refused = here.request("PUT", "/account/password", {"current": PASSWORD, "password": "short"})
        assert refused.status_code == 422
        assert refused.json is not None
        assert refused.json["field"] == "password"
    assert here.request("PUT", "/account/password", {"current": PASSWORD, "password": OTHER}).status_code == 200


def test_any_characters_make_a_password_and_none_is_trimmed_or_cut(house: House) -> None:
    here = house.enter()
    composed = "  Šípková Růženka 🌹 pricks  " + "x" * 200
    assert here.request("PUT", "/account/password", {"current": PASSWORD, "password": composed}).status_code == 200
    house.enter(password=unicodedata.normalize("NFD", composed))
    for near in (composed.strip(), composed[:-1], composed.lower()):
        assert house.web.browser(house.tenant).sign_in("admin", near).status_code == 401


def test_every_place_where_a_password_is_chosen_keeps_the_same_rules(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    link = here.post(f"/users/{user}/password-link", expect=201)["path"].partition("#")[2]
    for bad in ("short", "passwordpassword", f"{house.tenant} {house.tenant}", "123456789012345"):
        for method, path, body in (
            ("PUT", "/account/password", {"current": PASSWORD, "password": bad}),
            ("POST", "/users", {"login": "bob", "password": bad}),
            ("POST", "/password", {"token": link, "password": bad}),
        ):
            refused = here.request(method, path, body)
            assert refused.status_code == 422, (path, bad)
            assert refused.json is not None
            assert refused.json["field"] == "password"
    assert here.request("POST", "/password", {"token": link, "password": OTHER}).status_code == 200


def test_a_link_lets_somebody_choose_a_password_once_and_only_in_time(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    eve = house.enter("eve")
    first = here.post(f"/users/{user}/password-link", expect=201)
    made = here.post(f"/users/{user}/password-link", expect=201)
    assert datetime.fromisoformat(made["expires_at"]) <= datetime.now(UTC) + timedelta(hours=24, minutes=1)
    assert not signed_out(eve)
    stranger = house.web.browser(house.tenant)

    def choose(path: str) -> int:
        token = path.partition("#")[2]
        return stranger.request("POST", "/password", {"token": token, "password": OTHER}).status_code

    assert choose(first["path"]) == 401
    assert choose(made["path"]) == 200
    assert choose(made["path"]) == 401
    assert signed_out(eve)
    house.enter("eve", OTHER)
    late = here.post(f"/users/{user}/password-link", expect=201)
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(text("update password_links set expires_at = now()"))
    assert choose(late["path"]) == 401
    with house.web.node.cluster.scope(house.tenant).reading() as tx:
        kept = str(tx.execute(text("select * from password_links")).all()) + str(
            tx.execute(text("select * from audit")).all()
        )
    assert late["path"].partition("#")[2] not in kept
    assert house.actions(here).count("password link made") == 3


def test_whoever_sits_at_an_administrators_browser_makes_no_link_for_it(house: House) -> None:
    here = house.enter()
    (me,) = here.get("/users")
    assert here.request("POST", f"/users/{me['id']}/password-link").status_code == 409


def test_who_is_invited_chooses_a_password_that_nobody_else_ever_knew(house: House) -> None:
    here = house.enter()
    made = here.post("/users", {"login": "eve", "role": "viewer", "invited": True}, expect=201)
    assert made["password"] is None
    assert not made["user"]["has_password"]
    token = made["link"]["path"].partition("#")[2]
    assert here.post("/password", {"token": token, "password": OTHER}) == {"login": "eve"}
    house.enter("eve", OTHER)


def test_a_disabled_account_is_out_at_once_and_an_enabled_one_may_come_again(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    eve = house.enter("eve")
    program = house.web.browser(house.tenant)
    program.headers["Authorization"] = f"Bearer {eve.post('/tokens', {'name': 'ci'}, expect=201)['token']}"
    link = here.post(f"/users/{user}/password-link", expect=201)["path"].partition("#")[2]
    assert here.request("PUT", f"/users/{user}", {"disabled": True}).status_code == 200
    assert signed_out(eve)
    assert signed_out(program)
    assert house.web.browser(house.tenant).sign_in("eve", PASSWORD).status_code == 401
    assert eve.request("POST", "/password", {"token": link, "password": OTHER}).status_code == 401
    assert here.request("POST", f"/users/{user}/password-link").status_code == 409
    assert here.request("PUT", f"/users/{user}", {"disabled": False}).status_code == 200
    assert signed_out(eve)
    assert not signed_out(program)
    house.enter("eve")
    assert {"user disabled", "user enabled"} <= set(house.actions(here))


def test_a_role_holds_from_the_moment_on_that_it_is_changed(house: House) -> None:
    here = house.enter()
    user = house.add(here, "bob", "admin")
    bob = house.enter("bob")
    assert bob.request("GET", "/audit").status_code == 200
    changed = here.request("PUT", f"/users/{user}", {"role": "viewer", "name": "Bob", "email": "bob@example.org"})
    assert changed.status_code == 200
    assert bob.request("GET", "/audit").status_code == 403
    assert bob.get("/session")["role"] == "viewer"
    (entry,) = [one for one in here.get("/audit")["entries"] if one["action"] == "user changed"]
    assert entry["detail"]["role"] == {"from": "admin", "to": "viewer"}


def test_the_last_active_administrator_stays(house: House) -> None:
    here = house.enter()
    (me,) = here.get("/users")
    user = house.add(here, "bob", "admin")
    assert here.request("PUT", f"/users/{me['id']}", {"role": "admin", "disabled": True}).status_code == 409
    assert here.request("PUT", f"/users/{user}", {"role": "admin", "disabled": True}).status_code == 200
    # The other administrator is disabled, so it is none who could let anybody in.
    for change in ({"role": "viewer"}, {"role": "admin", "disabled": True}, {"role": "viewer", "disabled": True}):
        assert here.request("PUT", f"/users/{me['id']}", change).status_code == 409
    assert here.request("PUT", f"/users/{user}", {"disabled": False}).status_code == 200
    assert here.request("PUT", f"/users/{me['id']}", {"role": "viewer"}).status_code == 200
    assert here.request("GET", "/users").status_code == 403


def test_a_viewer_and_a_stranger_manage_nobody(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    for who in (house.enter("eve"), house.web.browser(house.tenant)):
        for method, path, body in (
            ("PUT", f"/users/{user}", {"role": "admin"}),
            ("POST", f"/users/{user}/password-link", {}),
            ("DELETE", f"/users/{user}/second-factor", None),
            ("GET", "/sign-in-rules", None),
            ("PUT", "/sign-in-rules", {"second_factor_for_admins": True}),
        ):
            assert who.request(method, path, body).status_code in {401, 403}, (method, path)


def test_sessions_are_listed_with_when_where_from_and_which_browser_and_end_one_by_one(house: House) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    there = house.web.browser(house.tenant)
    there.headers["User-Agent"] = firefox
    assert there.sign_in("admin", PASSWORD).status_code == 200
    here = house.enter()
    user = house.add(here, "eve")
    eve = house.enter("eve")
    listed = here.get("/account/sessions")
    assert len(listed) == 2
    assert [one["this"] for one in listed].count(True) == 1
    (other,) = [one for one in listed if not one["this"]]
    assert (other["browser"], other["address"]) == ("Firefox 130 on Linux", "127.0.0.1")
    # Nobody ends a session of somebody else, an administrator neither.
    (hers,) = eve.get("/account/sessions")
    assert here.request("DELETE", f"/account/sessions/{hers['id']}").status_code == 404
    assert here.request("DELETE", f"/account/sessions/{NEVER}").status_code == 404
    assert here.request("DELETE", f"/account/sessions/{other['id']}").status_code == 200
    assert signed_out(there)
    assert not signed_out(here)
    assert not signed_out(eve)
    assert "session ended" in house.actions(here)
    assert user


def test_signing_out_everywhere_ends_all_or_all_but_this(house: House) -> None:
    here, there, elsewhere = house.enter(), house.enter(), house.enter()
    assert here.request("DELETE", "/account/sessions?keep_this=true").status_code == 200
    assert signed_out(there)
    assert not signed_out(here)
    link = house.enter()
    assert here.request("DELETE", "/account/sessions").status_code == 200
    for one in (here, elsewhere, link):
        assert signed_out(one)


def test_a_session_ends_when_nobody_uses_it_and_in_any_case_after_a_week(house: House) -> None:
    idle, old, used = house.enter(), house.enter(), house.enter()
    (ids,) = ([one["id"] for one in browser.get("/account/sessions") if one["this"]] for browser in (old,))
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(text("update sessions set seen_at = now() - interval '6 minutes'"))
        tx.execute(text("update sessions set created_at = now() - interval '7 days' where id = :id"), {"id": ids[0]})
    assert not signed_out(used)
    # In use until now, and over all the same.
    assert signed_out(old)
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(text("update sessions set expires_at = expires_at - interval '12 hours'"))
    assert signed_out(idle)


def test_only_so_many_sessions_of_one_person_are_kept(house: House) -> None:
    here = house.enter()
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(
            text(
                "insert into sessions (hash, user_id, expires_at, seen_at) select sha256(n::text::bytea), u.id,"
                " now() + interval '1 hour', now() - interval '1 minute' from users u, generate_series(1, 200) n"
            )
        )
    newest = house.enter()
    assert len(newest.get("/account/sessions")) == 100
    assert not signed_out(here)


LATE = {"name": "late", "kind": "redmine", "settings": {"url": "http://127.0.0.1:1", "api_key": "x"}}
NARROWED: dict[str, LiteralString] = {
    "disabled": "update users set disabled_at = now() where login = 'admin'",
    "made a viewer": "update users set role = 'viewer' where login = 'admin'",
}
WRITES: list[tuple[str, str, Any]] = [
    ("PUT", "/privacy", {"sealed": True}),
    ("PUT", "/people", []),
    ("POST", "/connections", LATE),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[path for _, path, _ in WRITES])
@pytest.mark.parametrize("change", NARROWED)
def test_a_change_that_is_under_way_when_its_account_may_no_more_comes_to_nothing(
    house: House, cluster: TestCluster, method: str, path: str, body: Any, change: str
) -> None:
    here = house.enter()
    before = house.actions(here)
    scope = house.web.node.cluster.scope(house.tenant)
    own = cluster.server.dsn(cluster.settings.name, scope.login.role, scope.login.password)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(own) as elsewhere:
        elsewhere.execute(NARROWED[change])
        late = pool.submit(here.request, method, path, body)
        eventually(lambda: late.done() or waits_for_a_lock(cluster, scope))
        elsewhere.commit()
        assert late.result(30).status_code == 403
    with scope.transaction() as tx:
        assert tx.execute(text("select count(*) from connections where name = 'late'")).scalar_one() == 0
        tx.execute(text("update users set disabled_at = null, role = 'admin' where login = 'admin'"))
    again = house.enter()
    assert [one for one in house.actions(again) if one not in ("signed in", "entered by link")] == [
        one for one in before if one not in ("signed in", "entered by link")
    ]


def waits_for_a_lock(cluster: TestCluster, scope: TenantScope) -> bool:
    """Whether somebody of the tenant waits for what another transaction has locked."""
    query = "select count(*) from pg_stat_activity where usename = %s and wait_event_type = 'Lock'"
    with psycopg.connect(cluster.server.dsn("postgres")) as superuser:
        [found] = superuser.execute(query, (scope.login.role,)).fetchone() or (0,)
    return bool(found)
