"""Clusters and tenants from the command line: made, entered by the gateway, suspended, deleted, never half there."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest
import requests
import urllib3

from appliance.config import (
    ClusterRecord,
    ClusterSecrets,
    DataFolder,
    load_options,
    open_data_folder,
    save,
)
from appliance.control.client import Client
from appliance.control.messages import Health, MemberStatus, Verb
from appliance.errors import ApplianceError
from appliance.members.postgres import Postgres
from appliance.panel import Panel
from tests.support.installation import Installation, eventually, new_installation
from tests.support.webapp import WebApp

pytestmark = [pytest.mark.postgres, pytest.mark.e2e]  # the whole product starts: not for test-fast
HOST = "anna.north.localhost"
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def started() -> Iterator[Installation]:
    """A running appliance with cluster ``north`` and tenant ``anna``; every test leaves both running."""
    with new_installation() as made:
        assert made.start().code == 0
        made.must("cluster", "create", "north")
        made.must("tenant", "create", "anna", "--title", "Anna & Söhne", "--password-stdin", stdin=f"{PASSWORD}\n")
        yield made


def signed_in(installation: Installation) -> Panel:
    panel = Panel(HOST, installation.http_port)
    panel.sign_in("admin", PASSWORD)
    return panel


def test_a_tenant_is_entered_through_the_gateway(started: Installation) -> None:
    panel = signed_in(started)
    assert panel.get("session")["tenant"] == "anna"
    panel.close()

    tenants = started.must("tenant", "list")["tenants"]
    tenant = next(tenant for tenant in tenants if tenant["name"] == "anna")
    assert (tenant["name"], tenant["title"], tenant["state"]) == ("anna", "Anna & Söhne", "active")
    assert tenant["url"] == f"https://{HOST}:{started.https_port}"

    # Over TLS, with our own authority and nothing else trusted.
    authority = started.data / "gateway/storage/pki/authorities/local/root.crt"
    trust = ssl.create_default_context(cafile=str(authority))
    pool = urllib3.HTTPSConnectionPool(
        "127.0.0.1", started.https_port, ssl_context=trust, server_hostname=HOST, assert_hostname=HOST
    )
    answer = pool.request("GET", "/-/node/health", headers={"Host": HOST})
    assert answer.status == 200
    pool.close()


def test_a_one_time_link_works_once(started: Installation) -> None:
    link = urlsplit(started.must("tenant", "open", "anna")["url"])
    assert link.netloc == f"{HOST}:{started.https_port}"
    assert parse_qs(link.query)["token"]

    def enter() -> requests.Response:
        return requests.get(
            f"http://127.0.0.1:{started.http_port}/enter?{link.query}",
            headers={"Host": f"{HOST}:{started.http_port}"},
            allow_redirects=False,
            timeout=10,
        )

    assert enter().status_code in {302, 303}
    assert "lockstep_session" not in enter().headers.get("Set-Cookie", "")


def test_whoever_runs_the_host_lets_a_locked_out_administrator_in_again(started: Installation) -> None:
    link = urlsplit(started.must("tenant", "password", "anna", "admin")["url"])
    assert (link.netloc, link.path, link.query) == (f"{HOST}:{started.https_port}", "/password", "")
    place, sent_to = f"http://127.0.0.1:{started.http_port}/api/v1", {"Host": f"{HOST}:{started.http_port}"}

    def choose(password: str) -> int:
        given = {"token": link.fragment, "password": password}
        return requests.post(f"{place}/password", json=given, headers=sent_to, timeout=30).status_code

    assert choose("too short") == 422
    assert choose(PASSWORD) == 200
    assert choose(PASSWORD) == 401
    given = {"login": "admin", "password": PASSWORD}
    assert requests.post(f"{place}/session", json=given, headers=sent_to, timeout=30).status_code == 200
    unknown = started.lockstep("tenant", "password", "anna", "nobody")
    assert (unknown.code, "no user 'nobody'" in unknown.err) == (7, True)


def test_suspending_shuts_out_and_resuming_lets_in(started: Installation) -> None:
    started.must("tenant", "suspend", "anna")
    eventually(lambda: _refused(started))
    started.must("tenant", "resume", "anna")
    eventually(lambda: not _refused(started))


def _refused(installation: Installation) -> bool:
    try:
        signed_in(installation).close()
    except ApplianceError:
        return True
    return False


def test_a_clusters_connections_are_shown_and_limited_within_what_it_needs_and_what_there_is(
    started: Installation,
) -> None:
    shown = started.must("cluster", "connections", "north")
    assert (shown["name"], shown["allowed"]) == ("north", None)
    for most, why in (("5", "need 17 at least"), ("16", "need 17 at least"), ("5000", "would change nothing")):
        refused = started.lockstep("cluster", "connections", "north", "--most", most)
        assert refused.code == 2, refused.err
        assert why in refused.err
    assert started.lockstep("cluster", "connections", "north", "--most", "30", "--no-limit").code == 2
    assert started.lockstep("cluster", "connections", "nowhere").code == 7
    assert started.must("cluster", "connections", "north") | {"connections": None} == shown | {"connections": None}
    assert started.must("cluster", "connections", "north", "--most", "30")["allowed"] == 30
    eventually(lambda: started.must("cluster", "connections", "north")["connections"]["budget"] == 30)
    assert started.must("cluster", "connections", "north", "--no-limit")["allowed"] is None
    eventually(lambda: started.must("cluster", "connections", "north")["connections"]["budget"] > 30)


def test_a_database_that_is_away_is_told_through_the_gateway_and_the_web_process_is_left_alone(
    started: Installation,
) -> None:
    base, head = f"http://127.0.0.1:{started.http_port}", {"Host": f"{HOST}:{started.http_port}"}
    head["Authorization"] = "Bearer ls_nobodys"  # without any proof no database is asked who that may be

    def asked(path: str) -> requests.Response:
        return requests.get(base + path, headers=head, timeout=20)

    def web() -> MemberStatus:
        with Client.of(started.data) as agent:
            return next(one for one in agent.status().members if one.name == "north/web")

    before = web()
    with Client.of(started.data) as agent:
        agent.await_job(agent.member("postgres", Verb.STOP))
        try:
            eventually(lambda: web().health is Health.UNHEALTHY)
            assert "The database does not answer" in web().message
            told = asked("/api/v1/session")
            assert (told.status_code, told.headers["Content-Type"]) == (503, "application/problem+json")
            assert "goes on by itself" in told.json()["detail"]
            page = asked("/")
            assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")
        finally:
            agent.await_job(agent.member("postgres", Verb.START))
    eventually(lambda: asked("/api/v1/session").status_code == 401)
    eventually(lambda: web().health is Health.RUNNING)
    assert (web().pid, web().restarts) == (before.pid, before.restarts)


def test_a_web_process_that_is_down_is_told_as_a_problem_and_to_people_as_a_page(started: Installation) -> None:
    base, head = f"http://127.0.0.1:{started.http_port}", {"Host": f"{HOST}:{started.http_port}"}
    with Client.of(started.data) as agent:
        agent.await_job(agent.member("north/web", Verb.STOP))
        try:
            told = requests.get(f"{base}/api/v1/session", headers=head, timeout=20)
            assert (told.status_code, told.headers["Content-Type"]) == (503, "application/problem+json")
            assert "try again" in told.json()["detail"]
            page = requests.get(base, headers={**head, "Accept": "text/html,*/*;q=0.8"}, timeout=20)
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
            assert "Lockstep does not answer just now" in page.text
        finally:
            agent.await_job(agent.member("north/web", Verb.START))


def test_names_that_exist_or_do_not_have_their_own_exit_codes(started: Installation) -> None:
    assert started.lockstep("cluster", "create", "north").code == 8
    again = started.lockstep("tenant", "create", "anna")
    assert again.code == 8
    assert "anna" in again.err
    assert started.lockstep("tenant", "suspend", "berta").code == 7
    assert started.lockstep("tenant", "delete", "berta", "--yes").code == 7
    assert started.lockstep("tenant", "delete", "anna", stdin="berta\n").code == 2
    made = started.lockstep("tenant", "create", "berta")
    password = re.search(r"password +(\S+)", made.out)
    assert password is not None, made.err
    started.must("tenant", "delete", "berta", "--yes")
    assert [tenant["name"] for tenant in started.must("tenant", "list")["tenants"]] == ["anna"]


def test_a_key_that_no_tenant_knows_ends_with_its_own_exit_code(started: Installation) -> None:
    asked = started.lockstep("tenant", "explain", "NOPE-1")
    assert (asked.code, asked.out) == (7, "")
    assert "knows no such item: there is no integration yet" in asked.err
    assert started.lockstep("tenant", "explain", "NOPE-1", "--tenant", "nobody").code == 7


def test_what_a_cluster_holds_of_the_database_is_shown_and_all_but_the_reserved_may_be_taken(
    started: Installation,
) -> None:
    held = next(one for one in started.must("cluster", "list")["clusters"] if one["name"] == "north")["connections"]
    assert held["server"] == 200 - 3 - 10
    assert 0 < held["used"] < held["needed"] < held["budget"] < held["server"]
    checks = {one["name"]: one for one in started.must("doctor")["checks"]}
    assert checks["north connections"]["ok"]
    assert f"of {held['budget']} in use" in checks["north connections"]["found"]
    postgres = Postgres(DataFolder(started.data), load_options(DataFolder(started.data)).postgres_port)  # type: ignore[union-attr]
    with contextlib.closing(postgres.connect()) as superuser:
        superuser.execute("create role crowd login password 'crowd'")
        address = f"postgresql://crowd:crowd@127.0.0.1:{postgres.listen_port}/postgres"
        with contextlib.ExitStack() as crowd:
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    crowd.enter_context(psycopg.connect(address))
            made = started.lockstep("tenant", "create", "late", "--cluster", "north", "--json")
            assert made.code == 0, made.err
        superuser.execute("drop role crowd")
    started.must("tenant", "delete", "late", "--yes")


def test_a_stopped_cluster_stays_stopped(started: Installation) -> None:
    started.must("cluster", "stop", "north")
    assert not [name for name in started.processes().values() if name.startswith("north/")]
    started.must("stop")
    assert started.start().code == 0
    assert started.must("cluster", "list")["clusters"][0]["health"] == "stopped"
    started.must("cluster", "start", "north")
    signed_in(started).close()


def test_after_a_kill_of_the_agent_nodes_end_and_the_next_start_serves_again(started: Installation) -> None:
    started.kill_agent()
    eventually(lambda: set(started.processes().values()) == {"postgres", "gateway"})
    assert started.start().code == 0
    names = set(started.processes().values())
    assert names == {"postgres", "gateway", "north/web", "north/sync"}
    signed_in(started).close()


@pytest.mark.parametrize("part", ["web", "sync"])
def test_a_node_that_is_killed_comes_back(started: Installation, part: str) -> None:
    psutil.Process(started.member(f"north/{part}")["pid"]).kill()
    eventually(lambda: started.member(f"north/{part}")["restarts"] == 1)
    eventually(lambda: started.member(f"north/{part}")["health"] == "running")
    signed_in(started).close()


def test_a_creation_that_was_cut_off_is_completed_by_the_next_start(installation: Installation) -> None:
    folder = open_data_folder(installation.data)
    folder.cluster("north").mkdir()
    kept = ClusterSecrets(owner_password="o" * 20, control_password="c" * 20, node_token="n" * 20)
    save(folder.cluster("north") / "secrets.json", kept)
    save(folder.cluster("north") / "cluster.json", ClusterRecord(name="north", database="embedded", web_port=8101))
    started = installation.start()
    assert started.code == 0, started.err
    assert installation.must("cluster", "list")["clusters"][0]["health"] == "running"


def test_a_creation_that_fails_leaves_nothing(installation: Installation) -> None:
    assert installation.start().code == 0
    failed = installation.lockstep(
        "cluster",
        "create",
        "north",
        "--database",
        "postgresql://own@127.0.0.1:1/none",
        "--password-stdin",
        stdin="geheim",
    )
    assert failed.code != 0
    assert "geheim" not in failed.err + failed.out
    assert installation.status()["clusters"] == []
    assert list((installation.data / "clusters").iterdir()) == []


def test_secrets_are_readable_by_their_owner_alone(started: Installation) -> None:
    def loose(path: Path) -> bool:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)

    files = [path for path in started.data.rglob("*") if path.is_file() and "postgres/data" not in str(path)]
    assert [path.name for path in files if loose(path) and "storage" not in path.parts] == []
    logs = "".join(path.read_text() for path in (started.data / "logs").iterdir())
    assert PASSWORD not in logs


def test_a_cluster_lives_in_an_external_database_too(started: Installation) -> None:
    folder = DataFolder(started.data)
    options = load_options(folder)
    assert options is not None
    with contextlib.closing(Postgres(folder, options.postgres_port).connect()) as superuser:
        superuser.execute("create role elsewhere login createrole nosuperuser password 'geheim'")
        superuser.execute("create database elsewhere owner elsewhere")
    # The first of the two does not answer, so the second is asked, at its own port.
    dsn = f"postgresql://elsewhere@127.0.0.1:1,127.0.0.1:{options.postgres_port}/elsewhere"
    make = ("cluster", "create", "south", "--password-stdin", "--database")
    refused = started.lockstep(*make, dsn, stdin="geheim\n")
    assert refused.code != 0
    assert "SSL" in refused.err, "this PostgreSQL has no certificate"
    made = started.must(*make, f"{dsn}?sslmode=disable", stdin="geheim\n")
    assert "nothing on the way to it is encrypted" in made["warning"]
    checks = {check["name"]: check for check in started.must("doctor")["checks"]}
    assert "sslmode=disable, as asked" in checks["south database's address"]["found"]
    started.must("tenant", "create", "carl", "--cluster", "south")
    shown = next(one for one in started.must("cluster", "list")["clusters"] if one["name"] == "south")
    assert (shown["database"], shown["health"]) == ("external", "running")
    assert started.lockstep("tenant", "create", "dora").code == 2  # which cluster?
    started.must("cluster", "stop", "south")


def _own_addresses() -> list[str]:
    """This machine's addresses, as they stand in an address of an app."""
    found = [one for many in psutil.net_if_addrs().values() for one in many if "%" not in one.address]
    return [
        one.address if one.family is socket.AF_INET else f"[{one.address}]"
        for one in found
        if one.family in {socket.AF_INET, socket.AF_INET6}
    ]


