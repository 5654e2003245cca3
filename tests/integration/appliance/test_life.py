"""An appliance starts, shows itself, refuses a second start and stops without a trace; a killed agent is no loss."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat

import psutil
import psycopg
import pytest

from appliance.config import DataFolder, load_options
from appliance.members.postgres import Postgres
from tests.support.installation import Installation, eventually

pytestmark = [pytest.mark.postgres, pytest.mark.slow]  # kills, hangs and their patience


def database(installation: Installation) -> psycopg.Connection[tuple[object, ...]]:
    folder = DataFolder(installation.data)
    options = load_options(folder)
    assert options is not None
    return Postgres(folder, options.postgres_port).connect()


def test_from_the_first_start_to_a_clean_stop(installation: Installation) -> None:
    before = installation.lockstep("status")
    assert before.code == 3
    assert "lockstep start" in before.err

    started = installation.start()
    assert started.code == 0, started.err
    assert str(installation.data) in started.out

    status = installation.status()
    assert {member["name"]: member["health"] for member in status["members"]} == {
        "postgres": "running",
        "gateway": "running",
    }
    assert status["https_port"] == installation.https_port
    control = installation.data / "agent" / "control.json"
    assert stat.S_IMODE(control.stat().st_mode) == 0o600

    second = installation.start()
    assert second.code == 4
    assert f"pid {status['pid']}" in second.err
    assert "lockstep stop" in second.err
    assert len(second.err.strip().splitlines()) == 1

    shown = installation.lockstep("logs", "postgres")
    assert "ready to accept connections" in shown.out
    assert installation.lockstep("logs", "nothing").code == 7
    checks = installation.lockstep("doctor", "--json").json["checks"]
    assert {"name": "gateway", "ok": True, "found": "running", "advice": ""} in checks

    stopped = installation.lockstep("stop")
    assert stopped.code == 0, stopped.err
    assert not installation.processes()
    assert not control.exists()
    assert installation.lockstep("stop").code == 3


def test_after_a_kill_of_the_agent_the_next_takes_over_what_runs(installation: Installation) -> None:
    assert installation.start().code == 0
    pids = {member["name"]: member["pid"] for member in installation.status()["members"]}
    with contextlib.closing(database(installation)) as connection:
        connection.execute("create table kept as select 42 as answer")
        installation.kill_agent()
        assert set(installation.processes().values()) == {"postgres", "gateway"}
        assert installation.lockstep("status").code == 3
        # A record that was lost is no loss either.
        (installation.data / "agent" / "members" / "gateway.json").unlink()
        assert installation.start().code == 0
        assert {member["name"]: member["pid"] for member in installation.status()["members"]} == pids
        assert connection.execute("select answer from kept").fetchone() == (42,)
    assert installation.lockstep("stop").code == 0
    assert not installation.processes()


def test_after_a_kill_of_everything_the_data_is_whole(installation: Installation) -> None:
    assert installation.start().code == 0
    with contextlib.closing(database(installation)) as connection:
        connection.execute("create table kept as select 42 as answer")
    installation.kill_agent()
    for pid in installation.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    started = installation.start()
    assert started.code == 0, started.err
    with contextlib.closing(database(installation)) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_gateway_that_hangs_is_replaced(installation: Installation) -> None:
    assert installation.start().code == 0
    before = installation.member("gateway")["pid"]
    psutil.Process(before).suspend()
    installation.kill_agent()
    assert installation.start().code == 0
    after = installation.member("gateway")["pid"]
    assert after != before
    assert not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE


def test_a_member_that_dies_comes_back(installation: Installation) -> None:
    assert installation.start().code == 0
    os.kill(installation.member("gateway")["pid"], signal.SIGKILL)
    eventually(
        lambda: (
            installation.member("gateway")["restarts"] == 1 and installation.member("gateway")["health"] == "running"
        )
    )


def test_a_folder_closed_to_others_is_no_obstacle(installation: Installation) -> None:
    installation.data.parent.chmod(0o700)
    started = installation.start()
    assert started.code == 0, started.err
    home = (installation.data / "postgres").resolve()
    assert installation.lockstep("stop").code == 0
    if not home.is_relative_to(installation.data):
        shutil.rmtree(home)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything(installation: Installation, number: signal.Signals) -> None:
    assert installation.start().code == 0
    agent = psutil.Process(installation.control().pid)
    agent.send_signal(number)
    eventually(lambda: not agent.is_running() or agent.status() == psutil.STATUS_ZOMBIE, 30)
    assert not installation.processes()
