"""Where a tenant's connections lead is decided by the address that is then used, however it is written or answered."""

from __future__ import annotations

import ast
import json
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

import server
from server.connectors.dial import is_here
from server.connectors.http import HttpOutlet
from server.connectors.reach import Hop, Listed, Reach
from server.domain.errors import EgressDenied, LockstepError, PutRight
from server.services.reach import nothing_listed, reach_of
from tests.support.apart import OUTSIDE, run_apart
from tests.support.reaching import Contacts, write_reach
from tests.support.webapp import WebApp

LOOPBACK = ("127.1", "2130706433", "0x7f.1", "0", "[::ffff:127.0.0.1]")
SIBLINGS = (
    "127.0.0.1",
    "127.255.255.254",
    "127.0.1",
    "0177.0.0.1",
    "0177.1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "127.0x0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "0.1.2.3",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1:7f00:0:100::]",
    "[2002:7f00:1::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:1:2:0:0:80ff:fffe]",
    "[2001:db8::5efe:127.0.0.1]",
    "[2001:db8::200:5efe:127.0.0.1]",
    "169.254.169.254",
    "0xa9fea9fe",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[fec0::1]",
    "[100::1]",
)
NO_ADDRESSES = (
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%25lo]",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "\u2460\u2461\u2466.0.0.1",
    "127\u30020\u30020\u30021",
    "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
    "127.0.0.1.",
    "0x7f.1.",
    "127.0.0.1%00.example.com",
    "user@127.0.0.1",
    "user:word@127.0.0.1",
    "example.com@127.0.0.1",
    "127.0.0.1\\@example.com",
    "127.0.0.1#@example.com",
)
COMPANY = (
    "10.0.0.7",
    "172.16.9.1",
    "192.168.1.1",
    "100.64.0.9",
    "8.8.8.8",
    "fd12:3456::1",
    "2600::1",
    "::ffff:10.1.1.1",
)


@pytest.fixture(scope="module")
def app() -> Iterator[WebApp]:
    """What stands on loopback, and nobody may contact."""
    with WebApp() as running:
        yield running


def ask(url: str, **more: Any) -> Contacts:
    """A request that must not be sent; what is on record of it."""
    contacts = Contacts()
    with pytest.raises(LockstepError):
        HttpOutlet(url, reach=nothing_listed, ledger=contacts, **more).request("GET", "/", headers={"X-Key": "k"})
    return contacts


@pytest.mark.parametrize("host", LOOPBACK + SIBLINGS)
def test_what_is_inside_is_refused_however_it_is_written(app: WebApp, host: str) -> None:
    contacts = ask(f"http://{host}:{app.port}")
    assert [refused for _, refused in contacts] == [True], "it is on record, as refused"
    assert app.asked == []


@pytest.mark.parametrize("host", NO_ADDRESSES)
def test_what_only_looks_like_an_address_leads_nowhere(app: WebApp, host: str) -> None:
    with pytest.raises(LockstepError):
        HttpOutlet(f"http://{host}:{app.port}", reach=nothing_listed).request("GET", "/")
    assert app.asked == []


