"""What a process does that PostgreSQL refuses: it waits, alone at the door, and says why when it gives up."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from server.domain.errors import Crowded
from server.store.door import Door, refuses

_FULL = 'connection to server at "127.0.0.1", port 5432 failed: FATAL:  sorry, too many clients already'
_WORDS = (
    _FULL,
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    'FATAL:  remaining connection slots are reserved for roles with privileges of "pg_use_reserved_connections"',
    'FATAL:  too many connections for role "lockstep_t_acme"',
    'FATAL:  too many connections for database "lockstep"',
    "ERROR:  no more connections allowed (max_client_conn)",
    "FATAL:  query_wait_timeout",
    "FATAL:  MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
)


@pytest.mark.parametrize("words", _WORDS)
def test_no_room_is_told_from_everything_else(words: str) -> None:
    assert refuses(psycopg.OperationalError(words))


@pytest.mark.parametrize(
    "words",
    [
        'FATAL:  password authentication failed for user "lockstep"',
        "connection refused. Is the server running on that host and accepting TCP/IP connections?",
        "FATAL:  the database system is starting up",
        'FATAL:  database "lockstep" does not exist',
    ],
)
def test_what_waiting_does_not_cure_is_not_waited_for(words: str) -> None:
    def attempt() -> None:
        raise psycopg.OperationalError(words)

    assert not refuses(psycopg.OperationalError(words))
    with pytest.raises(psycopg.OperationalError):
        Door(60.0).connect(attempt)


def test_who_is_refused_makes_room_and_comes_in_when_there_is_some() -> None:
    made: list[str] = []

    def attempt() -> str:
        if len(made) < 2:
            raise psycopg.OperationalError(_FULL)
        return "in"

    door = Door(10.0, lambda: made.append("room"))
    assert door.connect(attempt) == "in"
    assert made == ["room", "room"]
    assert not door.refused


def test_nobody_waits_longer_than_agreed_and_the_servers_words_are_told() -> None:
    def attempt() -> None:
        raise psycopg.OperationalError(_FULL)

    door, begun = Door(0.2), time.monotonic()
    with pytest.raises(Crowded, match="too many clients already") as told:
        door.connect(attempt)
    assert time.monotonic() - begun < 5.0
    assert "127.0.0.1" not in told.value.message
    assert door.refused


def test_of_many_who_are_refused_one_asks_at_a_time() -> None:
    at_once, most, asked = 0, 0, 0
    lock = threading.Lock()

    def attempt() -> None:
        nonlocal at_once, most, asked
        with lock:
            at_once, asked = at_once + 1, asked + 1
            most = max(most, at_once)
        try:
            raise psycopg.OperationalError(_FULL)
        finally:
            with lock:
                at_once -= 1

    def come() -> None:
        with pytest.raises(Crowded):
            door.connect(attempt)

    door = Door(0.5)
    come()
    asked = 0
    threads = [threading.Thread(target=come) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert asked < 60, "each of twenty threads would have asked dozens of times"


def test_while_the_server_says_nothing_one_asks_and_nobody_else_waits() -> None:
    asked, answers = threading.Event(), threading.Event()

    def silent() -> str:
        raise psycopg.errors.ConnectionTimeout("connection timeout expired")

    def slow() -> str:
        asked.set()
        assert answers.wait(10)
        return "in"

    door = Door(60.0)
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        door.connect(silent)
    one: list[str] = []
    knocking = threading.Thread(target=lambda: one.append(door.connect(slow)))
    knocking.start()
    assert asked.wait(10)
    begun = time.monotonic()
    with pytest.raises(psycopg.errors.ConnectionTimeout, match="said nothing"):
        door.connect(lambda: pytest.fail("it was asked twice"))
    assert time.monotonic() - begun < 1
    answers.set()
    knocking.join()
    assert (one, door.connect(lambda: "too")) == (["in"], "too")


def test_a_server_that_says_no_is_not_silent_any_more() -> None:
    def refused() -> str:
        raise psycopg.OperationalError("connection refused")

    door = Door(60.0)
    for words in ("expired", "expired again"):
        with pytest.raises(psycopg.errors.ConnectionTimeout, match=words):
            door.connect(lambda words=words: _raise(psycopg.errors.ConnectionTimeout(words)))  # type: ignore[misc]
    with pytest.raises(psycopg.OperationalError, match="refused"):
        door.connect(refused)
    assert not door._silent


def _raise(error: Exception) -> str:
    raise error
