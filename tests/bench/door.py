"""What strangers at the door cost who may come in, and whether the time tells which tenants there are; real gateway."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psycopg

from server.services.access import Passwords
from server.store.provision import FirstUser
from tests.bench.ratio import Outcome, median_ratio
from tests.chaos.panel import PASSWORD
from tests.chaos.stage import House
from tests.security.edge import CLUSTER, Edge, besieged_edge
from tests.support.postgres import running_server

_STRANGERS = 50
_PAIRS = 200
_PAIRS_OF_SIGN_INS = 30
_HOME = "127.0.0.2"
_OK = 200


@dataclass(slots=True)
class Door:
    """A gateway before two tenants whose administrators have passwords that cost what they cost."""

    house: House
    edge: Edge

    def ask(self, tenant: str, method: str, path: str, body: object = None, **more: str) -> HTTPResponse:
        """One request, on a connection of its own. ``source``: the address that it comes from."""
        source = more.pop("source", _HOME)
        one = HTTPConnection("127.0.0.1", self.edge.gateway.http_port, timeout=120, source_address=(source, 0))
        headers = {"Host": f"{tenant}.{CLUSTER}", "Content-Type": "application/json", **more}
        one.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = one.getresponse()
        answer.read()
        one.close()
        return answer

    def sign_in(self, tenant: str, login: str = "admin", password: str = PASSWORD, **more: str) -> HTTPResponse:
        """A try."""
        return self.ask(tenant, "POST", "/api/v1/session", {"login": login, "password": password}, **more)

    def forget(self) -> None:
        """Nobody tried anything yet."""
        with psycopg.connect(self.house.server.dsn(self.house.cluster.settings.name), autocommit=True) as superuser:
            superuser.execute("delete from control.tries")


@contextmanager
def _door() -> Iterator[Door]:
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        (Path(folder) / "house").mkdir()
        (Path(folder) / "gateway").mkdir()
        with House(server, Path(folder) / "house") as house, besieged_edge(house, Path(folder) / "gateway") as edge:
            kept = Passwords().hash(PASSWORD)
            for name in ("loud", "quiet"):
                house.cluster.create_tenant(name, FirstUser("admin", "admin@example.org", kept))
            yield Door(house, edge)


def sign_ins(rounds: int, _items: int) -> list[Outcome]:
    """Fifty strangers from fifty addresses sign in at one tenant at once; how long do those wait who may come in?"""
    with _door() as door:
        cookies = [part for name, part in door.sign_in("loud").getheaders() if name == "Set-Cookie"]
        known = "; ".join(part.partition(";")[0] for part in cookies if "device" in part)
        assert known, "a sign-in leaves a device"
        asks: dict[str, Callable[[], HTTPResponse]] = {
            "another tenant's sign-in": lambda: door.sign_in("quiet"),
            "the administrator's on a known device": lambda: door.sign_in("loud", Cookie=known),
            "the administrator's on a new device": lambda: door.sign_in("loud", source="127.0.0.3"),
        }
        found: dict[str, list[tuple[float, float]]] = {what: [] for what in asks}
        for _ in range(rounds):
            door.forget()
            alone = {what: _time_of(ask) for what, ask in asks.items()}
            for what, beside in _besieged(door, asks).items():
                found[what].append((beside, alone[what]))
    return [_told(what, samples) for what, samples in found.items()]


def _besieged(door: Door, asks: dict[str, Callable[[], HTTPResponse]]) -> dict[str, float]:
    with ThreadPoolExecutor(_STRANGERS + len(asks)) as pool:
        strangers = [
            pool.submit(door.sign_in, "loud", f"nobody{number}", "wrong", source=f"127.0.1.{number + 1}")
            for number in range(_STRANGERS)
        ]
        time.sleep(0.2)  # until all of them wait at the door
        timed = {what: pool.submit(_time_of, ask) for what, ask in asks.items()}
        took = {what: one.result() for what, one in timed.items()}
        assert all(one.result().status for one in strangers)
    return took


def _time_of(ask: Callable[[], HTTPResponse]) -> float:
    begun = time.perf_counter()
    status = ask().status
    assert status == _OK, status
    return time.perf_counter() - begun


def _told(what: str, samples: list[tuple[float, float]]) -> Outcome:
    middle = [statistics.median(one[which] for one in samples) for which in (0, 1)]
    said = f"{middle[0]:.2f} s against {middle[1]:.2f} s"
    limit = 40.0 if "new device" in what else 5.0  # after fifty addresses that have their turn each
    return Outcome(
        "S2", f"{what} beside 50 strangers' to alone", median_ratio(samples), limit, False, said, tuple(samples)
    )


def alike(_rounds: int, _items: int) -> list[Outcome]:
    """A tenant that is there and one that is not, asked in turns: the medians, and how often the one takes longer."""
    with _door() as door:
        asks: dict[str, tuple[int, Callable[[str, str], HTTPResponse]]] = {
            "the page": (_PAIRS, lambda tenant, source: door.ask(tenant, "GET", "/", source=source)),
            "the API, a made-up session": (
                _PAIRS,
                lambda tenant, source: door.ask(
                    tenant, "GET", "/api/v1/session", source=source, Cookie="lockstep_session=made-up"
                ),
            ),
            "the API, a made-up key": (
                _PAIRS,
                lambda tenant, source: door.ask(
                    tenant, "GET", "/api/v1/overview", source=source, Authorization="Bearer ls_made-up"
                ),
            ),
            "a sign-in": (
                _PAIRS_OF_SIGN_INS,
                lambda tenant, source: door.sign_in(tenant, "nobody", "wrong", source=source),
            ),
        }
        return [_compared(door, what, times, ask) for what, (times, ask) in asks.items()]


def _compared(door: Door, what: str, times: int, ask: Callable[[str, str], HTTPResponse]) -> Outcome:
    found: list[tuple[float, float]] = []
    for number in range(times + 5):
        if number % 20 == 0:
            door.forget()
        source = f"127.0.2.{number % 200 + 1}"
        pair = {}
        for tenant in ("quiet", "nowhere") if number % 2 else ("nowhere", "quiet"):
            begun = time.perf_counter()
            pair[tenant] = (ask(tenant, source).status, time.perf_counter() - begun)
        assert pair["quiet"][0] == pair["nowhere"][0], (what, pair)
        found.append((pair["quiet"][1], pair["nowhere"][1]))
    found = found[5:]
    there, nowhere = [one for one, _ in found], [one for _, one in found]
    ratio = statistics.median(there) / statistics.median(nowhere)
    longer = sum(one > other for one in there for other in nowhere) / len(found) ** 2
    said = (
        f"{statistics.median(there) * 1000:.2f} against {statistics.median(nowhere) * 1000:.2f} ms; there takes "
        f"longer in {longer:.0%} of all pairs (Mann-Whitney), {times} each"
    )
    return Outcome("S3", f"{what}: a tenant that is there to one that is not", max(ratio, 1 / ratio), 1.1, False, said)
