"""The gateway's configuration: one route a cluster, our own authority, nothing touched outside the data folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.config import DataFolder
from appliance.members.caddy import GATEWAY_HEADER, Route, configuration
from appliance.members.gateway import Gateway
from appliance.system.linux import short_folder
from server.web.factory import MAX_BODY_BYTES

ROUTES = (Route("one.localhost", 8101, "s1"), Route("two.localhost", 8102, "s2"))


def made(routes: tuple[Route, ...] = ROUTES, *, loopback: bool = True) -> Any:
    return configuration(
        routes,
        https_port=8443,
        http_port=8080,
        loopback=loopback,
        storage=Path("/d/gateway/storage"),
        admin=Path("/d/run/gateway.sock"),
    )


def hosts(server: Any) -> list[Any]:
    return [route["match"][0]["host"] for route in server["routes"] if "match" in route]


def ways(route: Any) -> list[Any]:
    """The lanes in which a route hands requests on."""
    parts = [part for one in route["handle"] if one["handler"] == "subroute" for part in one["routes"]]
    return [part["handle"][0] for part in parts if part["handle"][0]["handler"] == "reverse_proxy"]


def test_each_cluster_has_one_wildcard_route_and_certificate() -> None:
    apps = made()["apps"]
    wanted = [["*.one.localhost", "one.localhost"], ["*.two.localhost", "two.localhost"]]
    assert hosts(apps["http"]["servers"]["https"]) == wanted
    assert hosts(apps["http"]["servers"]["http"]) == wanted
    assert "*.one.localhost" in apps["tls"]["certificates"]["automate"]


def test_the_operating_systems_trust_is_left_alone() -> None:
    assert made()["apps"]["pki"]["certificate_authorities"]["local"]["install_trust"] is False


def test_the_admin_socket_is_private_and_nothing_is_saved_behind_our_back() -> None:
    assert made()["admin"] == {"listen": "unix//d/run/gateway.sock|0600", "config": {"persist": False}}


def test_plain_http_never_leaves_loopback() -> None:
    servers = made(loopback=False)["apps"]["http"]["servers"]
    assert servers["http"]["listen"] == ["127.0.0.1:8080"]
    assert servers["https"]["listen"] == [":8443"]
    assert made()["apps"]["http"]["servers"]["https"]["listen"] == ["127.0.0.1:8443"]


def test_only_the_only_cluster_is_reached_by_the_loopback_names_and_nobody_by_any_other() -> None:
    assert hosts(made(ROUTES[:1])["apps"]["http"]["servers"]["http"]) == [
        ["*.one.localhost", "one.localhost", "localhost", "127.0.0.1"]
    ]
    for routes in (ROUTES, ROUTES[:1], ()):
        for server in made(routes)["apps"]["http"]["servers"].values():
            proxied = [one for one in server["routes"] if ways(one)]
            assert len(proxied) == len(routes)
            assert all("match" in one for one in proxied)


def test_each_cluster_is_told_its_own_secret_and_whatever_a_client_sent_for_it_is_replaced() -> None:
    for server in made()["apps"]["http"]["servers"].values():
        for route, secret in zip(server["routes"], ("s1", "s2"), strict=False):
            assert ways(route)
            for way in ways(route):
                assert way["headers"]["request"]["set"] == {GATEWAY_HEADER: [secret]}
    assert "s1" not in repr(ROUTES)


def test_an_unknown_name_gets_a_sentence() -> None:
    last = made()["apps"]["http"]["servers"]["https"]["routes"][-1]["handle"][0]
    assert last["status_code"] == 404
    assert "lockstep status" in last["body"]


def test_connections_are_let_go_of_in_time() -> None:
    assert made()["apps"]["http"]["grace_period"] == "30s"
    json.dumps(made())


def test_a_deep_data_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    gateway = Gateway(DataFolder(deep), 8443, 8080, loopback=True)
    assert len(str(gateway.admin)) < 100
    assert gateway.admin == Gateway(DataFolder(deep), 8443, 8080, loopback=True).admin
    short_folder(deep).rmdir()
    near = DataFolder(Path("/d"))
    assert Gateway(near, 8443, 8080, loopback=True).admin == Path("/d/run/gateway.sock")


def test_a_web_process_that_is_silent_is_told_as_a_problem_and_to_people_as_a_page_that_tries_again() -> None:
    for server in made()["apps"]["http"]["servers"].values():
        *refused, people, programs = server["errors"]["routes"]
        assert [one["handle"][0]["status_code"] for one in refused] == [413, 408, 400]
        assert people["match"] == [{"header": {"Accept": ["*text/html*"]}}]
        [page], [problem] = people["handle"], programs["handle"]
        assert 'http-equiv="refresh"' in page["body"]
        assert problem["headers"]["Content-Type"] == ["application/problem+json"]
        assert json.loads(problem["body"])["status"] == problem["status_code"] == page["status_code"] == 503
        assert problem["headers"]["Retry-After"] == page["headers"]["Retry-After"] == ["5"]


def test_the_gateway_asks_whether_the_process_serves_and_not_whether_its_database_does() -> None:
    for way in ways(made()["apps"]["http"]["servers"]["https"]["routes"][0]):
        assert way["health_checks"]["active"]["uri"] == "/-/node/alive"


def test_a_request_is_handed_on_whole_and_has_its_time_and_its_size() -> None:
    for server in made()["apps"]["http"]["servers"].values():
        assert {"read_header_timeout", "read_timeout", "write_timeout", "idle_timeout"} < server.keys()
        route = server["routes"][0]
        assert route["handle"][0]["max_size"] == MAX_BODY_BYTES
        assert {way["request_buffers"] for way in ways(route)} == {MAX_BODY_BYTES + 1}


def test_the_lanes_together_never_fill_the_server_behind() -> None:
    for server in made()["apps"]["http"]["servers"].values():
        several = ways(server["routes"][0])
        assert len(several) == 8
        assert sum(way["transport"]["max_conns_per_host"] for way in several) < 500


@pytest.mark.parametrize(
    ("address", "alike", "apart"),
    [
        ("127.0.0.1", "127.0.0.11", "127.0.0.2"),
        ("192.0.2.8", "10.0.0.0", "192.0.2.9"),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"),
        ("2001:db8:1:a1::", "2001:db8:1:b1::5:6", "2001:db8:1:a2::"),
        ("fe80::1%eth0", "::1", "2001:db8:1:f::"),
    ],
)
def test_a_clients_lane_is_told_by_its_address_and_of_ipv6_by_its_network(address: str, alike: str, apart: str) -> None:
    *lanes, rest = made()["apps"]["http"]["servers"]["https"]["routes"][0]["handle"][-1]["routes"]
    assert "match" not in rest, "whoever is in no other has the last"

    def lane(of: str) -> int:
        patterns = [one["match"][0]["vars_regexp"]["{http.request.remote.host}"]["pattern"] for one in lanes]
        return next((number for number, one in enumerate(patterns) if re.search(one, of)), len(lanes))

    assert lane(address) == lane(alike) != lane(apart)
