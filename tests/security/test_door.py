"""Strangers guess slowly, keep nobody out who may come in, and do not learn which tenants there are."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from werkzeug.test import TestResponse

from server.services.access import Passwords
from server.store.provision import FirstUser
from tests.security.conftest import PASSWORD
from tests.support.postgres import Server, TestCluster
from tests.support.web import CHEAP, GATEWAY_SECRET, Browser, WebNode

pytestmark = pytest.mark.postgres


@pytest.fixture
def place(cluster: TestCluster) -> str:
    """A tenant of its own: what was tried there was tried by this test."""
    name = f"d{secrets.token_hex(4)}"
    cluster.create_tenant(name, FirstUser("admin", "admin@example.org", Passwords(CHEAP).hash(PASSWORD)))
    return name


@pytest.fixture(autouse=True)
def _nobody_tried(postgres_server: Server, cluster: TestCluster) -> Iterator[None]:
    """Addresses are counted for all tenants together."""
    yield
    wind_forward(postgres_server, cluster, "delete from control.tries")


def wind_forward(
    server: Server, cluster: TestCluster, change: str = "update control.tries set free_at = clock_timestamp()"
) -> None:
    """What waiting does, at once."""
    with psycopg.connect(server.dsn(cluster.settings.name), autocommit=True) as superuser:
        superuser.execute(change.encode())


def rest(server: Server, cluster: TestCluster, tenant: str, state: str) -> None:
    """The tenant is suspended, or being removed."""
    with psycopg.connect(server.dsn(cluster.settings.name), autocommit=True) as superuser:
        superuser.execute("update control.tenants set state = %s where name = %s", (state, tenant))


def at(web: WebNode, tenant: str, address: str) -> Browser:
    """A browser, not signed in, at that address."""
    browser = web.browser(tenant)
    browser.headers = {"X-Forwarded-For": address, "X-Lockstep-Gateway": GATEWAY_SECRET}
    return browser


def moved(browser: Browser, address: str) -> Browser:
    """The same device somewhere else, signed out."""
    browser.client.delete_cookie("lockstep_session", domain=f"{browser.tenant}.cluster1.localhost")
    browser.headers["X-Forwarded-For"], browser.csrf = address, ""
    return browser


def wait_of(refused: TestResponse) -> int:
    assert refused.status_code == 429, refused.text
    return int(refused.headers["Retry-After"])


def test_thirty_failures_from_several_addresses_keep_the_administrator_out_nowhere(web: WebNode, place: str) -> None:
    known = at(web, place, "192.0.2.1")
    assert known.sign_in(password=PASSWORD).status_code == 200
    for number in range(30):
        at(web, place, f"198.51.100.{number % 6}").sign_in(password="wrong")
    assert moved(known, "192.0.2.1").sign_in(password=PASSWORD).status_code == 200, "the device is known"
    assert moved(known, "198.51.100.1").sign_in(password=PASSWORD).status_code == 200, "also among the strangers"
    assert at(web, place, "192.0.2.9").sign_in(password=PASSWORD).status_code == 200, "and a new device elsewhere"


def test_sixty_with_any_names_keep_nobody_out_behind_their_address(web: WebNode, place: str) -> None:
    known = at(web, place, "192.0.2.1")
    assert known.sign_in(password=PASSWORD).status_code == 200
    said = Counter(at(web, place, "198.51.100.7").sign_in(f"nobody{one}", "x").status_code for one in range(60))
    assert 40 <= said[401] <= 45, "some seconds may have passed"
    assert moved(known, "198.51.100.7").sign_in(password=PASSWORD).status_code == 200
    assert 0 < wait_of(at(web, place, "198.51.100.7").sign_in(password=PASSWORD)) <= 15, "a stranger waits a moment"
    assert at(web, place, "198.51.100.8").sign_in(password=PASSWORD).status_code == 200


def test_a_hundred_addresses_wait_at_the_account_and_never_for_long(web: WebNode, place: str) -> None:
    said = [at(web, place, f"203.0.113.{number}").sign_in(password="wrong") for number in range(100)]
    waits = [wait_of(one) for one in said if one.status_code == 429]
    assert waits
    assert max(waits) <= 15


def test_an_ipv6_network_is_one_address(web: WebNode, place: str) -> None:
    said = [at(web, place, f"2001:db8:0:1::{one:x}").sign_in(password="wrong").status_code for one in range(6)]
    assert said == [401] * 5 + [429]
    assert at(web, place, "2001:db8:0:2::1").sign_in(password=PASSWORD).status_code == 200


def test_tries_at_once_count_like_tries_in_a_row(web: WebNode, place: str) -> None:
    browsers = [at(web, place, "192.0.2.1") for _ in range(24)]
    with ThreadPoolExecutor(24) as pool:
        said = Counter(pool.map(lambda one: one.sign_in(password="wrong").status_code, browsers))
    assert said == {401: 5, 429: 19}


def test_the_wait_grows_and_a_refused_try_does_not_make_it_longer(
    web: WebNode, place: str, postgres_server: Server, cluster: TestCluster
) -> None:
    browser, waits = at(web, place, "192.0.2.1"), []
    for _ in range(5):
        assert browser.sign_in(password="wrong").status_code == 401
    for _ in range(9):
        waits.append(wait_of(browser.sign_in(password=PASSWORD)))
        assert wait_of(browser.sign_in(password=PASSWORD)) <= waits[-1]
        wind_forward(postgres_server, cluster)
        assert browser.sign_in(password="wrong").status_code == 401
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    wind_forward(postgres_server, cluster)
    assert browser.sign_in(password=PASSWORD).status_code == 200


def test_a_device_counts_for_who_signed_in_on_it_alone(web: WebNode, place: str, tenant: str) -> None:
    admin = at(web, place, "192.0.2.1")
    assert admin.sign_in(password=PASSWORD).status_code == 200
    made = admin.post("/users", {"login": "eve", "role": "viewer"}, expect=201)
    eve = at(web, place, "192.0.2.2")
    assert eve.sign_in("eve", made["password"]).status_code == 200
    stranger = at(web, tenant, "192.0.2.2")
    assert stranger.sign_in(password=PASSWORD).status_code == 200
    for one in ("198.51.100.1", "198.51.100.2"):
        for _ in range(5):
            at(web, place, one).sign_in(password="wrong")
    # Neither another's device, nor another tenant's, nor one that was tampered with lets anybody guess on.
    for browser in (eve, stranger):
        cookie = browser.client.get_cookie("lockstep_device", domain=f"{browser.tenant}.cluster1.localhost")
        assert cookie is not None
        for value in (cookie.value, cookie.value[:-4] + "AAAA", "", "x" * 3900, "\xff", "e30"):
            guessing = at(web, place, "198.51.100.1")
            guessing.client.set_cookie("lockstep_device", value, domain=f"{place}.cluster1.localhost")
            assert guessing.sign_in(password="wrong").status_code == 429


def test_whoever_is_signed_in_proves_the_password_whatever_strangers_try(web: WebNode, place: str) -> None:
    admin = at(web, place, "192.0.2.1")
    assert admin.sign_in(password=PASSWORD).status_code == 200
    for _ in range(12):
        at(web, place, "192.0.2.1").sign_in(password="wrong")
    told = {"current": PASSWORD, "name": "A", "email": "a@example.org"}
    assert admin.request("PUT", "/account", told).status_code == 200


WAYS: tuple[tuple[str, str, object, dict[str, str]], ...] = (
    ("GET", "/", None, {}),
    ("GET", "/settings", None, {}),
    ("POST", "/", None, {}),
    ("GET", "/api/v1/session", None, {}),
    ("GET", "/api/v1/session", None, {"Cookie": "made-up"}),
    ("GET", "/api/v1/session", None, {"Authorization": "Bearer ls_made-up"}),
    ("POST", "/api/v1/connections", {}, {"Cookie": "made-up"}),
    ("GET", "/api/v1/nothing", None, {}),
    ("DELETE", "/api/v1/overview", None, {}),
    ("POST", "/api/v1/session", {"login": "admin", "password": "wrong"}, {}),
    ("POST", "/api/v1/session", {"login": 1}, {}),
    ("GET", "/enter?token=made-up", None, {}),
    ("GET", "/enter", None, {}),
    ("POST", "/api/v1/hooks/made-up", {}, {}),
    ("POST", "/api/v1/password", {"token": "made-up", "password": "correct horse battery staple"}, {}),
    ("GET", "/api/v1/openapi.json", None, {}),
)


@pytest.mark.parametrize("state", ["there", "suspended", "deleting"])
def test_a_stranger_hears_the_same_whether_a_tenant_is_there_or_not(
    web: WebNode, place: str, state: str, postgres_server: Server, cluster: TestCluster
) -> None:
    if state != "there":
        rest(postgres_server, cluster, place, state)
    for method, path, body, shown in WAYS:
        answers = []
        cookie = shown.get("Cookie", "")
        headers = {key: value for key, value in shown.items() if key != "Cookie"}
        for name in (place, "nobody-is-here"):
            stranger = web.browser(name)
            if cookie:
                stranger.client.set_cookie("lockstep_session", cookie, domain=f"{name}.cluster1.localhost")
            said = stranger.request(method, path, body, headers=headers, outside=True)
            kept = {
                key: value for key, value in said.headers if key not in {"Content-Security-Policy", "Content-Length"}
            }
            text = said.text if said.mimetype != "text/html" else ""
            answers.append((said.status_code, text.replace(name, "NAME"), kept))
        assert answers[0] == answers[1], (method, path)


def test_strangers_wait_at_a_tenant_that_is_not_there_as_at_any_other(web: WebNode, place: str) -> None:
    for name in (place, "nobody-is-here"):
        said = [at(web, name, "192.0.2.77").sign_in(password="wrong") for _ in range(6)]
        assert [one.status_code for one in said] == [401] * 5 + [429]
        assert wait_of(said[-1]) == 2


def test_who_belongs_to_a_suspended_tenant_is_told_so(
    web: WebNode, place: str, postgres_server: Server, cluster: TestCluster
) -> None:
    admin = web.browser(place)
    assert admin.sign_in(password=PASSWORD).status_code == 200
    rest(postgres_server, cluster, place, "suspended")
    web.node.cluster._scopes.clear()
    for answer in (admin.request("GET", "/overview"), web.browser(place).sign_in(password=PASSWORD)):
        assert answer.status_code == 423
        assert "suspended" in answer.text
        assert "Set-Cookie" not in answer.headers


def test_over_https_no_neighbour_can_put_a_cookie_in_the_place_of_ours(web: WebNode, place: str) -> None:
    signed = web.browser(place, secure=True).sign_in(password=PASSWORD)
    cookies = signed.headers.getlist("Set-Cookie")
    assert sorted(one.partition("=")[0] for one in cookies) == ["__Host-lockstep_device", "__Host-lockstep_session"]
    for one in cookies:
        parts = {part.strip() for part in one.split(";")}
        assert {"Secure", "HttpOnly", "Path=/"} < parts
        assert not any(part.startswith("Domain") for part in parts)
    value = next(one for one in cookies if "_session=" in one).partition("=")[2].partition(";")[0]
    for name, status in (("__Host-lockstep_session", 200), ("lockstep_session", 401)):
        browser = web.browser(place, secure=True)
        browser.client.set_cookie(name, value, domain=f"{place}.cluster1.localhost", secure=True)
        assert browser.request("GET", "/session").status_code == status
