"""The one way out against real sockets: lost answers, certificates, redirects, several threads."""

from __future__ import annotations

import io
import select
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.connectors.dial import Contact
from server.connectors.http import HttpOutlet
from server.domain.errors import (
    CredentialsRefused,
    EgressDenied,
    Fenced,
    LostAnswer,
    NotThatApp,
    PutRight,
    Rejected,
    Transient,
    Untrusted,
)
from tests.support.certificates import Authority
from tests.support.reaching import Contacts
from tests.support.webapp import WebApp


@pytest.fixture
def app() -> Iterator[WebApp]:
    with WebApp() as running:
        yield running


@pytest.fixture
def outlet(app: WebApp) -> Iterator[HttpOutlet]:
    opened = HttpOutlet(f"{app.url}/tracker/")
    yield opened
    opened.close()


def test_a_request_goes_below_the_base_and_carries_what_it_was_given(app: WebApp, outlet: HttpOutlet) -> None:
    params = [("id", "1"), ("id", "2"), ("q", "Größe & >=")]
    answer = outlet.request("POST", "/items", params=params, headers={"X-Key": "secret"}, json={"title": "日本"})
    assert answer.json() == {"ok": True}
    asked = app.asked[0]
    assert asked.method == "POST"
    assert asked.path == "/tracker/items?id=1&id=2&q=Gr%C3%B6%C3%9Fe+%26+%3E%3D"
    assert asked.headers["X-Key"] == "secret"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Accept"] == "application/json"
    assert asked.body == b'{"title":"\\u65e5\\u672c"}'
    assert "Cookie" not in asked.headers


