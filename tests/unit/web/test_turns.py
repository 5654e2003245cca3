from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from server.web.too_much import TooManyAtOnce
from server.web.turns import SIGN_IN, Gate, Line, Turns
from tests.support.web import GATEWAY_SECRET


@dataclass(slots=True)
class Request:
    name: str
    error: Any = None
    path: str = "/"
    command: str = "GET"
    version: str = "1.1"
    headers: dict[str, str] = field(default_factory=dict)

    def close(self) -> None: ...


@dataclass(slots=True)
class Channel:
    """A connection with one request; served when ``go`` is set."""

    request: Request
    go: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)
    requests: list[Any] = field(init=False)
    told: bytes = b""
    close_when_flushed: bool = False

    def __post_init__(self) -> None:
        self.requests = [self.request]

    def write_soon(self, data: bytes) -> None:
        self.told += data

    def service(self) -> None:
        self.begun.set()
        assert self.go.wait(10)
        self.done.set()

    def cancel(self) -> None: ...


def _ask(turns: Turns, name: str) -> Channel:
    channel = Channel(Request(name))
    turns.add_task(channel)
    return channel


@pytest.fixture
def turns() -> Any:
    made = Turns(4, lambda request: tuple(request.name.split("/")))
    made.set_thread_count(4)
    yield made
    made.shutdown(timeout=1)


def test_a_tenant_has_half_of_the_threads_and_another_is_served_at_once(turns: Turns) -> None:
    held = [_ask(turns, "loud") for _ in range(6)]
    assert all(one.begun.wait(5) for one in held[:2])
    quiet = _ask(turns, "quiet")
    assert quiet.begun.wait(5)
    assert not any(one.begun.is_set() for one in held[2:])
    for one in (*held, quiet):
        one.go.set()
    assert all(one.done.wait(5) for one in (*held, quiet))


def test_a_request_that_could_not_be_read_has_a_path_by_which_waitress_can_name_it(turns: Turns) -> None:
    unread = HTTPRequestParser(Adjustments())
    assert not hasattr(unread, "path"), "Waitress gives it one by itself now: ours can go"
    unread.name = "anna"
    channel = Channel(unread)
    turns.add_task(channel)
    channel.go.set()
    assert channel.done.wait(5)
    assert unread.path == ""


def test_what_is_too_much_to_wait_is_refused_at_once_and_takes_no_thread(turns: Turns) -> None:
    held = [_ask(turns, "loud") for _ in range(2 + 16)]
    refused = _ask(turns, "loud")
    head, _, body = refused.told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nRetry-After: 1\r\n" in head
    assert b"Too much is asked at once" in body
    assert not refused.requests, "nobody serves it once more"
    assert not refused.close_when_flushed, "whoever insists does not need another connection each time"
    for one in held:
        one.go.set()
    assert all(one.done.wait(5) for one in held)
    assert not refused.begun.is_set()


@pytest.mark.parametrize(
    ("version", "asked", "stays"), [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False)]
)
def test_who_is_sent_away_keeps_a_connection_that_was_to_stay(version: str, asked: str, stays: bool) -> None:  # noqa: FBT001
    turns = Turns(4, lambda _: ("anna",), lambda _: TooManyAtOnce("Later.", 7))
    one = Channel(Request("HEAD", command="HEAD", version=version, headers={"CONNECTION": asked}))
    one.requests.append(Request("next", version=version))
    turns.add_task(one)
    assert one.told.count(b"HTTP/1.1 429") == (2 if stays else 1), "what was sent in one go is answered in one go"
    assert one.told.count(b"Later.") == (1 if stays else 0), "a HEAD has no body"
    assert (b"Connection: close" in one.told, one.close_when_flushed) == (not stays, not stays)
    assert b"Retry-After: 7" in one.told
    assert one.requests == []


def test_one_address_leaves_a_quarter_of_the_threads_to_others_whatever_tenants_it_asks_for(turns: Turns) -> None:
    held = [_ask(turns, f"t{number}/one") for number in range(6)]
    assert all(one.begun.wait(5) for one in held[:3])
    other = _ask(turns, "t5/two")
    assert other.begun.wait(5), "although one of the same tenant's waits before it"
    assert not any(one.begun.is_set() for one in held[3:])
    for one in (*held, other):
        one.go.set()
    assert all(one.done.wait(5) for one in (*held, other))


