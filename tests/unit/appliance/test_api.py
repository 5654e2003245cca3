"""The control interface: only the holder of the token is let in, and every refusal is a sentence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance.config import Options, open_data_folder
from appliance.control.api import build_app, read_log
from appliance.control.jobs import JobBoard
from appliance.control.messages import Problem, Status
from appliance.members.gateway import Gateway
from appliance.members.postgres import Postgres
from appliance.site import Site
from appliance.supervision import Supervision

AUTHORIZED = {"Authorization": "Bearer token"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = open_data_folder(tmp_path / "var")
    return Site(
        folder,
        Options(),
        Supervision(lambda _: None),
        Postgres(folder, 1),
        Gateway(folder, 8443, 8080, loopback=True),
        lambda _: None,
    )


@pytest.fixture
def client(site: Site) -> FlaskClient:
    jobs = JobBoard(lambda _: None)
    return build_app(site, jobs, "token", datetime.now(UTC), lambda: None).test_client()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer tokem"}, {"Authorization": "Bearer é"}])
def test_without_the_token_nobody_is_let_in(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/v1/status", headers=headers)
    assert answer.status_code == 401
    assert "token" in Problem.model_validate_json(answer.data).message


def test_another_host_name_is_turned_away(client: FlaskClient) -> None:
    answer = client.get("/v1/status", headers={**AUTHORIZED, "Host": "evil.example:80"})
    assert answer.status_code == 403


def test_the_status_tells_what_there_is(client: FlaskClient, site: Site) -> None:
    status = Status.model_validate_json(client.get("/v1/status", headers=AUTHORIZED).data)
    assert (status.https_port, status.data, status.clusters) == (8443, str(site.folder.root), ())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/v1/clusters", '{"name": "X y"}', 422, "name"),
        ("POST", "/v1/clusters", "nonsense", 422, "JSON"),
        ("POST", "/v1/clusters", '{"name": "c1", "colour": 1}', 422, "colour"),
        ("POST", "/v1/clusters/nowhere/stop", "", 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/nowhere/tenants", '{"name": "t1"}', 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/nowhere/tenants/t1/suspend", "", 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/nowhere/tenants/t1/entry-link", "", 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/nowhere/tenants/t1/password-link", '{"login": "ada"}', 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/nowhere/tenants/t1/password-link", "{}", 422, "login"),
        ("DELETE", "/v1/clusters/nowhere/tenants/t1", "", 404, "no cluster nowhere"),
        ("POST", "/v1/clusters/../stop", "", 404, "no cluster .."),
        ("POST", "/v1/members/cluster1/web/start", "", 404, "no member cluster1/web"),
        ("GET", "/v1/jobs/1", "", 404, "no job 1"),
        ("GET", "/v1/logs/nothing", "", 404, "no member nothing"),
        ("GET", "/v1/logs/agent?limit=x", "", 422, "limit"),
        ("GET", "/v2", "", 404, "/v2"),
    ],
)
def test_every_refusal_is_a_sentence(
    client: FlaskClient, method: str, path: str, body: str, status: int, words: str
) -> None:
    answer = client.open(path, method=method, data=body, headers=AUTHORIZED)
    assert answer.status_code == status
    assert re.search(re.escape(words), Problem.model_validate_json(answer.data).message)


def test_a_log_is_read_from_where_one_left_off(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    log.write_text("one\ntwo\nthr")
    first = read_log(log, None, 1)
    assert first.lines == ("two",)
    log.write_text("one\ntwo\nthree\nfour\n")
    second = read_log(log, first.position, 1)
    assert second.lines == ("three",)
    assert read_log(log, second.position, 10).lines == ("four",)


def test_a_log_that_was_turned_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    log.write_text("new\n")
    assert read_log(log, 10_000, 10).lines == ("new",)
    assert read_log(tmp_path / "none.log", None, 10).lines == ()
