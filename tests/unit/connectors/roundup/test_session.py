"""What Roundup's answers mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.connectors.roundup.session import Known, Session
from server.domain.errors import AppError, LostAnswer, Rejected, Transient
from server.domain.values import AppUser
from server.services.sync.leave_out import is_of_a_value


class Refusing:
    """An outlet whose every request is refused in the given words."""

    base_url = "http://roundup.example"
    server_time = None

    def __init__(self, words: str, status: int = 400) -> None:
        self._words = words
        self._status = status

    def request(self, *_: Any, **__: Any) -> Any:
        raise Rejected("refused", words=self._words, status=self._status)

    def stream(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is streamed here")

    def close(self) -> None:
        """Nothing is open."""


def session(words: str, status: int = 400) -> Session:
    made = Session(Refusing(words, status), "lockstep", "secret")
    made._known = Known(AppUser("1", "Lockstep"), {})
    return made


BUSY = "Mon Nov 23: An error occurred. Please check the server log for more information."


def test_a_fault_of_its_own_during_a_write_leaves_the_outcome_open() -> None:
    with pytest.raises(LostAnswer, match="fault of its own"):
        session(BUSY).post("/rest/data/issue", {})


def test_a_fault_of_its_own_during_a_read_is_passing() -> None:
    with pytest.raises(Transient):
        session(BUSY).get("/rest/data/issue")


def test_what_it_refuses_for_a_reason_stays_refused() -> None:
    with pytest.raises(AppError) as caught:
        session("Property priority: no such value").post("/rest/data/issue", {})
    assert isinstance(caught.value, Rejected)


def test_what_a_rule_of_the_tracker_rejects_is_a_refusal_of_a_value_and_the_rest_may_go() -> None:
    with pytest.raises(Rejected, match="refused") as caught:
        session("resolved wants an assignee", 405).post("/rest/data/issue", {})
    assert is_of_a_value(caught.value)
    assert caught.value.words == "resolved wants an assignee"


@dataclass(frozen=True)
class Said:
    """An answer with a body of JSON."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return json.dumps(self.body).encode()

    def json(self) -> object:
        return self.body


class Contested(Refusing):
    """An outlet to an item that somebody else changes before each write."""

    def request(self, method: str, *_: Any, **__: Any) -> Said:
        if method == "GET":
            return Said(200, {"data": {"attributes": {}, "@etag": "old"}})
        return Said(412, {})


def test_an_item_that_others_change_all_the_time_has_its_time_later() -> None:
    made = Session(Contested(""), "lockstep", "secret")
    made._known = Known(AppUser("1", "Lockstep"), {})
    with pytest.raises(Transient, match="144 is being changed by others"):
        made.edit("/rest/data/bug/144", lambda _: {"title": "ours"})
    with pytest.raises(Transient, match="144 is being changed by others"):
        made.retire("/rest/data/bug/144")


class Forgetful(Refusing):
    """An outlet to a tracker that takes us for a visitor at some of our requests, and knows us at all others."""

    def __init__(self, forgets: set[int]) -> None:
        super().__init__("")
        self._forgets = forgets
        self.asked: list[str] = []

    def request(self, method: str, path: str, *_: Any, **__: Any) -> Said:
        self.asked.append(f"{method} {path}")
        if len(self.asked) in self._forgets:
            return Said(403, {"error": {"status": 403, "msg": "Forbidden."}})
        return Said(200, {"data": {"collection": [], "id": "7"}})


def signed_in(outlet: Forgetful) -> Session:
    made = Session(outlet, "lockstep", "secret")
    made._known = Known(AppUser("1", "Lockstep"), {"Cookie": "roundup_session_x=1"})
    return made


def test_a_refusal_is_believed_when_it_is_said_twice() -> None:
    outlet = Forgetful({1})
    assert signed_in(outlet).get("/rest/data/issue")[0] == {"collection": [], "id": "7"}
    assert outlet.asked == ["GET /rest/data/issue", "GET /rest/data", "GET /rest/data/issue"]
    with pytest.raises(Rejected, match="does not allow this to lockstep"):
        signed_in(Forgetful({1, 3})).get("/rest/data/issue")
