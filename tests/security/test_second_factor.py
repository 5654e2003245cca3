"""The second factor: what a code opens, and that it opens it once."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from server.services import access
from tests.security.accounts import OTHER, PASSWORD, App, House, make_house, set_up
from tests.support.postgres import TestCluster
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres


@pytest.fixture
def house(web: WebNode, cluster: TestCluster) -> House:
    return make_house(web, cluster)


def try_to_enter(house: House, code: str = "", login: str = "admin") -> tuple[int, str | None]:
    answer = house.web.browser(house.tenant).request(
        "POST", "/session", {"login": login, "password": PASSWORD, "code": code}
    )
    assert answer.json is not None
    return answer.status_code, answer.json.get("field")


def forget_failures(house: House) -> None:
    """A test that fails on purpose more often than a person would."""
    with house.web.node.cluster.database.control() as control:
        control.execute(text("delete from control.tries"))


def test_who_has_a_second_factor_signs_in_with_it_and_not_without(house: House) -> None:
    here, there = house.enter(), house.enter()
    app, _ = set_up(here)
    assert here.get("/account")["second_factor_since"] is not None
    # What was signed in with the password alone is over.
    assert there.request("GET", "/session").status_code == 401
    assert try_to_enter(house) == (401, "code")
    assert try_to_enter(house, "000000") == (401, "code")
    house.enter(code=app.code())
    assert {"second factor set up", "sign-in refused"} <= set(house.actions(here))


def test_a_wrong_password_is_told_alike_with_and_without_a_second_factor(house: House) -> None:
    set_up(house.enter())
    for login in ("admin", "nobody"):
        answer = house.web.browser(house.tenant).request("POST", "/session", {"login": login, "password": "wrong"})
        assert answer.json == {"title": "Unauthorized", "status": 401, "detail": "The login or the password is wrong."}


def test_a_code_works_once_and_none_before_it(house: House) -> None:
    app, _ = set_up(house.enter())
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(text("update users set factor_step = 0"))
    app.steps = 0
    first, second = app.code(), app.code()
    house.enter(code=second)
    assert try_to_enter(house, second) == (401, "code")
    assert try_to_enter(house, first) == (401, "code")


def test_of_many_who_use_one_code_at_the_same_moment_one_comes_in(house: House) -> None:
    app, codes = set_up(house.enter())
    for code in (app.code(), codes[0]):
        forget_failures(house)
        with ThreadPoolExecutor(4) as crew:
            outcomes = list(crew.map(lambda _: try_to_enter(house, code)[0], range(4)))  # noqa: B023 - used up within the turn
        assert sorted(outcomes) == [200, 401, 401, 401]


def test_codes_are_not_tried_out(house: House) -> None:
    here = house.enter()
    set_up(here)
    outcomes = [try_to_enter(house, f"{number:06}")[0] for number in range(8)]
    assert outcomes[:5] == [401] * 5
    assert set(outcomes[5:]) == {429}
    # Nor by somebody who sits at the browser and knows the password.
    forget_failures(house)
    statuses = [
        here.request("POST", "/account/second-factor/remove", {"current": PASSWORD, "code": f"{number:06}"}).status_code
        for number in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2


def test_each_recovery_code_works_once_however_it_is_typed(house: House) -> None:
    here = house.enter()
    _, codes = set_up(here)
    assert len(set(codes)) == 10
    house.enter(code=codes[0].upper().replace("-", " "))
    assert try_to_enter(house, codes[0]) == (401, "code")
    house.enter(code=codes[1])
    assert here.get("/account")["recovery_codes_left"] == 8
    with_code = {"current": PASSWORD, "code": codes[2]}
    made = here.post("/account/recovery-codes", with_code)
    assert try_to_enter(house, codes[3]) == (401, "code")
    house.enter(code=made["codes"][0])
    details = [one["detail"] for one in here.get("/audit")["entries"] if one["action"] == "signed in"]
    assert details[0] == {"with": "password and recovery code"}


def test_the_secret_is_sealed_for_its_one_user_and_codes_are_kept_as_hashes(house: House) -> None:
    here = house.enter()
    app, codes = set_up(here)
    other = house.add(here, "eve")
    scope = house.web.node.cluster.scope(house.tenant)
    with scope.reading() as tx:
        rows = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for table in ("users", "recovery_codes", "audit", "sessions")
            for row in tx.execute(text(f"select * from {table}"))  # noqa: S608 - names of this list
            for value in row
        )
    for secret in (app.secret, *codes, *(one.replace("-", "") for one in codes)):
        assert secret.encode() not in rows
    assert base64.b32decode(app.secret) not in rows
    # Somebody who writes into the database and puts the secret at another account opens nothing with it.
    with scope.transaction() as tx:
        tx.execute(
            text("update users set factor = (select factor from users where login = 'admin') where id = :id"),
            {"id": other},
        )
    with pytest.raises(Exception, match="sealed for another purpose"):
        access.sign_in(scope, house.web.node.passwords, "eve", PASSWORD, app.code(), access.Caller("127.0.0.1", "test"))


def test_it_counts_once_a_code_came_and_what_takes_too_long_is_begun_again(house: House) -> None:
    here = house.enter()
    made = here.post("/account/second-factor", {"current": PASSWORD})
    assert made["address"].startswith("otpauth://totp/")
    assert made["secret"] in made["address"]
    assert re.match(r"data:image/svg\+xml", made["qr"])
    assert here.request("POST", "/account/second-factor/confirm", {"code": "000000"}).status_code == 422
    house.enter()
    with house.web.node.cluster.scope(house.tenant).transaction() as tx:
        tx.execute(text("update users set new_factor_at = now() - interval '16 minutes'"))
    late = here.request("POST", "/account/second-factor/confirm", {"code": App(made["secret"]).code()})
    assert late.status_code == 409
    house.enter()


def test_another_app_takes_the_place_of_the_first_only_with_a_code_of_that(house: House) -> None:
    here = house.enter()
    app, codes = set_up(here)
    assert here.request("POST", "/account/second-factor", {"current": PASSWORD}).status_code == 422
    other, _ = set_up(here, codes[0])
    house.enter(code=other.code())
    forget_failures(house)
    assert try_to_enter(house, app.code()) == (401, "code")
    assert try_to_enter(house, codes[1]) == (401, "code")


def test_it_is_removed_with_password_and_code_and_the_other_sessions_end(house: House) -> None:
    here = house.enter()
    app, codes = set_up(here)
    there = house.enter(code=codes[0])
    assert here.request("POST", "/account/second-factor/remove", {"current": PASSWORD}).status_code == 422
    removed = here.post("/account/second-factor/remove", {"current": PASSWORD, "code": app.code()})
    here.csrf = removed["csrf"]
    assert there.request("GET", "/session").status_code == 401
    house.enter()
    assert here.get("/account")["recovery_codes_left"] == 0
    assert "second factor removed" in house.actions(here)


def test_an_administrator_takes_a_lost_one_away_on_the_audit_but_not_the_own(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    eve = house.enter("eve")
    set_up(eve)
    assert [one["second_factor"] for one in here.get("/users")] == [False, True]
    assert here.request("DELETE", f"/users/{user}/second-factor").status_code == 200
    assert eve.request("GET", "/session").status_code == 401
    house.enter("eve")
    assert here.request("DELETE", f"/users/{user}/second-factor").status_code == 409
    (entry,) = [one for one in here.get("/audit")["entries"] if one["action"] == "second factor taken away"]
    assert (entry["actor"], entry["subject"]) == ("admin", "eve")
    set_up(here)
    (me,) = [one for one in here.get("/users") if one["login"] == "admin"]
    assert here.request("DELETE", f"/users/{me['id']}/second-factor").status_code == 409


def ask_administrators(house: House) -> tuple[Browser, App]:
    """The tenant's administrators need a second factor from now on."""
    here = house.enter()
    app, _ = set_up(here)
    asked = here.request("PUT", "/sign-in-rules", {"second_factor_for_admins": True})
    assert asked.status_code == 200
    return here, app


