"""What Roundup's answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from server.connectors.roundup.session import Known, Session
from server.domain.errors import AppError, LostAnswer, Rejected, Transient
from server.domain.values import AppUser


class Refusing:
    """An outlet whose every request is refused in the given words."""

    base_url = "http://roundup.example"
    server_time = None

    def __init__(self, words: str) -> None:
        self._words = words

    def request(self, *_: Any, **__: Any) -> Any:
        raise Rejected("refused", words=self._words, status=400)

    def stream(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is streamed here")

    def close(self) -> None:
        """Nothing is open."""


def session(words: str) -> Session:
    made = Session(Refusing(words), "lockstep", "secret")
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
