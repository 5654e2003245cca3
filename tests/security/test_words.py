"""What a failing app says is read by administrators alone, without what we sent it; every trial is on record."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.connectors.echoes import without_echoes, without_secrets
from server.connectors.http import HttpOutlet
from server.domain.errors import AppError
from server.domain.quoting import quoted, unquoted, with_words
from server.services.sync.passes import Broken
from tests.support.fakeapp.joined import joined, the_fake_app_known
from tests.support.fakeapp.running import Running, running
from tests.support.proxy import Asked, Fault, standing_before
from tests.support.web import Browser, WebNode
from tests.support.webapp import WebApp

PASSWORD = "pa\"ss<w>ord&'s"
SIGNS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"])
DOWN, REFUSED = "down for a moment", "is not welcome in a title"
"""What an app behind ``standing_before`` says when it is broken, and the fake app of a word that it refuses."""
ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": lambda one: one,
    "as a page": html.escape,
    "as JSON": lambda one: json.dumps(one)[1:-1],
    "as an address": lambda one: quote(one, safe=""),
    "as base64": lambda one: base64.b64encode(one.encode()).decode(),
}


# Without what we sent ---------------------------------------------------------------------------------------------


KEY = "c0ffee" * 6


@pytest.mark.parametrize("way", [*ECHOES.values(), lambda one: "".join(f"\\u{ord(sign):04x}" for sign in one)])
def test_no_answer_that_is_well_repeats_what_lets_us_in(way: Callable[[str], str]) -> None:
    login = base64.b64encode(f"bob:{KEY}".encode()).decode()
    held = {"X-Redmine-API-Key": KEY, "Authorization": f"Basic {login}", "Cookie": f"session={KEY}s"}
    with WebApp() as app, closing(HttpOutlet(app.url)) as outlet:
        said = '", "'.join(way(one) for one in (KEY, login, f"session={KEY}s"))
        app.answer(
            200, f'{{"texts": ["before \\u003cb> {said}", "after"]}}'.encode(), {"Content-Type": "application/json"}
        )
        texts = outlet.request("GET", "/", headers=held).json()["texts"]
        shown = html.unescape(json.dumps(texts))
        assert not any(one in shown for one in (KEY, login, base64.b64encode(KEY.encode()).decode().rstrip("=")))
        assert texts[0].startswith("before <b> ")
        assert texts[-1] == "after"


def test_an_answer_that_repeats_nothing_is_left_as_it_came() -> None:
    held = {"X-Redmine-API-Key": KEY, "Accept": "application/json"}
    with WebApp() as app, closing(HttpOutlet(app.url)) as outlet:
        body = rb'{"text": "\u0022 \u005c n \u003cb\u003e password c0ffee"}'
        app.answer(200, body, {"Content-Type": "application/json"})
        assert outlet.request("GET", "/", headers=held).content == body


def test_a_word_that_people_write_is_no_secret() -> None:
    short = {"Authorization": "Basic " + base64.b64encode(b"bob:password").decode()}
    assert without_secrets(b"I forgot my password", short) == b"I forgot my password", "a word is no secret"
    assert without_secrets(KEY.encode(), {"Accept": KEY}) == KEY.encode(), "what every client sends is none"


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/json"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_error_repeats_what_the_request_held(method: str, kind: str) -> None:
    login = base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
    held = {"X-Key": "sesame-0123456789", "Authorization": f"Basic {login}", "Cookie": "session=cookie-of-ours"}
    secrets = ("sesame-0123456789", login, PASSWORD, "cookie-of-ours")
    with WebApp() as app, closing(HttpOutlet(app.url)) as outlet:
        for status, way in itertools.product((400, 401, 403, 404, 422, 500, 502, 503), ECHOES.values()):
            said = " | ".join(way(one) for one in (*held.values(), *secrets, f"bob:{PASSWORD}"))
            body = json.dumps({"errors": [f"No | {said}"]}) if kind.endswith("json") else f"<h1>No</h1> {said}"
            app.answer(status, body.encode(), {"Content-Type": kind})
            with pytest.raises(AppError) as caught:
                outlet.request(method, "/", headers=held)
            told = html.unescape(f"{caught.value.message} {caught.value.words}")
            assert "No" in told
            assert not [one for secret in secrets for spell in ECHOES.values() if (one := spell(secret)) in told]


@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nor_does_the_place_that_an_app_points_to(status: int, method: str) -> None:
    with WebApp() as app:
        where = "/log-in/sesame-0123456789?key=sesame-0123456789#sesame-0123456789"
        app.answer(status, b"", {"Location": where})
        app.answer(404)
        with pytest.raises(AppError) as caught:
            HttpOutlet(app.url).request(method, "/", headers={"X-Key": "sesame-0123456789"})
    assert "sesame" not in f"{caught.value.message} {caught.value.words}"


@given(secret=st.text(SIGNS, min_size=4, max_size=40), around=st.text(SIGNS, max_size=10))
def test_no_spelling_of_a_secret_is_left(secret: str, around: str) -> None:
    for way in ECHOES.values():
        assert way(secret) not in without_echoes(f"{around} {way(secret)} {around}", {"X-Key": secret}) or (
            way(secret) in f"{around} … {around}"
        )


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("redmine", {"api_key": "sesame-0123456789"}),
        ("request_tracker", {"token": "1-27-5e5a3e0123456789abcdef0123456789"}),
        ("roundup", {"login": "bob", "password": "sesame-0123456789"}),
    ],
)
def test_no_trial_shows_a_secret_that_the_app_repeats(admin: Browser, kind: str, settings: dict[str, str]) -> None:
    secret = list(settings.values())[-1]

    class Repeating(WebApp):
        def next_answer(self, _method: str, _path: str) -> tuple[int, bytes, dict[str, str]]:
            heard = "\n".join(f"{name}: {value}" for name, value in self.asked[-1].headers.items())
            return 500, f"{heard}\nin clear sesame-0123456789".encode(), {"Content-Type": "text/plain"}

    with Repeating() as app:
        tried = admin.post("/connections/test", {"kind": kind, "settings": {"url": app.url, **settings}})
        assert app.asked
    assert not tried["ok"]
    assert secret not in tried["problem"]
    assert base64.b64encode(b"bob:sesame-0123456789").decode() not in tried["problem"]


# Quoted so that it can be taken out -------------------------------------------------------------------------------


@given(words=st.text(min_size=1, max_size=60), more=st.sampled_from(["", " It is tried again."]))
def test_what_an_app_says_is_taken_out_of_a_sentence_whatever_it_is(words: str, more: str) -> None:
    sentence = f"The app refuses this (HTTP 400).{quoted(words)}{more}"
    assert unquoted(sentence) == f"The app refuses this (HTTP 400).{more}"
    assert with_words(sentence, words) == sentence
    cut = sentence[: -len(more) - 2] if more else sentence[:-2]
    assert unquoted(cut) == "The app refuses this (HTTP 400)."


# For administrators alone -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def failed(web: WebNode, tenant: str, admin: Browser) -> Iterator[str]:
    """An integration of which a page went wrong in many ways, and what the apps said is on record."""
    broken = [False]

    def choose(_: Asked) -> Fault:
        return Fault.BROKEN if broken[0] else Fault.NONE

    with the_fake_app_known(), running() as left, running() as right, standing_before(left.url, choose) as wall:
        right.control("quirks", refuses=["unspeakable"])
        for title in ("a plain one", "an unspeakable one"):
            left.control("create", container="main", fields={"title": title, "text": "t", "status": "open"})
        behind = Running(wall.url, left.pid)
        with joined(web.node.cluster.scope(tenant), behind, right, {}) as both:
            both.work()
            broken[0] = True
            outcome = both.work()
            assert isinstance(outcome, Broken)
            for one in admin.get("/connections"):
                admin.post(f"/connections/{one['id']}/test")
            yield both.integration


def everything(web: WebNode, browser: Browser, admin: Browser, integration: str) -> dict[str, str]:
    """Every read of the API, with what is there for its parts."""
    runs = admin.get("/runs")
    pairs = admin.get("/items")["items"]
    ids = {
        "connections": admin.get("/connections")[0]["id"],
        "integrations": integration,
        "runs": [one["id"] for one in runs],
        "items": [one["id"] for one in pairs],
    }
    found: dict[str, str] = {}
    for rule in web.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.rule.startswith("/api/v1/") or "answers" in rule.rule:
            continue
        path = rule.rule.removeprefix("/api/v1")
        place = path.split("/")[1]
        many = ids.get(place, [])
        for one in [many] if isinstance(many, str) else many or [""]:
            filled = re.sub(r"<[^>]*>", one, path)
            for key in ("", "?key=1", "?key=2", "?container=main", "?container=main&type=item"):
                answer = browser.request("GET", f"{filled}{key}")
                found[f"{filled}{key}"] = answer.text
    return found


def test_nobody_but_an_administrator_reads_what_a_failing_app_said(
    web: WebNode, admin: Browser, viewer: Browser, failed: str
) -> None:
    read = everything(web, admin, admin, failed)
    for said in (DOWN, REFUSED):
        assert any(said in text for text in read.values()), f"nothing shows an administrator {said!r}"
    seen = everything(web, viewer, admin, failed)
    assert len(seen) == len(read)
    for path, text in seen.items():
        assert DOWN not in text, path
        assert REFUSED not in text, path
    held = [one for one in viewer.get("/holds") if one["reason"]]
    assert held, "that it is held, and why in our words, they do read"


# On record --------------------------------------------------------------------------------------------------------


def test_a_trial_of_settings_that_are_not_saved_is_on_record_with_where_it_led(admin: Browser) -> None:
    with WebApp() as app:
        settings = {"url": app.url, "api_key": "sesame-0123456789", "proxy": "http://127.0.0.1:9"}
        assert not admin.post("/connections/test", {"kind": "redmine", "settings": settings})["ok"]
    newest = admin.get("/audit")["entries"][0]
    assert (newest["actor"], newest["action"]) == ("admin", "settings tried")
    assert newest["detail"] == {"kind": "redmine", "address": app.url, "proxy": "http://127.0.0.1:9"}
    assert "sesame" not in json.dumps(newest)
    contacted = {(one["host"], one["port"], one["address"], one["via"]) for one in admin.get("/egress")}
    assert ("127.0.0.1", 9, "127.0.0.1", "") in contacted, "the proxy is named"


def test_a_trial_is_on_record_before_anything_is_contacted(admin: Browser, web: WebNode, tenant: str) -> None:
    seen: list[Any] = []

    class Looking(WebApp):
        def next_answer(self, _method: str, _path: str) -> tuple[int, bytes, dict[str, str]]:
            with web.node.cluster.scope(tenant).reading() as tx:
                seen.append(tx.exec_driver_sql("select action from audit order by id desc limit 1").scalar_one())
            return 500, b"", {}

    with Looking() as app:
        admin.post("/connections/test", {"kind": "redmine", "settings": {"url": app.url, "api_key": "k"}})
    assert set(seen) == {"settings tried"}