def test_the_environment_changes_nothing(app: WebApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    HttpOutlet(app.url).request("GET", "/")
    assert "Authorization" not in app.asked[0].headers


def test_the_servers_clock_is_kept_for_each_thread(app: WebApp, outlet: HttpOutlet) -> None:
    assert outlet.server_time is None
    app.answer(headers={"Date": "Wed, 01 Jan 2031 12:00:00 GMT"})
    first = outlet.request("GET", "/")
    app.answer(headers={"Date": "Wed, 01 Jan 2031 13:00:00 GMT"})
    other = threading.Thread(target=outlet.request, args=("GET", "/"))
    other.start()
    other.join()
    assert outlet.server_time == first.date == datetime(2031, 1, 1, 12, tzinfo=UTC)


def test_connections_are_kept(app: WebApp, outlet: HttpOutlet) -> None:
    for _ in range(5):
        outlet.request("GET", "/")
    assert {one.peer for one in app.asked} == {app.asked[0].peer}


def test_several_threads_share_an_outlet(app: WebApp, outlet: HttpOutlet) -> None:
    def ask() -> None:
        for _ in range(10):
            outlet.request("GET", "/")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(app.asked) == 60


# What is not a success


def test_a_refusal_is_of_its_class_unless_it_was_expected(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(401)
    with pytest.raises(CredentialsRefused, match="refuses the credentials"):
        outlet.request("GET", "/")
    app.answer(422, b'{"errors":["Subject is empty"]}')
    with pytest.raises(Rejected, match="Subject is empty") as rejected:
        outlet.request("POST", "/", json={})
    assert rejected.value.status == 422
    app.answer(429, headers={"Retry-After": "7"})
    with pytest.raises(Transient, match="slower") as slow:
        outlet.request("GET", "/")
    assert slow.value.retry_after == 7
    app.answer(404)
    assert outlet.request("GET", "/", accept=(404,)).status == 404


def test_a_web_page_is_not_the_apps_data(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(200, b"<html><body>Please sign in</body></html>", {"Content-Type": "text/html"})
    with pytest.raises(NotThatApp, match="a web page") as caught:
        outlet.request("GET", "/").json()
    assert caught.value.words == "Please sign in"
    app.answer(200, b"")
    with pytest.raises(NotThatApp, match="nothing"):
        outlet.request("GET", "/").json()


# Lost answers


@pytest.mark.parametrize("how", ["dies before its body", "dies within its body", "dies within its headers"])
def test_an_app_that_dies_while_it_answers_is_no_other_app(app: WebApp, outlet: HttpOutlet, how: str) -> None:
    app.misbehave(how)
    with pytest.raises(Transient, match="middle"):
        outlet.request("GET", "/").json()
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/", json={}).json()


@pytest.mark.parametrize("content", [b'{"id": 7, "tit', b"", b"<html>Please sign in</html>"])
def test_a_write_that_was_taken_and_answered_with_nonsense_may_have_been_done(
    app: WebApp, outlet: HttpOutlet, content: bytes
) -> None:
    app.answer(201, content, {"Content-Type": "application/json"})
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/", json={}).json()


def test_json_that_ends_too_early_is_passing_even_if_its_length_is_right(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(200, b'{"items": [{"id": 1}, {"id"', {"Content-Type": "application/json; charset=utf-8"})
    with pytest.raises(Transient, match="middle"):
        outlet.request("GET", "/").json()


@pytest.mark.parametrize("how", ["close", "half", "garbage"])
def test_a_write_whose_answer_is_lost_is_neither_done_nor_undone_and_never_sent_twice(
    app: WebApp, outlet: HttpOutlet, how: str
) -> None:
    app.misbehave(how)
    with pytest.raises(LostAnswer):
        outlet.request("POST", "/", json={"title": "once"})
    assert len(app.asked) == 1


def test_a_write_that_is_not_answered_in_time_is_lost(app: WebApp) -> None:
    app.misbehave("silence")
    impatient = HttpOutlet(app.url, read_timeout=0.2)
    with pytest.raises(LostAnswer, match="looked up"):
        impatient.request("PUT", "/", json={})
    with pytest.raises(Transient, match="too long") as caught:
        impatient.request("GET", "/")
    assert type(caught.value) is Transient


def test_a_read_on_a_connection_that_had_died_is_sent_once_more(app: WebApp, outlet: HttpOutlet) -> None:
    outlet.request("GET", "/")
    app.misbehave("close", times=1)
    assert outlet.request("GET", "/").json() == {"ok": True}
    app.misbehave("close", times=2)
    with pytest.raises(Transient, match="closed the connection") as caught:
        outlet.request("GET", "/")
    assert type(caught.value) is Transient


def test_a_write_that_never_left_is_no_lost_answer() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(Transient, match="Nothing listens at") as caught:
            HttpOutlet(f"http://127.0.0.1:{port}").request("POST", "/", json={})
    assert type(caught.value) is Transient


def test_a_name_that_does_not_exist_is_said_so() -> None:
    with pytest.raises(Transient, match=r"nowhere\.invalid cannot be resolved") as caught:
        HttpOutlet("http://nowhere.invalid").request("POST", "/", json={})
    assert type(caught.value) is Transient


def test_an_address_that_swallows_everything_ends_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        begun = time.monotonic()
        with pytest.raises(Transient, match="no connection within") as caught:
            HttpOutlet(f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.3).request("POST", "/", json={})
        assert time.monotonic() - begun < 5
        assert type(caught.value) is Transient
        for one in waiting:
            one.close()


# Only to its own address


def test_a_redirect_elsewhere_is_denied_and_nothing_is_sent(app: WebApp) -> None:
    told = Contacts()
    with WebApp() as elsewhere:
        outlet = HttpOutlet(app.url, ledger=told)
        app.answer(302, headers={"Location": f"{elsewhere.url}/here"})
        with pytest.raises(EgressDenied, match="Nothing was sent"):
            outlet.request("GET", "/", headers={"X-Key": "secret"})
        with pytest.raises(EgressDenied):
            list(outlet.stream(f"{elsewhere.url}/file"))
        with pytest.raises(EgressDenied):
            outlet.request("GET", "http://[::1")
        assert elsewhere.asked == []
        contacted, asked_for = Contact("127.0.0.1", app.port, "127.0.0.1"), Contact("127.0.0.1", elsewhere.port)
        assert told == [(contacted, False), (asked_for, True), (asked_for, True)]


def test_a_redirect_within_the_app_is_followed_for_reads_alone(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(302, headers={"Location": "/moved?x=1"})
    assert outlet.request("GET", "/", headers={"X-Key": "k"}).json() == {"ok": True}
    assert app.asked[-1].path == "/moved?x=1"
    assert app.asked[-1].headers["X-Key"] == "k"
    app.answer(307, headers={"Location": "/moved"})
    before = len(app.asked)
    with pytest.raises(LostAnswer, match="final address"):
        outlet.request("POST", "/", json={})
    assert len(app.asked) == before + 1
    for _ in range(10):
        app.answer(302, headers={"Location": "/round"})
    with pytest.raises(NotThatApp, match="circles"):
        outlet.request("GET", "/")


@pytest.mark.parametrize("status", [400, 404, 406, 410])
def test_a_refusal_where_a_redirect_leads_is_no_word_on_what_was_asked_for(
    app: WebApp, outlet: HttpOutlet, status: int
) -> None:
    app.answer(302, headers={"Location": "/login"})
    app.answer(status, b"no such page")
    with pytest.raises(NotThatApp, match="sent a read on to") as caught:
        outlet.request("GET", "/items/7", accept=(404, 410))
    assert caught.value.spoilt, "the next answer may be as it should"


def test_an_account_that_is_refused_where_a_redirect_leads_is_refused(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(302, headers={"Location": "/moved"})
    app.answer(401, b"who are you?")
    with pytest.raises(CredentialsRefused):
        outlet.request("GET", "/items/7")


@pytest.mark.parametrize(
    "url", ["", "tracker", "ftp://x", "http://", "http://u:p@host", "http://h:99999", "http://h/?q"]
)
def test_an_unusable_address_is_to_be_put_right(url: str) -> None:
    with pytest.raises(PutRight) as caught:
        HttpOutlet(url)
    assert caught.value.field == "url"
    assert "u:p" not in caught.value.message


# Files


def test_files_go_up_and_come_down_in_pieces(app: WebApp, outlet: HttpOutlet) -> None:
    content = bytes(range(256)) * 20_000
    outlet.request("POST", "/", data=io.BytesIO(content), headers={"Content-Type": "application/octet-stream"})
    assert app.asked[-1].body == content
    assert app.asked[-1].headers["Content-Length"] == str(len(content))
    outlet.request("POST", "/", data=io.BytesIO(b""))
    assert app.asked[-1].headers["Content-Length"] == "0"
    assert "Transfer-Encoding" not in app.asked[-1].headers
    outlet.request("POST", "/", data=iter([b"eins", b"zwei"]))
    assert app.asked[-1].body == b"einszwei"
    outlet.request("POST", "/", files={"content": ("Größe.bin", io.BytesIO(content), "image/png")})
    assert content in app.asked[-1].body
    assert app.asked[-1].headers["Content-Length"] == str(len(app.asked[-1].body))
    app.answer(200, content, {"Content-Type": "application/octet-stream"})
    pieces = list(outlet.stream("/file"))
    assert b"".join(pieces) == content
    assert max(len(one) for one in pieces) <= 65_536


def test_a_download_that_is_refused_or_cut_off_is_no_short_file(app: WebApp, outlet: HttpOutlet) -> None:
    app.answer(404, b"<p>gone</p>", {"Content-Type": "text/html"})
    with pytest.raises(Rejected, match="gone"):
        outlet.stream("/file")
    app.misbehave("half")
    with pytest.raises(Transient, match="middle"):
        list(outlet.stream("/file"))


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority("Contoso Root CA", tmp_path_factory.mktemp("authority"))


def test_an_unknown_authority_is_named_and_nothing_is_sent(authority: Authority) -> None:
    with WebApp(tls=authority.issue("tracker.contoso", ["127.0.0.1"])) as app:
        with pytest.raises(
            Untrusted, match=r"for “tracker\.contoso”, issued by “Contoso Root CA”.*not trusted"
        ) as caught:
            HttpOutlet(app.url).request("POST", "/", json={"secret": 1})
        assert "Put the issuer's certificate into the connection" in caught.value.message
        assert app.asked == []


def test_an_authority_of_the_connection_is_trusted(authority: Authority) -> None:
    with WebApp(tls=authority.issue("tracker.contoso", ["127.0.0.1"])) as app:
        outlet = HttpOutlet(app.url, ca_pem=authority.pem)
        assert outlet.request("GET", "/").json() == {"ok": True}
        outlet.close()
        careless = HttpOutlet(app.url, verify=False)
        assert careless.request("GET", "/").json() == {"ok": True}
        careless.close()


@pytest.mark.parametrize(
    ("host", "days", "words"),
    [("other.contoso", 10, r"not for the name 127\.0\.0\.1"), ("127.0.0.1", -1, "not valid at this time")],
)
def test_a_certificate_for_another_name_or_another_time_is_told_apart(
    authority: Authority, host: str, days: int, words: str
) -> None:
    with WebApp(tls=authority.issue("a.contoso", [host], days)) as app, pytest.raises(Untrusted, match=words):
        HttpOutlet(app.url, ca_pem=authority.pem).request("GET", "/")


def test_https_where_there_is_none_is_said_so(app: WebApp) -> None:
    with pytest.raises(NotThatApp, match="http://, not https://"):
        HttpOutlet(app.url.replace("http:", "https:")).request("POST", "/", json={})


def test_an_authority_that_cannot_be_read_is_to_be_put_right() -> None:
    with pytest.raises(PutRight, match="BEGIN CERTIFICATE") as caught:
        HttpOutlet("https://app", ca_pem="not a certificate")
    assert caught.value.field == "ca_pem"


def test_a_proxy_that_is_not_there_is_named() -> None:
    with pytest.raises(Transient, match="proxy"):
        HttpOutlet("http://app.example", proxy="http://127.0.0.1:9").request("GET", "/")


def test_requests_go_over_the_proxy(app: WebApp) -> None:
    assert HttpOutlet("http://app.example/base", proxy=app.url).request("GET", "/x").json() == {"ok": True}
    assert app.asked[-1].path == "http://app.example/base/x"


def test_a_write_that_is_stopped_at_the_last_moment_never_leaves(app: WebApp) -> None:
    def stop() -> None:
        raise Fenced("The lease has run out.")

    outlet = HttpOutlet(app.url, before_write=stop)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(Fenced):
            outlet.request(method, "/items", json={})
    outlet.request("GET", "/items")
    assert [one.method for one in app.asked] == ["GET"]


@pytest.mark.parametrize("body", [b"{}", iter([b"{}"])], ids=["whole", "streamed"])
def test_nothing_that_takes_time_stands_between_the_last_look_and_the_write(body: bytes | Iterator[bytes]) -> None:
    connected = []

    def stop() -> None:
        connected.append(bool(select.select([listener], [], [], 0)[0]))
        raise Fenced("The lease has run out.")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        outlet = HttpOutlet(f"http://127.0.0.1:{listener.getsockname()[1]}", before_write=stop)
        with pytest.raises(Fenced):
            outlet.request("POST", "/items", data=body)
        assert connected == [True]
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(1) == b""