@pytest.mark.parametrize("host", LOOPBACK + SIBLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_so_it_is_as_a_proxy_and_beyond_one(app: WebApp, host: str, scheme: str) -> None:
    ask(f"{scheme}://192.0.2.9", proxy=f"http://{host}:{app.port}")
    listed = Reach((Listed(app.port, network=ip_network("127.0.0.1/32")),), own_ports=frozenset({9}))
    contacts = Contacts()
    beyond = HttpOutlet(f"{scheme}://{host}", proxy=app.url, reach=lambda: listed, ledger=contacts)
    with pytest.raises(EgressDenied):
        beyond.request("GET", "/")
    assert contacts[0][1], "refused before the proxy heard of it"
    assert app.asked == []


def parts(address: IPv4Address, sizes: tuple[int, ...], ways: list[str]) -> str:
    """The address as the old libraries read it: one to four numbers, each in its own way."""
    number, written = int(address), []
    left = 32
    for size, way in zip(sizes, ways, strict=True):
        left -= size
        part = number >> left & ((1 << size) - 1)
        written.append(
            {"decimal": f"{part}", "octal": f"0{part:o}", "hex": f"0x{part:x}", "long": f"0x{part:012X}"}[way]
        )
    return ".".join(written)


@st.composite
def written(draw: st.DrawFn) -> str:
    network = draw(st.sampled_from(["127.0.0.0/8", "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"]))
    address = draw(st.ip_addresses(v=4, network=network))
    assert isinstance(address, IPv4Address)
    sizes = draw(st.sampled_from([(32,), (8, 24), (8, 8, 16), (8, 8, 8, 8)]))
    ways = [draw(st.sampled_from(["decimal", "octal", "hex", "long"])) for _ in sizes]
    form = draw(st.sampled_from(["plain", "mapped", "translated", "6to4", "teredo", "translated here"]))
    number = int(address)
    if form == "plain":
        return parts(address, sizes, ways)
    number = {
        "mapped": 0xFFFF << 32 | number,
        "translated": 0x64FF9B << 96 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "teredo": 0x20010000 << 96 | 1 << 64 | number ^ 0xFFFFFFFF,
        "translated here": 0x64FF9B0001 << 80 | number,
    }[form]
    shown = IPv6Address(number)
    return f"[{draw(st.sampled_from([str(shown), shown.exploded, shown.exploded.upper()]))}]"


@given(host=written())
def test_no_spelling_of_an_address_gets_around_it(app: WebApp, host: str) -> None:
    ask(f"http://{host}:{app.port}")
    assert app.asked == []


@pytest.mark.parametrize("address", COMPANY)
def test_a_companys_own_networks_stay_reachable(address: str) -> None:
    assert Reach().refuses(Hop("tracker.example", 443, ip_address(address))) == ""
    assert Reach(only_listed=True).refuses(Hop("tracker.example", 443, ip_address(address)))


@given(address=st.ip_addresses())
def test_what_is_listed_is_reachable_and_no_port_of_ours_by_the_way(address: IPv4Address | IPv6Address) -> None:
    network = ip_network(address)
    hop = Hop("x.example", 80, address, here=True)
    for one in (Listed(network=network), Listed(name="x.example"), Listed(name="*.example")):
        assert Reach((one,), only_listed=True).refuses(hop) == ""
        assert Reach((one,), own_ports=frozenset({80})).refuses(hop)
    assert Reach((Listed(80, network=network),), own_ports=frozenset({80})).refuses(hop) == ""
    assert Reach((Listed(81, network=network),), only_listed=True).refuses(hop)


@pytest.mark.parametrize("host", ["example", "y.x.example.net", "xexample", "example.x"])
def test_a_listed_name_is_that_name_alone(host: str) -> None:
    hop = Hop(host, 80, ip_address("127.0.0.1"))
    assert Reach((Listed(name="x.example"), Listed(name="*.example"))).refuses(hop)


def test_our_own_ports_are_closed_at_every_address_of_this_machine() -> None:
    own = [
        one.address
        for many in psutil.net_if_addrs().values()
        for one in many
        if one.family in {socket.AF_INET, socket.AF_INET6}
    ]
    assert own
    for address in map(ip_address, own):
        assert is_here(address), address
        closed = Reach((Listed(network=ip_network(address)),), own_ports=frozenset({8443}))
        assert closed.refuses(Hop("lockstep.example", 8443, address, here=is_here(address)))
        assert not closed.refuses(Hop("lockstep.example", 3000, address, here=is_here(address)))
    assert not is_here(ip_address("192.0.2.250"))


def test_a_connection_that_is_kept_open_is_closed_when_its_place_is_not_listed_any_more(
    app: WebApp,
) -> None:
    now = [Reach((Listed(network=ip_network("127.0.0.0/8")),))]
    outlet = HttpOutlet(app.url, reach=lambda: now[0])
    before = len(app.asked)
    assert outlet.request("GET", "/").json() == {"ok": True}
    now[0] = Reach((Listed(network=ip_network("127.0.0.1/32")),))
    assert outlet.request("GET", "/").json() == {"ok": True}
    now[0] = Reach()
    with pytest.raises(EgressDenied):
        outlet.request("GET", "/")
    assert len(app.asked) == before + 2
    app.asked.clear()


def test_what_the_agent_writes_holds_at_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.services.reach._LOOK_SECONDS", 0.0)
    now = reach_of(tmp_path / "reach.json")
    hop = Hop("localhost", 80, ip_address("127.0.0.1"))
    assert now().refuses(hop)
    write_reach(tmp_path / "reach.json", "127.0.0.0/8")
    first = now()
    assert not first.refuses(hop)
    assert now() is first, "so a connection that is kept is judged anew only when something has changed"
    (tmp_path / "reach.json").write_text("{half")
    assert now() is first
    write_reach(tmp_path / "reach.json", "10.0.0.0/8")
    assert now().refuses(hop)
    assert reach_of(None)().refuses(hop)


# Names, on a machine of its own ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def away() -> dict[str, Any]:
    said = run_apart("tests.security.away")
    if said is None:
        pytest.skip("this account may not make a network of its own, in which names answer as a test says")
    came: dict[str, Any] = json.loads(said)
    return came


DENIED = (
    *(
        "both",
        "both-turned",
        "six",
        "mapped",
        "inside",
        "neighbour",
        "localhost.",
        "own port",
        "own name",
        "only listed",
    ),
    *("proxy here", "proxy inside", "over a proxy by TLS to inside.test"),
    *(f"over a proxy to {name}" for name in ("inside.test", "localhost", "x.localhost", "0x7f.1", "neighbour.test")),
    "over a proxy to metadata.google.internal",
)


@pytest.mark.parametrize("case", DENIED)
def test_a_name_that_leads_inside_with_any_of_its_addresses_is_refused(away: dict[str, Any], case: str) -> None:
    (end,) = away[case]["ends"]
    assert end.startswith("EgressDenied: Nothing was sent")
    assert [refused for *_, refused in away[case]["contacts"]] == [True]


def test_nothing_inside_ever_heard_of_any_of_it(away: dict[str, Any]) -> None:
    assert away["asked inside"] == 0
    assert away["asked outside"] == ["/secret", "/secret", "/secret", "http://far.example/secret"]


def test_a_name_that_answers_otherwise_the_second_time_is_judged_by_what_it_is_used_for(away: dict[str, Any]) -> None:
    first, second = away["turns"]["ends"]
    assert first == "reached"
    assert second.startswith("EgressDenied")
    assert [(address, refused) for _, _, address, _, refused in away["turns"]["contacts"]] == [
        (OUTSIDE, False),
        ("127.0.0.1", True),
    ]
    assert away["certificate"]["ends"][0].startswith("Untrusted")
    assert [refused for *_, refused in away["certificate"]["contacts"]] == [False, True]


@pytest.mark.parametrize("case", ["app", "listed name", "only a network", "over a proxy"])
def test_what_may_be_contacted_is(away: dict[str, Any], case: str) -> None:
    assert away[case]["ends"] == ["reached"]


def test_the_record_names_what_was_really_contacted(away: dict[str, Any]) -> None:
    (app,) = away["app"]["contacts"]
    port = app[1]
    assert app == ["app.test", port, OUTSIDE, "", False]
    assert away["over a proxy"]["contacts"] == [
        ["proxy.test", port, OUTSIDE, "", False],
        ["far.example", 80, "", f"proxy.test:{port}", False],
    ]
    assert away["nowhere"]["contacts"] == [["nowhere.test", port, "", "", False]]


# The walls -------------------------------------------------------------------------------------------------------


def test_every_way_out_is_judged() -> None:
    """Sockets that lead to other machines are made in ``dial`` alone, and no outlet is made without its reach."""
    makers, outlets = set(), []
    for file in Path(server.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"create_connection", "getaddrinfo", "gethostbyname", "connect_ex", "urlopen"}:
                makers.add(file.name)
            if name == "connect" and file.parent.name == "connectors":
                makers.add(file.name)
            if name in {"HttpOutlet", "CountedOutlet"}:
                outlets.append((file.name, {one.arg for one in node.keywords}))
    assert makers - {"wire.py", "troubles.py"} == {"dial.py"}
    assert [(name, "reach" in given) for name, given in outlets] == [("outlets.py", True)]


def test_an_address_that_is_none_is_told_as_that() -> None:
    with pytest.raises(PutRight, match="no address"):
        HttpOutlet("http://a..b", reach=nothing_listed).request("GET", "/")
    with pytest.raises(PutRight, match="no address"):
        HttpOutlet("http://tracker.example", proxy="http://a..b:3128", reach=nothing_listed).request("GET", "/")
