"""Members are kept running: what dies comes back after a growing pause, what is not wanted stays away."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psutil
import pytest

from appliance import supervision
from appliance.control.messages import Health
from appliance.errors import ApplianceError, ExitCode
from appliance.members.member import Finding, Say
from appliance.members.process import Running, Usage
from appliance.supervision import Keeper, Supervision, pause_before


class Life(Running):
    """A life that a test ends; no process stands behind it."""

    def __init__(self) -> None:
        super().__init__(psutil.Process())
        self.lives = True

    def alive(self) -> bool:
        return self.lives

    def exit_sentence(self) -> str:
        return "it fell over"

    def usage(self) -> Usage:
        return Usage(0.0, 0)


@dataclass
class Pretender:
    """A member that does what a test says."""

    name: str = "pretender"
    port: int | None = None
    patience: float | None = None
    finding: Finding = field(default_factory=lambda: Finding(ready=True))
    refusal: ApplianceError | None = None
    lives: list[Life] = field(default_factory=list)

    def prepare(self, say: Say) -> None:
        say("preparing")
        if self.refusal is not None:
            raise self.refusal

    def start(self, say: Say) -> Running:
        say("starting")
        self.lives.append(Life())
        return self.lives[-1]

    def stop(self, running: Running) -> None:
        assert isinstance(running, Life)
        running.lives = False

    def health(self, running: Running) -> Finding:
        assert running.alive()
        return self.finding


def test_the_pause_doubles_up_to_half_a_minute_and_is_never_in_step() -> None:
    longest = [pause_before(failures, lambda: 1.0) for failures in (1, 2, 3, 4, 50)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 30.0]
    assert pause_before(4, lambda: 0.0) == 2.0


def test_what_is_wanted_runs_and_what_is_closed_is_gone() -> None:
    member, said = Pretender(), list[str]()
    keeper = Keeper(member, said.append)
    keeper.want(running=True)
    keeper.await_ready(5)
    assert keeper.status().health is Health.RUNNING
    keeper.close()
    assert keeper.state.health is Health.STOPPED
    assert not member.lives[0].lives
    assert said[-1] == "pretender: stopped"


def test_what_dies_comes_back_and_is_counted() -> None:
    member, said = Pretender(), list[str]()
    keeper = Keeper(member, said.append)
    keeper.want(running=True)
    keeper.await_ready(5)
    member.lives[0].lives = False
    with keeper._changed:
        assert keeper._changed.wait_for(lambda: keeper._state.restarts == 1, 5)
    keeper.await_ready(5)
    assert len(member.lives) == 2
    assert "pretender: backoff, it fell over" in said
    keeper.close()


def test_a_restart_is_a_new_life() -> None:
    member = Pretender()
    keeper = Keeper(member, lambda _: None)
    keeper.want(running=True)
    keeper.await_ready(5)
    keeper.restart()
    keeper.await_ready(5)
    assert [life.lives for life in member.lives] == [False, True]
    assert keeper.state.restarts == 0
    keeper.close()


def test_one_that_hangs_longer_than_its_patience_is_restarted() -> None:
    member = Pretender(patience=0.0, finding=Finding(ready=False, message="dumb"))
    keeper = Keeper(member, lambda _: None)
    keeper.want(running=True)
    with pytest.raises(ApplianceError, match="does not come up: it did not answer"):
        keeper.await_ready(0.3)
    keeper.close()


def test_one_that_waits_for_another_is_not_restarted_and_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, "HEALTH_SECONDS", 0.0)
    member = Pretender(patience=0.0)
    keeper = Keeper(member, lambda _: None)
    keeper.want(running=True)
    keeper.await_ready(5)
    member.finding = Finding(ready=False, message="no database", awaits=True)
    deadline = time.monotonic() + 10
    while keeper.state.health is not Health.UNHEALTHY:
        assert time.monotonic() < deadline
    assert keeper.state.message == "no database"
    member.finding = Finding(ready=True)
    keeper.await_ready(10)
    assert (len(member.lives), keeper.state.restarts) == (1, 0)
    keeper.close()


@pytest.mark.parametrize("code", [ExitCode.PORT_IN_USE, ExitCode.DATA_FOLDER])
def test_a_cause_that_lasts_is_told_at_once(code: ExitCode) -> None:
    member = Pretender(refusal=ApplianceError("Port 1 is in use by nginx.", code))
    keeper = Keeper(member, lambda _: None)
    keeper.want(running=True)
    with pytest.raises(ApplianceError, match="nginx") as refused:
        keeper.await_ready(60)
    assert refused.value.code is code
    keeper.close()


def test_nothing_is_added_while_everything_ends() -> None:
    supervision = Supervision(lambda _: None)
    supervision.refuse_more()
    with pytest.raises(ApplianceError, match="stopping"):
        supervision.add(Pretender())


def test_an_unknown_member_is_not_found() -> None:
    with pytest.raises(ApplianceError, match="no member x") as refused:
        Supervision(lambda _: None).get("x")
    assert refused.value.code is ExitCode.NOT_FOUND
