from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from server.web.turns import SIGN_IN, Line, TooManyAtOnce, Turns


@dataclass(slots=True)
class Request:
    name: str
    error: Any = None
    path: str = "/"


@dataclass(slots=True)
class Channel:
    """A connection with one request; served when ``go`` is set."""

    request: Request
    go: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)

    @property
    def requests(self) -> list[Request]:
        return [self.request]

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


def test_what_is_too_much_to_wait_is_refused_at_once_and_holds_nobody(turns: Turns) -> None:
    held = [_ask(turns, "loud") for _ in range(2 + 16)]
    refused = _ask(turns, "loud")
    assert isinstance(refused.request.error, TooManyAtOnce)
    assert refused.begun.wait(5)
    status, headers, body = refused.request.error.to_response()
    assert status == "429 Too Many Requests"
    assert dict(headers)["Retry-After"] == "1"
    assert b"Too much is asked at once" in body
    for one in (*held, refused):
        one.go.set()
    assert all(one.done.wait(5) for one in held)


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
