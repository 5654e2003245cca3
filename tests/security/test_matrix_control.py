"""The agent's control interface is for whoever can read its token, on this host, and for nobody else in any way.

All of its routes, each with everything that a web page, a tenant or another account of the host could send.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from appliance.config import Options, open_data_folder
from appliance.control.api import build_app
from appliance.control.jobs import JobBoard
from appliance.members.gateway import Gateway
from appliance.members.postgres import Postgres
from appliance.site import Site
from appliance.supervision import Supervision
from tests.security.matrix_rules import CONTROL

TOKEN = "the-token-of-the-control-file"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
LOCAL = "http://127.0.0.1:9"
NAMES = {"name": "cluster1/web", "verb": "stop", "cluster": "cluster1", "tenant": "acme", "job_id": "1"}

WITHOUT_THE_TOKEN: dict[str, dict[str, str]] = {
    "nothing": {},
    "another token": {"Authorization": "Bearer the-token-of-the-control-filf"},
    "a beginning of it": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "more than it": {"Authorization": f"Bearer {TOKEN}x"},
    "an empty one": {"Authorization": "Bearer "},
    "a tenant's key": {"Authorization": "Bearer ls_0123456789abcdef0123456789abcdef0123456789a"},
    "without its scheme": {"Authorization": TOKEN},
    "another scheme": {"Authorization": f"Basic {TOKEN}"},
    "in small letters": {"Authorization": f"bearer {TOKEN}"},
    "in a cookie": {"Cookie": f"token={TOKEN}; lockstep_session={TOKEN}"},
    "in another header": {
        "X-Api-Key": TOKEN,
        "X-Authorization": f"Bearer {TOKEN}",
        "Proxy-Authorization": f"Bearer {TOKEN}",
    },
    "letters that are none": {"Authorization": "Bearer \xe9\xff"},
    "loopback forwarded": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Remote-User": "root"},
}
OTHER_HOSTS = (
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "[::1]",
    "0x7f.1",
)
PATHS = ("{}/", "/{}", "{}%00", "{};x", "{}.json", "/v1/../{}", "/%76{}")


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def app(tmp_path: Path, logged: list[str]) -> Flask:
    """The interface over a data folder in which nothing runs; what is asked of it is counted."""
    folder = open_data_folder(tmp_path / "var")
    site = Site(
        folder,
        Options(),
        Supervision(lambda _: None),
        Postgres(folder, 1),
        Gateway(folder, 8443, 8080, loopback=True),
        logged.append,
    )
    return build_app(site, JobBoard(lambda _: None), TOKEN, datetime.now(UTC), lambda: logged.append("STOPPED"))


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app, use_cookies=False)


def served(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: str) -> str:
    return re.sub(r"<(?:path:)?(\w+)>", lambda found: NAMES[found.group(1)], rule)


def ask(client: Client, method: str, path: str, headers: dict[str, str], **more: Any) -> int:
    return client.open(path, method=method, headers=headers, data="{}", base_url=LOCAL, **more).status_code


def test_every_route_has_a_rule(app: Flask) -> None:
    routes = {f"{method} {rule}" for method, rule in served(app)}
    assert routes == CONTROL, (
        "Say in tests/security/matrix_rules.py that whoever has the token may call it, and only they."
    )


@pytest.mark.parametrize("what", WITHOUT_THE_TOKEN)
def test_without_the_token_nothing_is_done(app: Flask, client: Client, logged: list[str], what: str) -> None:
    for method, rule in served(app):
        for tried in (method, "OPTIONS", "HEAD", "TRACE", "PATCH"):
            assert ask(client, tried, path_of(rule), WITHOUT_THE_TOKEN[what]) == 401, (tried, rule)
        assert (
            ask(client, method, f"{path_of(rule)}?token={TOKEN}&access_token={TOKEN}", WITHOUT_THE_TOKEN[what]) == 401
        )
    assert "STOPPED" not in logged


def test_nor_by_another_spelling_of_the_path(app: Flask, client: Client, logged: list[str]) -> None:
    for method, rule in served(app):
        for form in PATHS:
            assert ask(client, method, form.format(path_of(rule)), {}) == 401, (method, rule, form)
    assert "STOPPED" not in logged


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_a_page_that_has_its_own_name_lead_here_is_turned_away_with_the_token_too(
    app: Flask, client: Client, logged: list[str], host: str
) -> None:
    for method, rule in served(app):
        answer = client.open(
            path_of(rule),
            method=method,
            headers={**RIGHT, "Host": host},
            data="{}",
            environ_overrides={"HTTP_HOST": host},
        )
        assert answer.status_code == 403, (method, rule, answer.text)
    assert "STOPPED" not in logged


def test_whoever_has_the_token_is_let_in(app: Flask, client: Client, logged: list[str]) -> None:
    """The other half: what refuses everybody proves nothing."""
    for method, rule in served(app):
        assert ask(client, method, path_of(rule), RIGHT) not in {401, 403, 405}, (method, rule)
    assert "STOPPED" in logged


def test_a_refusal_is_logged_once_a_minute_without_what_was_sent(client: Client, logged: list[str]) -> None:
    for _ in range(50):
        assert ask(client, "POST", "/v1/stop", WITHOUT_THE_TOKEN["another token"]) == 401
    [line] = [line for line in logged if "refused" in line]
    assert "no token, or a wrong one" in line
    assert "control-fil" not in line
