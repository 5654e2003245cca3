"""What a person lists for a cluster is read as it was meant, kept, and told the processes in words that they know."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance.config import ClusterRecord, ClusterSecrets, Options, open_data_folder, save
from appliance.control.api import build_app
from appliance.control.jobs import JobBoard
from appliance.control.messages import Problem, Reach
from appliance.display import reach_page
from appliance.errors import ApplianceError
from appliance.members.gateway import Gateway
from appliance.members.postgres import Postgres
from appliance.reach import Listed, reach_file
from appliance.site import Site
from appliance.supervision import Supervision
from server.connectors.reach import Hop
from server.services.reach import reach_of

AUTHORIZED = {"Authorization": "Bearer token"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = open_data_folder(tmp_path / "var")
    made = Site(
        folder,
        Options(base_domain="lockstep.example"),
        Supervision(lambda _: None),
        Postgres(folder, 54001),
        Gateway(folder, 8443, 8080, loopback=False),
        lambda _: None,
    )
    for name, port, dsn in (("one", 20001, None), ("two", 20002, "postgresql://o:p@10.0.0.1:6543/db")):
        folder.cluster(name).mkdir()
        save(folder.cluster(name) / "cluster.json", ClusterRecord(name=name, database="external", web_port=port))
        kept = ClusterSecrets(owner_password="o", control_password="c", node_token="n", external_dsn=dsn)
        save(folder.cluster(name) / "secrets.json", kept)
    return made


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return build_app(site, JobBoard(lambda _: None), "token", datetime.now(UTC), lambda: None).test_client()


def change(client: FlaskClient, cluster: str = "one", expect: int = 200, **wish: object) -> bytes:
    answer = client.patch(f"/v1/clusters/{cluster}/reach", headers=AUTHORIZED, json=wish)
    assert answer.status_code == expect, answer.text
    return bytes(answer.data)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tracker.Example.com.", "tracker.example.com"),
        ("tracker:3000", "tracker:3000"),
        ("*.example.com", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("127.0.0.1:3000", "127.0.0.1:3000"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.0/8:443", "10.0.0.0/8:443"),
        ("::1", "::1"),
        ("[::1]:80", "[::1]:80"),
        ("[fd00::/8]:80", "[fd00::/8]:80"),
        ("FD00::/8", "fd00::/8"),
        ("192.0.2.7/32", "192.0.2.7"),
    ],
)
def test_what_a_person_writes_is_read_and_shown(text: str, shown: str) -> None:
    assert Listed.read(text).shown() == shown
    assert Listed.read(shown) == Listed.read(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "*.", ".", "http://tracker.example.com", "tracker.example.com/path", "a b", "a..b", "-a.b", "a,b"),
        *("127.1", "2130706433", "0x7f.1", "0177.0.0.1", "1.2.3", "10.0.0.1/8", "10.0.0.0/33", "host:0", "host:65536"),
        *("host:", "host:port", "[::1", "[::1]:x", "*.127.0.0.1", "a.*.example.com", "user@host", "a\nb", "ü" * 70),
    ],
)
def test_what_is_no_host_and_no_network_is_named(text: str) -> None:
    with pytest.raises(ApplianceError) as caught:
        Listed.read(text)
    assert caught.value.message


def test_what_is_listed_is_kept_and_told_the_processes(client: FlaskClient, site: Site) -> None:
    change(client, add=["127.0.0.1:3000", "desk.example", "desk.example"], only_listed=True)
    told = Reach.model_validate_json(client.get("/v1/clusters/one/reach", headers=AUTHORIZED).data)
    assert told == Reach(listed=("127.0.0.1:3000", "desk.example"), only_listed=True)
    assert "desk.example" in reach_page("one", told)
    reach = reach_of(reach_file(site, "one"))()
    assert not reach.refuses(Hop("x", 3000, ip_address("127.0.0.1"), here=True))
    assert not reach.refuses(Hop("desk.example", 80, ip_address("127.0.0.1"), here=True))
    assert reach.refuses(Hop("x", 3000, ip_address("10.0.0.1")))
    change(client, remove=["127.0.0.1:3000"], only_listed=False)
    told = Reach.model_validate_json(change(client))
    assert told == Reach(listed=("desk.example",), only_listed=False)
    assert "networks" in reach_page("one", told)
    reach = reach_of(reach_file(site, "one"))()
    assert reach.refuses(Hop("x", 3000, ip_address("127.0.0.1"), here=True))
    assert not reach.refuses(Hop("x", 3000, ip_address("10.0.0.1")))


def test_one_clusters_list_is_no_others_and_all_know_where_we_answer(client: FlaskClient, site: Site) -> None:
    change(client, add=["127.0.0.0/8"])
    home = ip_address("127.0.0.1")
    one, two = (reach_of(reach_file(site, name))() for name in ("one", "two"))
    assert not one.refuses(Hop("x", 3000, home, here=True))
    assert two.refuses(Hop("x", 3000, home, here=True))
    for port in (8443, 8080, 54001, 20001, 20002, 6543):
        assert one.refuses(Hop("x", port, home, here=True)), port
    assert one.refuses(Hop("t.two.lockstep.example", 443, ip_address("203.0.113.1")))


@pytest.mark.parametrize("wish", [{"add": ["http://x"]}, {"remove": ["nobody.example"]}, {"add": [""]}, {"add": 7}])
def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(
    client: FlaskClient, site: Site, wish: dict[str, object]
) -> None:
    answer = client.patch("/v1/clusters/one/reach", headers=AUTHORIZED, json={"only_listed": True} | wish)
    assert answer.status_code in {404, 422}
    assert Problem.model_validate_json(answer.data).message
    assert site.record("one").listed == ()
    assert not site.record("one").only_listed
    change(client, "nowhere", expect=404)