def asked(address: str = "", key: str = "", secret: str = GATEWAY_SECRET) -> Request:
    headers = {"X_FORWARDED_FOR": address, "X_LOCKSTEP_GATEWAY": secret, "AUTHORIZATION": key}
    return Request("anna", headers={name: value for name, value in headers.items() if value})


def let_in(gate: Gate, request: Request, times: int) -> int:
    return sum(gate(request) is None for _ in range(times))


def test_an_address_is_held_to_a_rate_and_so_is_a_network_of_ipv6_and_a_key() -> None:
    gate = Gate(SecretStr(GATEWAY_SECRET), lambda request: request.headers.get("COOKIE", ""))
    assert 1000 <= let_in(gate, asked("192.0.2.1"), 3000) < 2000
    assert let_in(gate, asked("192.0.2.2"), 900) == 900, "another is let in"
    several = [asked(f"2001:db8:0:1::{number:x}") for number in range(3000)]
    assert 1000 <= sum(gate(one) is None for one in several) < 2000
    assert gate(asked("2001:db8:0:2::1")) is None
    keyed = [asked(f"198.51.100.{number % 200}", "Bearer ls_one") for number in range(2000)]
    assert 500 <= sum(gate(one) is None for one in keyed) < 1000, "from wherever it is used"
    assert gate(asked("198.51.100.7", "Bearer ls_two")) is None


def test_a_device_that_is_known_goes_on_while_others_use_up_its_address_and_has_a_rate_itself() -> None:
    gate = Gate(SecretStr(GATEWAY_SECRET), lambda request: request.headers.get("COOKIE", ""))
    assert let_in(gate, asked("192.0.2.1"), 3000) < 2000
    known, other = asked("192.0.2.1"), asked("192.0.2.1")
    known.headers["COOKIE"], other.headers["COOKIE"] = "one", "two"
    assert 200 <= let_in(gate, known, 2000) < 1500
    assert gate(other) is None


def test_an_address_that_somebody_but_the_gateway_names_is_nobodys() -> None:
    gate = Gate(SecretStr(GATEWAY_SECRET), lambda request: request.headers.get("COOKIE", ""))
    assert let_in(gate, asked("192.0.2.1", secret="guessed"), 3000) == 3000
    assert gate(asked("192.0.2.1")) is None


def test_tenants_have_their_turns_one_after_the_other() -> None:
    line = Line(1)
    for name in ("a", "a", "a", "b", "c"):
        line.put((name,), name)
    begun = []
    while line:
        name = line.popleft()
        begun.append(name)
        line.over(name)
    assert begun == ["a", "b", "c", "a", "a"]


def test_many_threads_at_once_lose_nothing(turns: Turns) -> None:
    start = Barrier(8)
    served: list[Channel] = []

    def flood(number: int) -> None:
        start.wait()
        for _ in range(8):
            channel = Channel(Request(f"t{number}"))
            channel.go.set()
            served.append(channel)
            turns.add_task(channel)

    threads = [Thread(target=flood, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(one.done.wait(5) for one in served)


def test_an_address_that_fills_its_tenants_line_gives_way_to_another(turns: Turns) -> None:
    held = [_ask(turns, "loud/one") for _ in range(2 + 16)]
    other = _ask(turns, "loud/two")
    assert other.request.error is None
    assert isinstance(held[-1].request.error, TooManyAtOnce)
    assert held[-1].begun.wait(5)
    for one in (*held, other):
        one.go.set()
    assert all(one.done.wait(5) for one in (*held, other))


def test_sign_ins_hold_two_threads_and_wait_apart(turns: Turns) -> None:
    held = [_ask(turns, f"{SIGN_IN}/loud/{number}") for number in range(50)]
    assert all(one.begun.wait(5) for one in held[:2])
    others = [_ask(turns, "loud/one"), _ask(turns, "quiet/one")]
    assert all(one.begun.wait(5) for one in others)
    assert not any(one.begun.is_set() for one in held[2:])
    for one in (*held, *others):
        one.go.set()
    assert all(one.done.wait(5) for one in (*held, *others))


def test_fifty_strangers_at_one_tenant_let_another_and_a_known_device_sign_in_next() -> None:
    line = Line(8)
    for number in range(50):
        line.put((SIGN_IN, "loud", f"address {number}"), "stranger")
    line.put((SIGN_IN, "quiet", "somebody"), "quiet")
    line.put((SIGN_IN, "loud known", "device"), "known")
    begun = []
    for _ in range(3):
        begun.append(line.popleft())
        line.over(SIGN_IN)
    assert begun == ["stranger", "quiet", "known"]
