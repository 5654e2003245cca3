"""What decides who may read something, or be given something, is asked anew; the rest is believed for a while."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.connectors.redmine.learned import Learned
from server.connectors.seen import Seen
from server.domain.values import AppUser

BOTH = ["view_private_notes", "set_notes_private"]


@dataclass(frozen=True)
class Reply:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        return self.body


@dataclass
class Scripted:
    """The answers of one Redmine, and what it was asked."""

    permissions: list[str] = field(default_factory=lambda: list(BOTH))
    people: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    base_url: str = "https://redmine.example"

    def request(self, _method: str, path: str, **_more: Any) -> Reply:
        self.asked.append(path)
        if path == "/users/current.json":
            memberships = [{"project": {"id": 1}, "roles": [{"id": 9}]}]
            return Reply({"user": {"id": 5, "memberships": memberships}})
        if path == "/roles/9.json":
            return Reply({"role": {"permissions": self.permissions}})
        found = self.people.get(path)
        return Reply({"user": found}) if found else Reply({}, 404)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def app() -> Scripted:
    return Scripted()


@pytest.fixture
def about(app: Scripted) -> Learned:
    return Learned(app, {}, "", Seen())  # type: ignore[arg-type]  # all of an outlet that is asked here


def test_a_right_that_is_taken_away_counts_before_the_next_row_of_private_notes(
    clock: list[float], app: Scripted, about: Learned
) -> None:
    assert about.allowed("1") == frozenset(BOTH)
    assert about.keeps_private("1")
    app.permissions = BOTH[:1]
    clock[0] += 6
    assert not about.keeps_private("1")
    assert about.allowed("1") == frozenset(BOTH), "the rest is believed for a while"


def test_a_row_of_private_notes_asks_once(clock: list[float], app: Scripted, about: Learned) -> None:
    for _ in range(50):
        clock[0] += 0.05
        assert about.keeps_private("1")
    assert len(app.asked) == 2


def test_a_note_that_came_out_public_ends_what_was_believed_at_once(
    clock: list[float], app: Scripted, about: Learned
) -> None:
    assert clock
    assert about.keeps_private("1")
    app.permissions = []
    about.forget_private("1")
    assert not about.keeps_private("1")


def test_a_member_whose_account_is_locked_is_known_as_that_and_noticed_when_it_is_unlocked(
    clock: list[float], app: Scripted, about: Learned
) -> None:
    bob = AppUser("7", "Bob")
    assert not about.person(bob).active
    app.people["/users/7.json"] = {"id": 7, "firstname": "Bob", "lastname": ""}
    clock[0] += 31
    assert about.person(bob).active
    app.people["/users/7.json"] |= {"status": 3}
    clock[0] += 31
    assert not about.person(bob).active, "an administrator is told of it"
