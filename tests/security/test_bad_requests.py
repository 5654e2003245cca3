"""What is wrong in a request is told as such, with a sentence: a server's error is nobody's answer to bad input."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from server.web.factory import openapi
from server.web.schemas.base import LARGEST, Problem
from tests.support.fakeapp.joined import integrate, the_fake_app_known
from tests.support.fakeapp.running import running
from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres

DEEP = b"[" * 100_000
DEEP_OBJECTS = b'{"a":' * 3000 + b"1" + b"}" * 3000
HUGE = "99999999999999999999999"
LOGINS: tuple[bytes, ...] = (
    DEEP,
    DEEP_OBJECTS,
    b"\xff\xfe",
    b'{"login": "a\\u0000b", "password": "x"}',
    b'{"login": "a", "password": "x\\u0000"}',
    b'{"login": "\\ud800", "password": "x"}',
    b'{"login": NaN, "password": 1e999}',
    b'{"login": {"a": 1}, "password": []}',
    b"",
    b"null",
)


@pytest.fixture(scope="module")
def stocked(web: WebNode, tenant: str, admin: Browser) -> Iterator[Browser]:
    """The administrator of a tenant with an integration: without one, a key is not held against any app."""
    with the_fake_app_known(), running() as left, running() as right:
        integrate(web.node.cluster.scope(tenant), left, right, {})
        yield admin


def told(browser: Browser, method: str, path: str, raw: bytes | None = None, **more: Any) -> Problem:
    """A request that must be refused as the caller's own fault; what was said of it."""
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json", **more.pop("headers", {})}
    where = path if more.pop("outside", False) else f"/api/v1{path}"
    answer = browser.client.open(where, method=method, data=raw, headers=headers, base_url=browser.base)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    return Problem.model_validate_json(answer.data)


@pytest.mark.parametrize("body", LOGINS)
def test_a_strangers_login_is_refused_whatever_it_holds(stranger: Browser, body: bytes) -> None:
    assert told(stranger, "POST", "/session", body).detail


@pytest.mark.parametrize(
    "path",
    [
        "/explain?key=%00",
        "/items?q=%00",
        "/items?q=a%00b",
        "/items?before=%00",
        f"/items?before={HUGE}",
        f"/audit?before={HUGE}",
        f"/runs?before={HUGE}",
        f"/explain?key={'9' * 5000}",
        "/integrations/%00",
        "/connections/%00",
        "/connections/x/containers",
        "/no%00where",
    ],
)
def test_an_address_that_means_nothing_is_refused(stocked: Browser, path: str) -> None:
    assert told(stocked, "GET", path).detail


@pytest.mark.parametrize("path", [f"/{'a' * 300}", f"/{'a' * 5000}", f"/assets/{'a' * 300}", f"/b/{'ü' * 300}"])
def test_an_address_that_is_longer_than_any_name_of_a_file_is_no_error(stranger: Browser, path: str) -> None:
    assert stranger.client.get(path, base_url=stranger.base).status_code < HTTPStatus.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize("path", ["/%00", "/assets/%00", "/enter?token=%00"])
def test_so_is_one_outside_the_api(stranger: Browser, path: str) -> None:
    assert told(stranger, "GET", path, outside=True).detail


@pytest.mark.parametrize(
    "key", ["http://[", "http://[::1", "//[", "http://a]b/issues/1", "http://\u2488.com/1", "#", ""]
)
def test_a_key_that_looks_like_an_address_and_is_none_is_no_error(stocked: Browser, key: str) -> None:
    answer = stocked.request("GET", "/explain", query_string={"key": key})
    assert answer.status_code in {200, 422}, answer.text
    assert stocked.request("GET", "/items", query_string={"q": key}).status_code == 200


@pytest.mark.parametrize("key", ["a\r\nX-Other: b", "a\nb", "klucz-ł", "a\tb\x07", "\x7f"])
def test_a_key_that_cannot_be_sent_is_named_as_that(stocked: Browser, key: str) -> None:
    trial = {"kind": "redmine", "settings": {"url": "http://127.0.0.1:9", "api_key": key}}
    answer = stocked.request("POST", "/connections/test", trial)
    assert answer.status_code in {200, 422}, answer.text
    assert key.strip() not in answer.text


@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "http://a b",
        "http://127.0.0.1:99999",
        f"http://{'a' * 70000}",
        "http://a..b",
        "http://xn--",
        "http://",
    ],
)
@pytest.mark.parametrize("setting", ["url", "proxy"])
def test_an_address_of_an_app_that_is_none_is_named(stocked: Browser, setting: str, url: str) -> None:
    settings = {"url": "http://127.0.0.1:9", "api_key": "k", setting: url}
    answer = stocked.request("POST", "/connections/test", {"kind": "redmine", "settings": settings})
    assert answer.status_code in {200, 422}, answer.text
    assert answer.status_code == 422 or answer.json["ok"] is False  # type: ignore[index]


def test_a_connection_that_is_no_id_is_named(stocked: Browser) -> None:
    end = {"connection": "nope", "container": "x"}
    answer = stocked.request("POST", "/integrations/suggest", {"left": end, "right": {**end, "connection": ""}})
    assert (answer.status_code, answer.json["field"]) == (422, "left.connection")  # type: ignore[index]


@pytest.mark.parametrize(
    "body", [DEEP, DEEP_OBJECTS, b"\0", b"\xff", b'{"items": ["\\u0000"]}', b'{"items": ["\\ud800"]}']
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_webhook_takes_or_refuses_anything(stocked: Browser, stranger: Browser, body: bytes, kind: str) -> None:
    connection = stocked.get("/connections")[0]["id"]
    path = stocked.post(f"/connections/{connection}/webhook", expect=201)["url"].partition("/api/v1")[2]
    answer = stranger.client.post(f"/api/v1{path}", data=body, content_type=kind, base_url=stranger.base)
    assert answer.status_code in {202, 422}, answer.text


@pytest.mark.parametrize(
    "header", ["Cookie", "Authorization", "X-Lockstep-Tenant", "Host", "X-CSRF-Token", "Sec-Fetch-Site"]
)
@pytest.mark.parametrize("value", ["\xff\xfe", "[::", "a:99999999", "x" * 8000, "Bearer \xe9", "lockstep_session=\xff"])
def test_a_header_may_hold_anything(stranger: Browser, header: str, value: str) -> None:
    for method, body in (("GET", None), ("DELETE", None)):
        answer = stranger.client.open(
            "/api/v1/session", method=method, data=body, headers={header: value}, base_url=stranger.base
        )
        assert 400 <= answer.status_code < 500, answer.text


def test_a_proof_of_intent_may_hold_anything(admin: Browser) -> None:
    assert told(admin, "POST", "/users", b"{}", headers={"X-CSRF-Token": "\xe9"}).status == 403


def test_every_number_that_a_request_may_hold_has_a_largest_value() -> None:
    """A new one without would be an error of the database, told as one of the server."""
    document = openapi("0.0.0")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for one in operation.get("parameters", ()):
                for schema in (one["schema"], *one["schema"].get("anyOf", ())):
                    if schema.get("type") == "integer":
                        assert schema.get("maximum", LARGEST + 1) <= LARGEST, f"{method} {path}: {one['name']}"


def test_every_operation_says_who_may_call_it_and_what_else_it_answers() -> None:
    document = openapi("0.0.0")
    public = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert {"429", "502", "503"} <= set(operation["responses"]), f"{method} {path}"
            if not operation["security"]:
                public.add(f"{method} {path}")
    assert public == {"post /api/v1/session", "post /api/v1/password", "get /enter", "post /api/v1/hooks/{secret}"}