def test_nobody_asks_administrators_for_what_they_lack_themselves(house: House) -> None:
    here = house.enter()
    refused = here.request("PUT", "/sign-in-rules", {"second_factor_for_admins": True})
    assert refused.status_code == 409
    assert here.get("/sign-in-rules") == {"second_factor_for_admins": False}


def test_an_administrator_who_lacks_one_looks_like_a_viewer_until_it_is_set_up(house: House) -> None:
    admin = house.enter()
    house.add(admin, "bob", "admin")
    house.add(admin, "eve")
    bob, eve = house.enter("bob"), house.enter("eve")
    token = bob.post("/tokens", {"name": "ci"}, expect=201)["token"]
    program = house.web.browser(house.tenant)
    program.headers["Authorization"] = f"Bearer {token}"
    here, _ = ask_administrators(house)
    # It holds from now on, for what is signed in already and for programs as well.
    for one in (bob, program):
        assert one.get("/session")["owes_second_factor"]
        assert one.request("GET", "/overview").status_code == 200
        refused = one.request("POST", "/users", {"login": "mallory", "role": "admin"})
        assert refused.status_code == 403
        assert refused.json is not None
        assert "second factor" in refused.json["detail"]
        assert one.request("GET", "/audit").status_code == 403
    assert not eve.get("/session")["owes_second_factor"]
    set_up(bob)
    assert bob.request("GET", "/audit").status_code == 200
    assert program.request("GET", "/audit").status_code == 200
    assert "sign-in rules changed" in house.actions(here)


def test_who_must_have_one_replaces_it_and_does_not_remove_it(house: House) -> None:
    here, app = ask_administrators(house)
    with_code = {"current": PASSWORD, "code": app.code()}
    assert here.request("POST", "/account/second-factor/remove", with_code).status_code == 409
    assert here.request("PUT", "/sign-in-rules", {"second_factor_for_admins": False}).status_code == 200


def test_whoever_comes_from_the_hosts_console_is_let_in_and_may_work(house: House) -> None:
    here, _ = ask_administrators(house)
    entered = house.web.browser(house.tenant)
    token = access.make_entry_link(house.web.node.cluster.scope(house.tenant))
    assert entered.request("GET", f"/enter?token={token}", outside=True).status_code == 303
    assert entered.request("GET", "/audit").status_code == 200
    (session,) = [one for one in entered.get("/account/sessions") if one["this"]]
    assert session["console"]
    assert here.request("GET", "/audit").status_code == 200


def test_a_new_password_by_link_leaves_the_second_factor_where_it_is(house: House) -> None:
    here = house.enter()
    user = house.add(here, "eve")
    eve = house.enter("eve")
    app, _ = set_up(eve)
    token = here.post(f"/users/{user}/password-link", expect=201)["path"].partition("#")[2]
    assert here.request("POST", "/password", {"token": token, "password": OTHER}).status_code == 200
    assert house.web.browser(house.tenant).sign_in("eve", OTHER).status_code == 401
    house.enter("eve", OTHER, app.code())