def test_a_tenants_connection_reaches_no_port_of_ours_and_nothing_else_inside_that_is_not_listed(
    started: Installation,
) -> None:
    status = started.status()
    ours = {one["port"] for one in status["members"] if one["port"]}
    ours |= {started.https_port, started.http_port, int(started.control().address.rpartition(":")[2])}
    panel = signed_in(started)

    def tried(url: str, **more: str) -> str:
        settings = {"url": url, "api_key": "sesame", **more}
        return str(panel.ask("POST", "connections/test", {"kind": "redmine", "settings": settings})["problem"])

    with WebApp() as app:
        for port in ours:
            for host in _own_addresses():
                assert "may not be contacted" in tried(f"http://{host}:{port}"), (host, port)
                assert "may not be contacted" in tried("http://192.0.2.9", proxy=f"http://{host}:{port}"), (host, port)
        assert "may not be contacted" in tried(app.url)
        assert started.must("cluster", "reach", "north", "--add", "127.0.0.0/8")["listed"] == ["127.0.0.0/8"]
        eventually(lambda: "may not be contacted" not in tried(app.url))
        assert app.asked
        for port in ours:
            assert "one of Lockstep's own services" in tried(f"http://127.0.0.1:{port}"), port
        assert started.must("cluster", "reach", "north", "--remove", "127.0.0.0/8")["listed"] == []
        eventually(lambda: "may not be contacted" in tried(app.url))
    refused = {(one["host"], one["port"]) for one in panel.get("egress") if one["refused"]}
    assert {("127.0.0.1", port) for port in ours} <= refused
    assert started.lockstep("cluster", "reach", "north", "--add", "http://x").code == 2
    assert started.lockstep("cluster", "reach", "nowhere").code == 7
    panel.close()
