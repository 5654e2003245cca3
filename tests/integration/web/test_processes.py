"""The processes as the agent starts them: one request on standard input, a node that ends when it is told to."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.services.admin import answer
from tests.support.postgres import TestCluster
from tests.support.web import NODE_TOKEN, make_settings, write_settings

pytestmark = pytest.mark.postgres
PATIENCE = 30.0


@pytest.fixture
def settings_file(cluster: TestCluster, tmp_path: Path) -> Path:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return write_settings(make_settings(cluster, tmp_path, port), tmp_path / "settings.json")


def admin(verb: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    target = io.StringIO()
    code = answer(verb, io.StringIO(json.dumps(request)), target)
    reply: dict[str, Any] = json.loads(target.getvalue())
    return code, reply


def test_the_command_line_takes_one_request_and_gives_one_reply(cluster: TestCluster, settings_file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "admin", "prepare-cluster"],
        input=json.dumps({"settings": str(settings_file), "owner_dsn": cluster.owner_dsn}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (
        0,
        {"ok": True, "result": {"tenants_migrated": 0}},
        "",
    )


def test_a_tenant_lives_and_ends_by_requests_of_the_agent(cluster: TestCluster, settings_file: Path) -> None:
    base = {"settings": str(settings_file)}
    owned = {**base, "owner_dsn": cluster.owner_dsn}
    code, made = admin("create-tenant", {**owned, "name": "hanna", "title": "Hanna's", "admin_password": None})
    assert code == 0
    assert made["result"]["admin_login"] == "admin"
    assert len(made["result"]["admin_password"]) >= 12
    code, again = admin("create-tenant", {**owned, "name": "hanna", "title": ""})
    assert (code, again["kind"]) == (1, "conflicting")
    assert admin("suspend-tenant", {**base, "name": "hanna"})[0] == 0
    code, refused = admin("entry-link", {**base, "name": "hanna"})
    assert (code, refused["kind"]) == (1, "conflicting")
    assert admin("resume-tenant", {**base, "name": "hanna"})[0] == 0
    assert admin("entry-link", {**base, "name": "hanna"})[1]["result"]["token"]
    tenants = admin("list-tenants", base)[1]["result"]["tenants"]
    (hanna,) = [one for one in tenants if one["name"] == "hanna"]
    assert hanna == {
        "name": "hanna",
        "title": "Hanna's",
        "state": "active",
        "sync": "none",
        "message": "",
        "last_pass_at": None,
    }
    assert admin("delete-tenant", {**owned, "name": "hanna"})[0] == 0
    assert admin("delete-tenant", {**owned, "name": "hanna"})[1]["kind"] == "not_found"


def test_a_wrong_request_is_answered_with_a_sentence_and_no_password(settings_file: Path) -> None:
    code, reply = admin("prepare-cluster", {"settings": str(settings_file), "owner_dsn": ["hunter2"]})
    assert (code, reply["kind"]) == (1, "put_right")
    assert "hunter2" not in json.dumps(reply)
    code, reply = admin("list-tenants", {"settings": "/no/such/file"})
    assert (code, reply["kind"]) == (1, "put_right")
    assert "/no/such/file" in reply["message"]


@pytest.mark.parametrize("end", ["stdin", "sigterm"])
def test_a_web_node_serves_until_it_is_told_to_end(settings_file: Path, end: str) -> None:
    port = json.loads(settings_file.read_text())["web"]["port"]
    with subprocess.Popen(
        [sys.executable, "-m", "server", "web", "--settings", str(settings_file)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdin is not None
            assert json.loads(_answer(port, "/-/node/health")) == {"ok": True, "message": ""}
            assert "tenants" in json.loads(_answer(port, "/-/node/state"))
            if end == "stdin":
                process.stdin.close()
            else:
                os.kill(process.pid, signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("end", ["stdin", "sigterm"])
def test_a_sync_process_works_until_it_is_told_to_end(fresh_cluster: TestCluster, tmp_path: Path, end: str) -> None:
    settings_file = write_settings(make_settings(fresh_cluster, tmp_path), tmp_path / "settings.json")
    fresh_cluster.create_tenant("klara")
    with subprocess.Popen(
        [sys.executable, "-m", "server", "sync", "--settings", str(settings_file)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdin is not None
            _wait_for(fresh_cluster, "klara")
            if end == "stdin":
                process.stdin.close()
            else:
                os.kill(process.pid, signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    with psycopg.connect(fresh_cluster.owner_dsn) as owner:
        held = owner.execute("select count(*) from control.leases join control.holders using (holder)").fetchone()
    assert held == (0,)


def _wait_for(cluster: TestCluster, name: str) -> None:
    """Until the tenant's thread has said that it rests."""
    deadline = time.monotonic() + PATIENCE
    query = "select s.state from control.tenant_states s join control.tenants t on t.id = s.tenant_id where t.name = %s"
    with psycopg.connect(cluster.owner_dsn, autocommit=True) as owner:
        while owner.execute(query, (name,)).fetchone() != ("idle",):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_node_whose_settings_are_wrong_ends_with_a_sentence(settings_file: Path) -> None:
    settings_file.chmod(0o644)
    done = subprocess.run(
        [sys.executable, "-m", "server", "sync", "--settings", str(settings_file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "0600" in json.loads(done.stderr.splitlines()[-1])["event"]


def test_a_port_in_use_is_said_in_a_sentence(settings_file: Path) -> None:
    port = json.loads(settings_file.read_text())["web"]["port"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "server", "web", "--settings", str(settings_file)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert done.returncode == 1
    assert str(port) in done.stderr


def _answer(port: int, path: str) -> bytes:
    """The body, asked for until the process answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {NODE_TOKEN}"})
            return connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()
