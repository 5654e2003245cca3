"""Connections through the API: what is asked, what is refused, and that a secret never comes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from tests.support.web import Browser, WebNode

pytestmark = pytest.mark.postgres
SECRET = "planted-secret-8c1f"


class _SomeWebsite(BaseHTTPRequestHandler):
    """A web server that is no tracker."""

    def do_GET(self) -> None:
        body = b"<html><title>Welcome</title></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def website() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _SomeWebsite)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def redmine(url: str = "http://127.0.0.1:1", **settings: str) -> dict[str, object]:
    return {"name": "Desk", "kind": "redmine", "settings": {"url": url, "api_key": SECRET, **settings}}


def test_every_kind_of_app_shows_the_settings_that_it_needs(admin: Browser) -> None:
    kinds = {one["kind"]: one for one in admin.get("/connectors")}
    assert set(kinds) == {"redmine", "request_tracker", "roundup"}
    for one in kinds.values():
        names = [setting["name"] for setting in one["settings"]]
        assert names[0] == "url"
        assert names[-4:-2] == ["requests_per_second", "request_burst"]
        assert names[-2:] == ["answer_seconds", "answer_megabytes"]
        assert {"ca_pem", "proxy"} < set(names)
        assert any(setting["kind"] == "secret" for setting in one["settings"])


def test_a_secret_goes_in_and_never_comes_out(web: WebNode, admin: Browser, website: str) -> None:
    made = admin.request("POST", "/connections", redmine(website))
    assert made.status_code == 201
    assert made.json["secrets_set"] == ["api_key"]  # type: ignore[index]
    where = f"/connections/{made.json['id']}"  # type: ignore[index]
    changed = redmine(website)
    replies = [
        made.text,
        admin.request("PUT", where, changed).text,
        admin.request("POST", f"{where}/test").text,
        admin.request("POST", "/connections/test", {"kind": "redmine", "settings": changed["settings"]}).text,
        admin.request("GET", f"{where}/containers").text,
        admin.request("POST", "/connections", redmine("nonsense", api_key=f"{SECRET}2")).text,
        admin.request("POST", "/connections", {**redmine(), "extra": SECRET}).text,
        *(
            admin.request("GET", path).text
            for path in ("/connections", where, "/overview", "/audit", "/egress", "/connectors", "/users")
        ),
    ]
    assert all(SECRET not in reply for reply in replies)
    scope = web.node.cluster.scope(admin.tenant)
    with scope.reading() as tx:
        stored = "".join(str(tx.execute(text(f"select * from {name}")).all()) for name in ("connections", "audit"))  # noqa: S608
    assert SECRET not in stored
    assert SECRET.encode().hex() not in stored


def test_a_secret_that_is_left_out_stays(admin: Browser) -> None:
    made = admin.post("/connections", redmine(), expect=201)
    changed = redmine()
    changed["name"] = "Front desk"
    changed["settings"] = {"url": "http://127.0.0.1:1"}
    answer = admin.request("PUT", f"/connections/{made['id']}", changed)
    assert answer.status_code == 200
    assert answer.json["secrets_set"] == ["api_key"]  # type: ignore[index]
    assert answer.json["name"] == "Front desk"  # type: ignore[index]


def test_a_kept_secret_is_never_sent_to_another_host(admin: Browser, website: str) -> None:
    made = admin.post("/connections", redmine(), expect=201)
    elsewhere = {"url": website}
    for answer in (
        admin.request("PUT", f"/connections/{made['id']}", {**redmine(), "settings": elsewhere}),
        admin.request("POST", "/connections/test", {"kind": "redmine", "settings": elsewhere, "id": made["id"]}),
    ):
        assert answer.status_code == 422
        assert answer.json["field"] == "settings.api_key"  # type: ignore[index]
        assert "entered again" in answer.json["detail"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"url": "http://h", "api_key": ""}, "settings.api_key"),
        ({"api_key": "k"}, "settings.url"),
        ({"url": "not an address", "api_key": "k"}, "settings.url"),
        ({"url": "file:///etc/passwd", "api_key": "k"}, "settings.url"),
        ({"url": "http://user:pass@h", "api_key": "k"}, "settings.url"),
        ({"url": "http://h", "api_key": "k", "text_format": "word"}, "settings.text_format"),
        ({"url": "http://h", "api_key": "k", "colour": "red"}, "settings.colour"),
        ({"url": "http://h", "api_key": "k", "ca_pem": "not a certificate"}, "settings.ca_pem"),
    ],
)
def test_a_wrong_setting_is_named(admin: Browser, settings: dict[str, str], field: str) -> None:
    answer = admin.request("POST", "/connections", {"name": "Desk", "kind": "redmine", "settings": settings})
    assert answer.status_code == 422
    assert answer.json["field"] == field  # type: ignore[index]
    assert admin.get("/connections") == []


def test_an_unknown_kind_and_a_taken_name_are_refused(admin: Browser) -> None:
    unknown = admin.request("POST", "/connections", {"name": "X", "kind": "excel", "settings": {}})
    assert (unknown.status_code, unknown.json["field"]) == (422, "kind")  # type: ignore[index]
    admin.post("/connections", redmine(), expect=201)
    assert "Desk" in admin.post("/connections", redmine(), expect=409)["detail"]


def test_a_test_names_the_exact_reason(admin: Browser, website: str) -> None:
    nobody = admin.post("/connections", redmine(), expect=201)
    refused = admin.post(f"/connections/{nobody['id']}/test")
    assert not refused["ok"]
    assert "127.0.0.1:1" in refused["problem"]
    other_app = admin.post("/connections/test", {"kind": "redmine", "settings": redmine(website)["settings"]})
    assert not other_app["ok"]
    assert other_app["problem"] != refused["problem"]
    assert admin.get(f"/connections/{nobody['id']}")["problem"] == refused["problem"]


def test_an_app_that_does_not_answer_is_an_error_and_never_an_empty_list(admin: Browser) -> None:
    made = admin.post("/connections", redmine(), expect=201)
    for path in ("containers", "types?container=x", "fields?container=x&type=y", "users?container=x"):
        answer = admin.request("GET", f"/connections/{made['id']}/{path}")
        assert answer.status_code == 502, path
        assert answer.json["detail"]  # type: ignore[index]


def test_every_contact_is_on_record(admin: Browser, website: str) -> None:
    made = admin.post("/connections", redmine(website), expect=201)
    admin.post(f"/connections/{made['id']}/test")
    (contact,) = admin.get("/egress")
    assert contact["host"] == "127.0.0.1"
    assert contact["port"] == int(website.rpartition(":")[2])
    assert contact["connection_name"] == "Desk"
    assert contact["requests"] >= 1
    assert contact["refused"] == 0


def test_a_connection_in_use_is_not_deleted(web: WebNode, admin: Browser) -> None:
    made = admin.post("/connections", redmine(), expect=201)
    with web.node.cluster.scope(admin.tenant).transaction() as tx:
        side = f'{{"connection": "{made["id"]}", "container": "c"}}'
        document = f'{{"left": {side}, "right": {side}, "types": []}}'
        tx.execute(
            text("insert into integrations (name, document) values ('Both', cast(:d as jsonb))"), {"d": document}
        )
    refused = admin.request("DELETE", f"/connections/{made['id']}")
    assert refused.status_code == 409
    assert "Both" in refused.json["detail"]  # type: ignore[index]
    with web.node.cluster.scope(admin.tenant).transaction() as tx:
        tx.execute(text("delete from integrations"))
    assert admin.request("DELETE", f"/connections/{made['id']}").status_code == 200
    assert admin.request("GET", f"/connections/{made['id']}").status_code == 404


def test_every_change_is_on_record_with_who_made_it(admin: Browser) -> None:
    made = admin.post("/connections", redmine(), expect=201)
    admin.request("DELETE", f"/connections/{made['id']}")
    entries = [(one["actor"], one["action"], one["subject"]) for one in admin.get("/audit")["entries"]]
    assert entries[:2] == [("admin", "connection deleted", "Desk"), ("admin", "connection created", "Desk")]


def test_a_schedule_is_kept_until_another_one_comes(admin: Browser) -> None:
    window = {"begins": "22:00", "ends": "02:00", "days": ["fri"], "zone": "Europe/Berlin"}
    schedule = {"every_seconds": None, "cron": "30 2 * * *", "zone": "Europe/Berlin", "windows": [window]}
    made = admin.post("/connections", {**redmine(), "schedule": schedule}, expect=201)
    where = f"/connections/{made['id']}"
    assert made["schedule"] == {**schedule, "webhooks": True}
    assert admin.request("PUT", where, redmine(api_key="")).json["schedule"] == made["schedule"]  # type: ignore[index]
    changed = admin.request("PUT", where, {**redmine(), "schedule": {"every_seconds": 600}})
    assert changed.json["schedule"]["every_seconds"] == 600  # type: ignore[index]
    assert changed.json["schedule"]["windows"] == []  # type: ignore[index]


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({"every_seconds": 1}, "schedule.every_seconds"),
        ({"every_seconds": 60, "cron": "0 2 * * *"}, "schedule.cron"),
        ({"cron": "every night"}, "schedule.cron"),
        ({"cron": "0 0 31 2 *"}, "schedule.cron"),
        ({"cron": "0 2 * * *", "zone": "Mars"}, "schedule.cron"),
        ({"windows": [{"begins": "22:00", "ends": "later"}]}, "schedule.windows.0"),
        ({"windows": [{"begins": "00:00", "ends": "00:00"}]}, "schedule.windows"),
    ],
)
def test_a_schedule_that_would_not_work_is_named(admin: Browser, schedule: dict[str, object], field: str) -> None:
    answer = admin.request("POST", "/connections", {**redmine(), "schedule": schedule})
    assert (answer.status_code, answer.json["field"]) == (422, field)  # type: ignore[index]


@pytest.mark.parametrize(
    "bound",
    [
        {"requests_per_second": "fast"},
        {"requests_per_second": "0"},
        {"request_burst": "1"},
        {"answer_seconds": "0"},
        {"answer_seconds": "nan"},
        {"answer_megabytes": "1e9"},
    ],
)
def test_a_pace_or_a_bound_that_is_none_is_named(admin: Browser, bound: dict[str, str]) -> None:
    answer = admin.request("POST", "/connections", redmine(**bound))
    assert (answer.status_code, answer.json["field"]) == (422, f"settings.{next(iter(bound))}")  # type: ignore[index]
